namespace PureClip.Checkpoints;

/// <summary>In whose words a checkpoint names its tensors: columns of the table, of which the first that lists a tensor counts.</summary>
/// <param name="Name">Its name, for people.</param>
/// <param name="Columns">Columns of <see cref="Names"/>.</param>
/// <param name="TextPrefix">What stands before the text tower's names.</param>
internal sealed record Dialect(string Name, string[] Columns, string TextPrefix = "")
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What a checkpoint calls one of our tensors.</summary>
/// <param name="Names">One tensor, or those that are stacked in ours; an empty name stands for zeros that no checkpoint stores.</param>
/// <param name="IsTurned">Whether it is stored as [inputs, outputs].</param>
internal readonly record struct SourceName(string[] Names, bool IsTurned)
{
    private readonly int[]? _shares;

    /// <summary>How many of ours each has, where they are not equal: one tensor may hold key and value.</summary>
    public int[] Shares
    {
        get => _shares ?? Array.ConvertAll(Names, static _ => 1);
        init => _shares = value;
    }

    /// <summary>The names of what a checkpoint stores.</summary>
    public IEnumerable<string> Stored => Names.Where(static name => name.Length > 0);
}

/// <summary>
/// What others call our tensors: the one table of names. Reading uses it from right to left, writing from left to right. A dialect is a
/// column, a family of towers some rows.
/// </summary>
internal static class Names
{
    /// <summary>e to the power of it multiplies cosines.</summary>
    public const string LogitScale = "logit_scale";

    /// <summary>Added to the scaled cosines, in models trained with a sigmoid loss.</summary>
    public const string LogitBias = "logit_bias";

