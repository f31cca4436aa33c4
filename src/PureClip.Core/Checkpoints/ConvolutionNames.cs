namespace PureClip.Checkpoints;

/// <summary>
/// The rows of <see cref="Names"/> for towers of convolutions, whose branches repeat the same few names in many places: they are written out
/// here.
/// </summary>
internal static class ConvolutionNames
{
    // A stage's blocks, what reduces the map before it, and its positions in Apple's flat list; "-" where there is none.
    private static readonly (string Blocks, string Reduction, string Positions)[] OfApple =
        [("0", "-", "-"), ("2", "1", "-"), ("4", "3", "-"), ("7", "5", "6"), ("-", "-", "-")];

    /// <summary>The tables, as <see cref="Names"/> reads them.</summary>
    public static string[] Tables { get; } = [FastVitRows(), ConvNextRows];

    // timm's ConvNeXt in open_clip, whose text tower stands at the root.
    private const string ConvNextRows = """
        canonical                      | convnext
        vision.stem.conv.*             | visual.trunk.stem.0.*
        vision.stem.norm.*             | visual.trunk.stem.1.*
        vision.stages.#.down.norm.*    | visual.trunk.stages.#.downsample.0.*
        vision.stages.#.down.conv.*    | visual.trunk.stages.#.downsample.1.*
        vision.stages.#.#.conv.*       | visual.trunk.stages.#.blocks.#.conv_dw.*
        vision.stages.#.#.norm.*       | visual.trunk.stages.#.blocks.#.norm.*
        vision.stages.#.#.mlp.fc.*     | visual.trunk.stages.#.blocks.#.mlp.fc1.*
        vision.stages.#.#.mlp.proj.*   | visual.trunk.stages.#.blocks.#.mlp.fc2.*
        vision.stages.#.#.gamma        | visual.trunk.stages.#.blocks.#.gamma
        vision.head.norm.*             | visual.trunk.head.norm.*
        vision.head.proj               | visual.head.proj.weight
        vision.head.fc1.*              | visual.head.mlp.fc1.*
        vision.head.fc2                | visual.head.mlp.fc2.weight
        vision.head.fc.*               | visual.trunk.head.fc.*
        """;