    // # a number, * weight, bias or a batch norm's statistics, {q,k,v} tensors that are stacked in ours (kv:2 two of ours, 0 zeros),
    // ᵀ stored as [inputs, outputs], - not there.
    private const string Rows = """
        canonical                   | openclip                                      | huggingface
        vision.class_embedding      | visual.class_embedding                        | vision_model.embeddings.class_embedding
        vision.patch_embedding      | visual.conv1.weight                           | vision_model.embeddings.patch_embedding.weight
        vision.positional_embedding | visual.positional_embedding                   | vision_model.embeddings.position_embedding.weight
        vision.ln_pre.*             | visual.ln_pre.*                               | vision_model.pre_layrnorm.*
        vision.blocks.#.ln_1.*      | visual.transformer.resblocks.#.ln_1.*         | vision_model.encoder.layers.#.layer_norm1.*
        vision.blocks.#.attn.qkv.*  | visual.transformer.resblocks.#.attn.in_proj_* | vision_model.encoder.layers.#.self_attn.{q,k,v}_proj.*
        vision.blocks.#.attn.out.*  | visual.transformer.resblocks.#.attn.out_proj.*| vision_model.encoder.layers.#.self_attn.out_proj.*
        vision.blocks.#.ln_2.*      | visual.transformer.resblocks.#.ln_2.*         | vision_model.encoder.layers.#.layer_norm2.*
        vision.blocks.#.mlp.fc.*    | visual.transformer.resblocks.#.mlp.c_fc.*     | vision_model.encoder.layers.#.mlp.fc1.*
        vision.blocks.#.mlp.proj.*  | visual.transformer.resblocks.#.mlp.c_proj.*   | vision_model.encoder.layers.#.mlp.fc2.*
        vision.ln_post.*            | visual.ln_post.*                              | vision_model.post_layernorm.*
        vision.projection           | visual.proj ᵀ                                 | visual_projection.weight
        vision.stem.conv1.*         | visual.conv1.*                                | -
        vision.stem.bn1.*           | visual.bn1.*                                  | -
        vision.stem.conv2.*         | visual.conv2.*                                | -
        vision.stem.bn2.*           | visual.bn2.*                                  | -
        vision.stem.conv3.*         | visual.conv3.*                                | -
        vision.stem.bn3.*           | visual.bn3.*                                  | -
        vision.layers.#.#.conv1.*   | visual.layer#.#.conv1.*                       | -
        vision.layers.#.#.bn1.*     | visual.layer#.#.bn1.*                         | -
        vision.layers.#.#.conv2.*   | visual.layer#.#.conv2.*                       | -
        vision.layers.#.#.bn2.*     | visual.layer#.#.bn2.*                         | -
        vision.layers.#.#.conv3.*   | visual.layer#.#.conv3.*                       | -
        vision.layers.#.#.bn3.*     | visual.layer#.#.bn3.*                         | -
        vision.layers.#.#.conv.*    | visual.layer#.#.downsample.0.*                | -
        vision.layers.#.#.bn.*      | visual.layer#.#.downsample.1.*                | -
        vision.pool.positions       | visual.attnpool.positional_embedding          | -
        vision.pool.query.*         | visual.attnpool.q_proj.*                      | -
        vision.pool.key.*           | visual.attnpool.k_proj.*                      | -
        vision.pool.value.*         | visual.attnpool.v_proj.*                      | -
        vision.pool.out.*           | visual.attnpool.c_proj.*                      | -
        vision.patch_embedding.*    | -                                             | vision_model.embeddings.patch_embedding.*
        vision.head.probe           | visual.attn_pool.probe                        | vision_model.head.probe
        vision.head.attn.qkv.*      | visual.attn_pool.attn.in_proj_*               | vision_model.head.attention.in_proj_*
        vision.head.attn.out.*      | visual.attn_pool.attn.out_proj.*              | vision_model.head.attention.out_proj.*
        vision.head.ln.*            | visual.attn_pool.layernorm.*                  | vision_model.head.layernorm.*
        vision.head.mlp.fc.*        | visual.attn_pool.mlp.c_fc.*                   | vision_model.head.mlp.fc1.*
        vision.head.mlp.proj.*      | visual.attn_pool.mlp.c_proj.*                 | vision_model.head.mlp.fc2.*
        vision.query_pool.queries   | visual.attn_pool.query                        | -
        vision.query_pool.ln_query.*| visual.attn_pool.ln_q.*                       | -
        vision.query_pool.ln_key.*  | visual.attn_pool.ln_k.*                       | -
        vision.query_pool.query     | visual.attn_pool.attn.q_proj_weight           | -
        vision.query_pool.key       | visual.attn_pool.attn.k_proj_weight           | -
        vision.query_pool.value     | visual.attn_pool.attn.v_proj_weight           | -
        vision.query_pool.qkv_bias  | visual.attn_pool.attn.in_proj_bias            | -
        vision.query_pool.out.*     | visual.attn_pool.attn.out_proj.*              | -
        text.token_embedding        | token_embedding.weight                        | text_model.embeddings.token_embedding.weight
        text.positional_embedding   | positional_embedding                          | text_model.embeddings.position_embedding.weight
        text.blocks.#.ln_1.*        | transformer.resblocks.#.ln_1.*                | text_model.encoder.layers.#.layer_norm1.*
        text.blocks.#.attn.qkv.*    | transformer.resblocks.#.attn.in_proj_*        | text_model.encoder.layers.#.self_attn.{q,k,v}_proj.*
        text.blocks.#.attn.out.*    | transformer.resblocks.#.attn.out_proj.*       | text_model.encoder.layers.#.self_attn.out_proj.*
        text.blocks.#.ln_2.*        | transformer.resblocks.#.ln_2.*                | text_model.encoder.layers.#.layer_norm2.*
        text.blocks.#.mlp.fc.*      | transformer.resblocks.#.mlp.c_fc.*            | text_model.encoder.layers.#.mlp.fc1.*
        text.blocks.#.mlp.proj.*    | transformer.resblocks.#.mlp.c_proj.*          | text_model.encoder.layers.#.mlp.fc2.*
        text.ln_final.*             | ln_final.*                                    | text_model.final_layer_norm.*
        text.projection             | text_projection ᵀ                             | text_projection.weight
        text.projection.*           | text_projection.*                             | text_model.head.*
        text.class_embedding        | cls_emb                                       | -
        """;

    // Vision towers of timm, beside OpenCLIP's own text tower: SigLIP, Perception Encoder, plain ViTs.
    private const string TimmRows = """
        canonical                   | timm
        vision.class_embedding      | visual.trunk.cls_token
        vision.patch_embedding      | visual.trunk.patch_embed.proj.weight
        vision.patch_embedding.*    | visual.trunk.patch_embed.proj.*
        vision.positional_embedding | visual.trunk.pos_embed
        vision.ln_pre.*             | visual.trunk.norm_pre.*
        vision.blocks.#.ln_1.*      | visual.trunk.blocks.#.norm1.*
        vision.blocks.#.attn.qkv.*  | visual.trunk.blocks.#.attn.qkv.*
        vision.blocks.#.attn.out.*  | visual.trunk.blocks.#.attn.proj.*
        vision.blocks.#.ln_2.*      | visual.trunk.blocks.#.norm2.*
        vision.blocks.#.mlp.fc.*    | visual.trunk.blocks.#.mlp.fc1.*
        vision.blocks.#.mlp.proj.*  | visual.trunk.blocks.#.mlp.fc2.*
        vision.ln_post.*            | visual.trunk.norm.*
        vision.head.probe           | visual.trunk.attn_pool.latent
        vision.head.attn.qkv.*      | visual.trunk.attn_pool.{q,kv:2}.*
        vision.head.attn.out.*      | visual.trunk.attn_pool.proj.*
        vision.head.ln.*            | visual.trunk.attn_pool.norm.*
        vision.head.mlp.fc.*        | visual.trunk.attn_pool.mlp.fc1.*
        vision.head.mlp.proj.*      | visual.trunk.attn_pool.mlp.fc2.*
        vision.projection           | visual.head.proj.weight
        vision.projection.*         | visual.trunk.head.*
        vision.conv_stem.#.conv.*   | visual.trunk.patch_embed.backbone.#.conv.*
        vision.conv_stem.#.bn.*     | visual.trunk.patch_embed.backbone.#.bn.*
        """;

    // What EVA's blocks have otherwise: keys have no bias, in MLPs stands a gate, and there are norms inside.
    private const string TimmEvaRows = """
        canonical                       | timm eva02
        vision.blocks.#.attn.qkv.weight | visual.trunk.blocks.#.attn.{q,k,v}_proj.weight
        vision.blocks.#.attn.qkv.bias   | visual.trunk.blocks.#.attn.{q_proj.bias,0,v_proj.bias}
        vision.blocks.#.attn.norm.*     | visual.trunk.blocks.#.attn.norm.*
        vision.blocks.#.mlp.fc.*        | visual.trunk.blocks.#.mlp.{fc1_g,fc1_x}.*
        vision.blocks.#.mlp.norm.*      | visual.trunk.blocks.#.mlp.norm.*
        """;

    private const string TimmEva01Rows = """
        canonical                       | timm eva01
        vision.blocks.#.attn.qkv.bias   | visual.trunk.blocks.#.attn.{q_bias,0,v_bias}
        """;


    private const string Eva01Rows = """
        canonical                       | eva01
        vision.blocks.#.attn.qkv.weight | visual.blocks.#.attn.qkv.weight
        vision.blocks.#.mlp.fc.*        | visual.blocks.#.mlp.fc1.*
        vision.blocks.#.mlp.proj.*      | visual.blocks.#.mlp.fc2.*
        """;

    private const string TimmVitaminRows = """
        canonical                   | timm vitamin
        vision.conv_stages.conv1.*  | visual.trunk.patch_embed.backbone.stem.conv1.*
        vision.conv_stages.norm1.*  | visual.trunk.patch_embed.backbone.stem.norm1.*
        vision.conv_stages.conv2.*  | visual.trunk.patch_embed.backbone.stem.conv2.*
        vision.conv_stages.#.#.norm.*| visual.trunk.patch_embed.backbone.stages.#.#.pre_norm.*
        vision.conv_stages.#.#.fc.* | visual.trunk.patch_embed.backbone.stages.#.#.conv1_1x1.*
        vision.conv_stages.#.#.conv.*| visual.trunk.patch_embed.backbone.stages.#.#.conv2_kxk.*
        vision.conv_stages.#.#.proj.*| visual.trunk.patch_embed.backbone.stages.#.#.conv3_1x1.*
        vision.conv_stages.#.#.expand.*| visual.trunk.patch_embed.backbone.stages.#.#.shortcut.expand.*
        vision.conv_stages.pool.norm.*| visual.trunk.patch_embed.backbone.pool.norm.*
        vision.conv_stages.pool.proj.*| visual.trunk.patch_embed.backbone.pool.proj.*
        vision.blocks.#.mlp.ln.*    | visual.trunk.blocks.#.mlp.norm.*
        vision.blocks.#.mlp.fc.*    | visual.trunk.blocks.#.mlp.{w0,w1}.*
        vision.blocks.#.mlp.proj.*  | visual.trunk.blocks.#.mlp.w2.*
        vision.ln_post.*            | visual.trunk.fc_norm.*
        """;