    private static string FastVitRows()
    {
        List<string> rows = ["canonical | fastvit | apple"];
        const string Timm = "visual.trunk", Apple = "image_encoder.model";
        // Without a cell, a dialect's next column counts; a stage that Apple has not has no names there.
        void Row(string canonical, string timm, string apple) => rows.Add(
            $"{canonical} | {(timm.StartsWith('.') ? "" : timm)} | {(apple.Contains("network.-", StringComparison.Ordinal) ? "-" : apple)}");
        // A convolution with branches: of the kernel's size, of 1x1, and the input itself.
        void Branches(string at, string timm, string apple)
        {
            Row($"{at}.conv.*", $"{timm}.conv_kxk.0.conv.*", $"{apple}.rbr_conv.0.conv.*");
            Row($"{at}.conv_bn.*", $"{timm}.conv_kxk.0.bn.*", $"{apple}.rbr_conv.0.bn.*");
            Row($"{at}.scale.*", $"{timm}.conv_scale.conv.*", $"{apple}.rbr_scale.conv.*");
            Row($"{at}.scale_bn.*", $"{timm}.conv_scale.bn.*", $"{apple}.rbr_scale.bn.*");
            Row($"{at}.identity.*", $"{timm}.identity.*", $"{apple}.rbr_skip.*");
        }
        void MobileOne(string at, string timm, string apple)
        {
            Branches(at, timm, apple);
            Row($"{at}.fused.*", $"{timm}.reparam_conv.*", $"{apple}.reparam_conv.*");
        }
        void Block(string at, string timm, string apple)
        {
            Branches($"{at}.mixer", $"{timm}.token_mixer.mixer", $"{apple}.token_mixer.mixer");
            Row($"{at}.mixer.fused.*", $"{timm}.token_mixer.reparam_conv.*", $"{apple}.token_mixer.reparam_conv.*");
            Row($"{at}.mixer.norm.*", $"{timm}.token_mixer.norm.identity.*", $"{apple}.token_mixer.norm.rbr_skip.*");
            Row($"{at}.mixer.gamma", $"{timm}.token_mixer.layer_scale.gamma", $"{apple}.token_mixer.layer_scale");
            Row($"{at}.gamma", $"{timm}.layer_scale.gamma", $"{apple}.layer_scale");
            Row($"{at}.ffn.conv.*", $"{timm}.mlp.conv.conv.*", $"{apple}.convffn.conv.conv.*");
            Row($"{at}.ffn.bn.*", $"{timm}.mlp.conv.bn.*", $"{apple}.convffn.conv.bn.*");
            Row($"{at}.ffn.fc1.*", $"{timm}.mlp.fc1.*", $"{apple}.convffn.fc1.*");
            Row($"{at}.ffn.fc2.*", $"{timm}.mlp.fc2.*", $"{apple}.convffn.fc2.*");
        }

        MobileOne("vision.stem.#", $"{Timm}.stem.#", $"{Apple}.patch_embed.#");
        for (int stage = 0; stage < OfApple.Length; stage++)
        {
            string at = $"vision.stage{stage}", timm = $"{Timm}.stages.{stage}";
            string apple = $"{Apple}.network.{OfApple[stage].Blocks}", down = $"{Apple}.network.{OfApple[stage].Reduction}";
            string positions = $"{Apple}.network.{OfApple[stage].Positions}";
            Row($"{at}.down.large.*", $"{timm}.downsample.proj.0.large_conv.conv.*", $"{down}.proj.0.lkb_origin.conv.*");
            Row($"{at}.down.large_bn.*", $"{timm}.downsample.proj.0.large_conv.bn.*", $"{down}.proj.0.lkb_origin.bn.*");
            Row($"{at}.down.small.*", $"{timm}.downsample.proj.0.small_conv.conv.*", $"{down}.proj.0.small_conv.conv.*");
            Row($"{at}.down.small_bn.*", $"{timm}.downsample.proj.0.small_conv.bn.*", $"{down}.proj.0.small_conv.bn.*");
            Row($"{at}.down.fused.*", $"{timm}.downsample.proj.0.reparam_conv.*", $"{down}.proj.0.lkb_reparam.*");
            Row($"{at}.down.se.fc1.*", $"{timm}.downsample.proj.0.se.fc1.*", $"{down}.proj.0.se.fc1.*");
            Row($"{at}.down.se.fc2.*", $"{timm}.downsample.proj.0.se.fc2.*", $"{down}.proj.0.se.fc2.*");
            MobileOne($"{at}.down.proj", $"{timm}.downsample.proj.1", $"{down}.proj.1");
            Row($"{at}.positions.*", $"{timm}.pos_emb.pos_enc.*", $"{positions}.pe.*");
            Row($"{at}.positions_fused.*", $"{timm}.pos_emb.reparam_conv.*", $"{positions}.reparam_conv.*");
            Block($"{at}.blocks.#", $"{timm}.blocks.#", $"{apple}.#");
            Row($"{at}.blocks.#.norm.*", $"{timm}.blocks.#.norm.*", $"{apple}.#.norm.*");
            Row($"{at}.blocks.#.attn.qkv.*", $"{timm}.blocks.#.token_mixer.qkv.*", $"{apple}.#.token_mixer.qkv.*");
            Row($"{at}.blocks.#.attn.out.*", $"{timm}.blocks.#.token_mixer.proj.*", $"{apple}.#.token_mixer.proj.*");
            Row($"{at}.blocks.#.gamma_1", $"{timm}.blocks.#.layer_scale_1.gamma", $"{apple}.#.layer_scale_1");
            Row($"{at}.blocks.#.gamma_2", $"{timm}.blocks.#.layer_scale_2.gamma", $"{apple}.#.layer_scale_2");
        }
        MobileOne("vision.final", $"{Timm}.final_conv", $"{Apple}.conv_exp");
        Row("vision.final.se.fc1.*", $"{Timm}.final_conv.se.fc1.*", $"{Apple}.conv_exp.se.reduce.*");
        Row("vision.final.se.fc2.*", $"{Timm}.final_conv.se.fc2.*", $"{Apple}.conv_exp.se.expand.*");
        Row("vision.head", "", $"{Apple}.head.proj ᵀ");
        Row("vision.head.*", $"{Timm}.head.fc.*", "");

        // Apple's MobileCLIP-B, and its text towers.
        Row("vision.class_embedding", "", $"{Apple}.cls_token");
        Row("vision.positional_embedding", "", $"{Apple}.pos_embed.pos_embed.pos_embed");
        Row("vision.conv_stem.#.conv.*", "", $"{Apple}.patch_emb.#.block.conv.*");
        Row("vision.conv_stem.#.bn.*", "", $"{Apple}.patch_emb.#.block.norm.*");
        Row("vision.ln_post.*", "", $"{Apple}.post_transformer_norm.*");
        Row("vision.projection", "", $"{Apple}.classifier.proj ᵀ");
        foreach ((string tower, string layer) in
            ((string, string)[])[("vision", $"{Apple}.transformer.#"), ("text", "text_encoder.transformer.#")])
        {
            Row($"{tower}.blocks.#.ln_1.*", "", $"{layer}.pre_norm_mha.0.*");
            Row($"{tower}.blocks.#.attn.qkv.*", "", $"{layer}.pre_norm_mha.1.qkv_proj.*");
            Row($"{tower}.blocks.#.attn.out.*", "", $"{layer}.pre_norm_mha.1.out_proj.*");
            Row($"{tower}.blocks.#.ln_2.*", "", $"{layer}.pre_norm_ffn.0.*");
            Row($"{tower}.blocks.#.mlp.fc.*", "", $"{layer}.pre_norm_ffn.1.*");
            Row($"{tower}.blocks.#.mlp.proj.*", "", $"{layer}.pre_norm_ffn.4.*");
        }
        Row("text.token_embedding", "", "text_encoder.embedding_layer.weight");
        Row("text.positional_embedding", "", "text_encoder.positional_embedding.pos_embed.pos_embed");
        Block("text.blocks.#", "", "text_encoder.transformer.#");
        Row("text.ln_final.*", "", "text_encoder.final_layer_norm.*");
        Row("text.projection", "", "text_encoder.projection_layer ᵀ");
        return string.Join('\n', rows);
    }
}