    // What follows an encoder of BERT's kind in open_clip, with one matrix or with two.
    private const string OpenClipBertRows = """
        canonical                | openclip bert   | two layers
        text.projection_inner    | -               | proj.0.weight
        text.projection          | proj.weight     | proj.2.weight
        """;

    // M2M-100's encoder, which is NLLB's.
    private const string NllbRows = """
        canonical                | openclip nllb
        text.token_embedding     | transformer.embed_tokens.weight
        text.blocks.#.ln_1.*     | transformer.layers.#.self_attn_layer_norm.*
        text.blocks.#.attn.qkv.* | transformer.layers.#.self_attn.{q,k,v}_proj.*
        text.blocks.#.attn.out.* | transformer.layers.#.self_attn.out_proj.*
        text.blocks.#.ln_2.*     | transformer.layers.#.final_layer_norm.*
        text.blocks.#.mlp.fc.*   | transformer.layers.#.fc1.*
        text.blocks.#.mlp.proj.* | transformer.layers.#.fc2.*
        text.ln_final.*          | transformer.layer_norm.*
        text.projection          | proj.weight
        """;

    private const string MClipRows = """
        canonical                | m-clip
        text.projection.*        | LinearTransformation.*
        """;

    private const string ChineseClipRows = """
        canonical                | chinese-clip           | chinese-clip original
        text.projection          | text_projection.weight | text_projection ᵀ
        """;

    private const string AltClipRows = """
        canonical                | altclip
        text.ln_final.*          | text_model.pre_LN.*
        text.projection_inner.*  | text_model.transformation.*
        text.projection          | text_projection.weight
        """;

    private const string DistilBertRows = """
        canonical                | distilbert
        text.token_embedding     | distilbert.embeddings.word_embeddings.weight
        text.positional_embedding| distilbert.embeddings.position_embeddings.weight
        text.ln_embedding.*      | distilbert.embeddings.LayerNorm.*
        text.blocks.#.attn.qkv.* | distilbert.transformer.layer.#.attention.{q,k,v}_lin.*
        text.blocks.#.attn.out.* | distilbert.transformer.layer.#.attention.out_lin.*
        text.blocks.#.ln_1.*     | distilbert.transformer.layer.#.sa_layer_norm.*
        text.blocks.#.mlp.fc.*   | distilbert.transformer.layer.#.ffn.lin1.*
        text.blocks.#.mlp.proj.* | distilbert.transformer.layer.#.ffn.lin2.*
        text.blocks.#.ln_2.*     | distilbert.transformer.layer.#.output_layer_norm.*
        text.projection          | distilbert.linear.weight
        text.projection.*        | distilbert.linear.*
        """;

    // It names the two matrices of the MLP the wrong way round.
    private const string ClipCppRows = """
        canonical                    | clip.cpp
        vision.class_embedding       | v.class_embd
        vision.patch_embedding       | v.patch_embd.weight
        vision.positional_embedding  | v.position_embd.weight
        vision.ln_pre.*              | v.pre_ln.*
        vision.blocks.#.ln_1.*       | v.blk.#.ln1.*
        vision.blocks.#.attn.qkv.*   | v.blk.#.attn_{q,k,v}.*
        vision.blocks.#.attn.out.*   | v.blk.#.attn_out.*
        vision.blocks.#.ln_2.*       | v.blk.#.ln2.*
        vision.blocks.#.mlp.fc.*     | v.blk.#.ffn_down.*
        vision.blocks.#.mlp.proj.*   | v.blk.#.ffn_up.*
        vision.ln_post.*             | v.post_ln.*
        vision.projection            | visual_projection.weight
        text.token_embedding         | t.token_embd.weight
        text.positional_embedding    | t.position_embd.weight
        text.blocks.#.ln_1.*         | t.blk.#.ln1.*
        text.blocks.#.attn.qkv.*     | t.blk.#.attn_{q,k,v}.*
        text.blocks.#.attn.out.*     | t.blk.#.attn_out.*
        text.blocks.#.ln_2.*         | t.blk.#.ln2.*
        text.blocks.#.mlp.fc.*       | t.blk.#.ffn_down.*
        text.blocks.#.mlp.proj.*     | t.blk.#.ffn_up.*
        text.ln_final.*              | t.post_ln.*
        text.projection              | text_projection.weight
        """;

    private const string Turned = " ᵀ", Absent = "-";

    /// <summary>BAAI's names of EVA02, behind that of the tower: <c>visual</c>, and <c>vision_model</c> in jina-clip.</summary>
    private static string EvaRows(string column, string tower) => $$"""
        canonical                       | {{column}}
        vision.class_embedding          | {{tower}}.cls_token
        vision.patch_embedding.*        | {{tower}}.patch_embed.proj.*
        vision.positional_embedding     | {{tower}}.pos_embed
        vision.blocks.#.ln_1.*          | {{tower}}.blocks.#.norm1.*
        vision.blocks.#.attn.qkv.weight | {{tower}}.blocks.#.attn.{q,k,v}_proj.weight
        vision.blocks.#.attn.qkv.bias   | {{tower}}.blocks.#.attn.{q_bias,0,v_bias}
        vision.blocks.#.attn.norm.*     | {{tower}}.blocks.#.attn.inner_attn_ln.*
        vision.blocks.#.attn.out.*      | {{tower}}.blocks.#.attn.proj.*
        vision.blocks.#.ln_2.*          | {{tower}}.blocks.#.norm2.*
        vision.blocks.#.mlp.fc.*        | {{tower}}.blocks.#.mlp.{w1,w2}.*
        vision.blocks.#.mlp.norm.*      | {{tower}}.blocks.#.mlp.ffn_ln.*
        vision.blocks.#.mlp.proj.*      | {{tower}}.blocks.#.mlp.w3.*
        vision.ln_post.*                | {{tower}}.norm.*
        vision.projection.*             | {{tower}}.head.*
        """;

    /// <summary>What transformers calls the tensors of BERT and RoBERTa, behind the name of the encoder.</summary>
    private static string BertRows(string column, string encoder) => $$"""
        canonical                | {{column}}
        text.token_embedding     | {{encoder}}.embeddings.word_embeddings.weight
        text.positional_embedding| {{encoder}}.embeddings.position_embeddings.weight
        text.type_embedding      | {{encoder}}.embeddings.token_type_embeddings.weight
        text.ln_embedding.*      | {{encoder}}.embeddings.LayerNorm.*
        text.blocks.#.attn.qkv.* | {{encoder}}.encoder.layer.#.attention.self.{query,key,value}.*
        text.blocks.#.attn.out.* | {{encoder}}.encoder.layer.#.attention.output.dense.*
        text.blocks.#.ln_1.*     | {{encoder}}.encoder.layer.#.attention.output.LayerNorm.*
        text.blocks.#.mlp.fc.*   | {{encoder}}.encoder.layer.#.intermediate.dense.*
        text.blocks.#.mlp.proj.* | {{encoder}}.encoder.layer.#.output.dense.*
        text.blocks.#.ln_2.*     | {{encoder}}.encoder.layer.#.output.LayerNorm.*
        text.pooler.*            | {{encoder}}.pooler.dense.*
        """;

    private static readonly Dictionary<(string Column, string Pattern), string> Cells =
        Read([
            Rows, TimmRows, TimmEvaRows, TimmEva01Rows, TimmVitaminRows, Eva01Rows, ClipCppRows, OpenClipBertRows, NllbRows, MClipRows,
            ChineseClipRows, AltClipRows, DistilBertRows, EvaRows("eva02", "visual"), EvaRows("jina-clip", "vision_model"),
            BertRows("openclip bert", "transformer"), BertRows("m-clip", "transformer"), BertRows("chinese-clip", "text_model"),
            BertRows("chinese-clip original", "bert"), BertRows("altclip", "text_model.roberta"), .. ConvolutionNames.Tables,
        ]);

    /// <summary>Tensors that carry nothing: they are dropped by name, never by silence.</summary>
    private static readonly string[] Ignorable =
    [
        "input_resolution", "context_length", "vocab_size", "attn_mask", "text.attn_mask",
        "text_model.embeddings.position_ids", "vision_model.embeddings.position_ids",
        "text.transformer.embeddings.position_ids", "transformer.embeddings.position_ids", "bert.embeddings.position_ids",
        "text_model.roberta.embeddings.position_ids", "text.transformer.embed_positions.weights",
    ];

    // Behind every batch norm; and in EVA's own files, tables of what is computed.
    private static readonly string[] IgnorableEnds = [".num_batches_tracked", ".rope.freqs_cos", ".rope.freqs_sin"];

    // CoCa's decoder writes captions; embeddings are made without it.
    // BERT's pooler is for its pairs of sentences.
    private static readonly string[] IgnorableStarts =
    [
        "text_decoder.", "text.transformer.pooler.", "transformer.pooler.", "text_model.pooler.", "text_model.roberta.pooler.",
        "bert.pooler.",
    ];

    private static readonly string[] OfVision = ["visual.", "vision_model.", "visual_projection.", "v.", "image_encoder."];

    private static readonly string[] OfText =
    [
        "transformer.", "token_embedding.", "positional_embedding", "ln_final.", "text_projection", "cls_emb", "text.", "text_model.", "t.",
        "bert.", "distilbert.", "LinearTransformation.", "text_encoder.",
    ];

    /// <summary>OpenAI's and OpenCLIP's flat names: <c>visual.conv1.weight</c>, <c>transformer.resblocks.0…</c></summary>
    public static Dialect OpenClip { get; } = new("OpenClip", ["openclip"]);

    /// <summary>As <see cref="OpenClip"/>, with the text tower's names below <c>text.</c> (OpenCLIP's CustomTextCLIP).</summary>
    public static Dialect OpenClipCustomText { get; } = new("OpenClipCustomText", ["openclip"], "text.");

    /// <summary>Hugging Face's: <c>vision_model.…</c>, <c>text_model.…</c></summary>
    public static Dialect HuggingFace { get; } = new("HuggingFace", ["huggingface"]);

    /// <summary>clip.cpp's, in GGUF files: <c>v.blk.…</c>, <c>t.blk.…</c></summary>
    public static Dialect ClipCpp { get; } = new("clip.cpp", ["clip.cpp"]);

    /// <summary>OpenCLIP's with a vision tower of timm's: <c>visual.trunk.…</c></summary>
    public static Dialect Timm { get; } = new("OpenClipTimm", ["timm", "openclip"], "text.");

    /// <summary>The same with timm's EVA02.</summary>
    public static Dialect TimmEva { get; } = new("OpenClipTimmEva02", ["timm eva02", "timm", "openclip"], "text.");

    /// <summary>The same with timm's EVA01 and EVA02-E.</summary>
    public static Dialect TimmEva01 { get; } = new("OpenClipTimmEva01", ["timm eva01", "timm", "openclip"], "text.");

    /// <summary>The same with timm's ViTamin.</summary>
    public static Dialect TimmVitamin { get; } = new("OpenClipTimmVitamin", ["timm vitamin", "timm", "openclip"], "text.");

    /// <summary>BAAI's own names of EVA02: <c>visual.blocks.0.attn.q_proj.…</c></summary>
    public static Dialect Eva { get; } = new("Eva02", ["eva02", "openclip"], "text.");

    /// <summary>BAAI's own names of EVA01 and EVA02-E.</summary>
    public static Dialect Eva01 { get; } = new("Eva01", ["eva01", "eva02", "openclip"], "text.");

    /// <summary>OpenCLIP's with a text tower of transformers: <c>text.transformer.encoder.layer.0…</c></summary>
    public static Dialect OpenClipBert { get; } = new("OpenClipBert", ["openclip bert", "openclip"], "text.");

    /// <summary>The same with two matrices behind it.</summary>
    public static Dialect OpenClipBertTwoLayers { get; } =
        new("OpenClipBertTwoLayers", ["two layers", "openclip bert", "openclip"], "text.");

    /// <summary>
    /// The other pairs of OpenCLIP's: a text tower of transformers, BERT's kind or NLLB's, with its own vision tower or timm's.
    /// </summary>
    private static Dialect[] OpenClipPairs { get; } =
    [
        new("OpenClipBertTimm", ["openclip bert", "timm", "openclip"], "text."),
        new("OpenClipBertTwoLayersTimm", ["two layers", "openclip bert", "timm", "openclip"], "text."),
        new("OpenClipNllb", ["openclip nllb", "openclip"], "text."),
        new("OpenClipNllbTwoLayers", ["two layers", "openclip nllb", "openclip"], "text."),
        new("OpenClipNllbTimm", ["openclip nllb", "timm", "openclip"], "text."),
        new("OpenClipNllbTwoLayersTimm", ["two layers", "openclip nllb", "timm", "openclip"], "text."),
    ];

    /// <summary>jina-clip's vision tower: <c>vision_model.blocks.0.attn.q_proj.…</c></summary>
    public static Dialect JinaClip { get; } = new("JinaClip", ["jina-clip"]);

    /// <summary>M-CLIP's: <c>transformer.encoder.layer.0…</c>, <c>LinearTransformation.weight</c></summary>
    public static Dialect MClip { get; } = new("MClip", ["m-clip"]);

    /// <summary>Chinese-CLIP's in transformers: <c>text_model.encoder.layer.0…</c></summary>
    public static Dialect ChineseClip { get; } = new("ChineseClip", ["chinese-clip", "huggingface"]);

    /// <summary>Its own: <c>bert.encoder.layer.0…</c></summary>
    public static Dialect ChineseClipOriginal { get; } = new("ChineseClipOriginal", ["chinese-clip original", "openclip"]);

    /// <summary>AltCLIP's: <c>text_model.roberta.encoder.layer.0…</c></summary>
    public static Dialect AltClip { get; } = new("AltClip", ["altclip", "huggingface"]);

    /// <summary>
    /// DistilBERT's, with the dense layer of sentence-transformers; <see cref="BareNames"/> puts one word before both.
    /// </summary>
    public static Dialect DistilBert { get; } = new("DistilBert", ["distilbert"]);

    /// <summary>OpenCLIP's with a FastViT of timm's, MobileCLIP's: <c>visual.trunk.stages.0.blocks.0.token_mixer.…</c></summary>
    public static Dialect FastVit { get; } = new("OpenClipFastVit", ["fastvit", "openclip"], "text.");

    /// <summary>Apple's own names of MobileCLIP: <c>image_encoder.model.network.0.0.…</c></summary>
    public static Dialect MobileClip { get; } = new("MobileClip", ["apple"]);

    /// <summary>OpenCLIP's with a ConvNeXt of timm's: <c>visual.trunk.stages.0.blocks.0.conv_dw.…</c></summary>
    public static Dialect ConvNext { get; } = new("OpenClipConvNext", ["convnext", "openclip"]);

    /// <summary>Every dialect.</summary>
    public static IReadOnlyList<Dialect> Dialects { get; } =
    [
        OpenClip, OpenClipCustomText, HuggingFace, ClipCpp, Timm, TimmEva, TimmEva01, TimmVitamin, Eva, Eva01, OpenClipBert,
        OpenClipBertTwoLayers, .. OpenClipPairs, JinaClip, MClip, ChineseClip, ChineseClipOriginal, AltClip, DistilBert, FastVit,
        MobileClip, ConvNext,
    ];

    /// <summary>The canonical names with their wildcards.</summary>
    public static IEnumerable<string> Patterns { get; } = [.. Cells.Keys.Select(static key => key.Pattern).Distinct()];

    /// <summary>What a dialect calls one of our tensors; null where it has no such thing.</summary>
    /// <param name="canonical">Our name.</param>
    /// <param name="dialect">The dialect.</param>
    public static SourceName? Of(string canonical, Dialect dialect)
    {
        (string exact, string pattern, List<string> numbers, string leaf) = Generalize(canonical);
        string? cell = null;
        foreach (string column in dialect.Columns)
            if (Cells.TryGetValue((column, exact), out cell) || Cells.TryGetValue((column, pattern), out cell))
                break;
        if (cell is null or Absent)
            return null;
        bool isTurned = cell.EndsWith(Turned, StringComparison.Ordinal);
        string name = (isTurned ? cell[..^Turned.Length] : cell).Replace("*", leaf, StringComparison.Ordinal);
        foreach (string number in numbers)
        {
            int hash = name.IndexOf('#', StringComparison.Ordinal);
            name = $"{name.AsSpan(0, hash)}{number}{name.AsSpan(hash + 1)}";
        }
        if (canonical.StartsWith("text.", StringComparison.Ordinal))
            name = dialect.TextPrefix + name;
        return Alternatives(name, isTurned);
    }

    /// <summary>The dialect that names most of a checkpoint's tensors; null where it names none.</summary>
    /// <param name="holds">Whether the checkpoint has a tensor of a name.</param>
    public static Dialect? DialectOf(Func<string, bool> holds)
    {
        // A row with its first number and with weights: what a tower of any size has. What two rows call the same counts once.
        int Hits(Dialect dialect) => Patterns
            .Select(pattern => Of(pattern.Replace('#', '0').Replace("*", "weight", StringComparison.Ordinal), dialect))
            .SelectMany(static source => source?.Stored ?? []).Distinct().Count(holds);
        Dialect best = Dialects.MaxBy(Hits)!;
        return Hits(best) > 0 ? best : null;
    }

    /// <summary>Whether a file may hold this tensor although nothing needs it.</summary>
    public static bool IsIgnorable(string name) =>
        Array.IndexOf(Ignorable, name) >= 0 || Array.Exists(IgnorableEnds, end => name.EndsWith(end, StringComparison.Ordinal))
        || Array.Exists(IgnorableStarts, start => name.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Whether a name belongs to the vision tower, in any dialect.</summary>
    public static bool IsOfVision(string name) => Array.Exists(OfVision, start => name.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Whether a name belongs to the text tower, in any dialect.</summary>
    public static bool IsOfText(string name) => Array.Exists(OfText, start => name.StartsWith(start, StringComparison.Ordinal));

    private static Dictionary<(string Column, string Pattern), string> Read(params string[] tables)
    {
        Dictionary<(string, string), string> cells = [];
        foreach (string table in tables)
        {
            string[][] rows = [.. table.Split('\n').Select(static row => Array.ConvertAll(row.Split('|'), static cell => cell.Trim()))];
            foreach (string[] row in rows.Skip(1))
                for (int column = 1; column < row.Length; column++)
                    if (row[column].Length > 0) // else the dialect's next column counts
                        cells.Add((rows[0][column], row[0]), row[column]);
        }
        return cells;
    }

    /// <summary>vision.blocks.3.ln_1.weight → vision.blocks.#.ln_1.weight, vision.blocks.#.ln_1.*, [3], weight</summary>
    private static (string Exact, string Pattern, List<string> Numbers, string Leaf) Generalize(string canonical)
    {
        string[] words = canonical.Split('.');
        List<string> numbers = [];
        for (int i = 0; i < words.Length; i++)
            if (words[i].All(char.IsAsciiDigit))
            {
                numbers.Add(words[i]);
                words[i] = "#";
            }
        string leaf = words[^1], exact = string.Join('.', words);
        if (leaf is "weight" or "bias" or "running_mean" or "running_var")
            words[^1] = "*";
        return (exact, string.Join('.', words), numbers, leaf);
    }

    /// <summary>a.{q,k,v}.b → a.q.b, a.k.b, a.v.b; a.{q,kv:2} → a.q, and a.kv that holds two; a.{q,0,v} → a.q, zeros, a.v</summary>
    private static SourceName Alternatives(string name, bool isTurned)
    {
        int open = name.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return new([name], isTurned);
        int close = name.IndexOf('}', open);
        string[] words = name[(open + 1)..close].Split(',');
        int[] shares = Array.ConvertAll(words, static word => word.Contains(':', StringComparison.Ordinal) ? word[^1] - '0' : 1);
        string[] names = Array.ConvertAll(words, word => word == "0"
            ? ""
            : $"{name.AsSpan(0, open)}{word.Split(':')[0]}{name.AsSpan(close + 1)}");
        return new(names, isTurned) { Shares = shares };
    }
}
