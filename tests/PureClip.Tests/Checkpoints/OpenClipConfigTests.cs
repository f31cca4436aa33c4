using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Tests.Checkpoints;

/// <summary>What <c>open_clip_config.json</c> says, and what is refused.</summary>
public sealed class OpenClipConfigTests
{
    [Fact]
    public void Sizes_are_read()
    {
        ClipConfig config = Open(_ => { }).Config;
        Assert.Equal(new ClipConfig(
            16,
            new VisionTransformerConfig(new(32, 2, 2, 128, GeluKind.Quick, 1e-5f), 32, 8),
            new(new(24, 2, 3, 96, GeluKind.Quick, 1e-5f), 16, 100)), config);
    }

    [Fact]
    public void Absent_fields_have_OpenClips_defaults_and_the_exact_GELU_is_said()
    {
        ModelDirectory directory = Open(root => root["model_cfg"] = Object("""{"embed_dim":512,"vision_cfg":{},"text_cfg":{}}"""));
        Assert.Equal(new ClipConfig(
            512,
            new VisionTransformerConfig(new(768, 12, 12, 3072, GeluKind.Erf, 1e-5f), 224, 16),
            new(new(512, 12, 8, 2048, GeluKind.Erf, 1e-5f), 77, 49_408)), directory.Config);
        Assert.Equal(["open_clip_config.json does not say quick_gelu: the exact (erf) GELU is used, OpenCLIP's default."],
            directory.Assumptions);
    }

    [Theory]
    [InlineData("""{"clean":"canonicalize"}""", "tokenizer_kwargs: 'clean' is \"canonicalize\"")]
    [InlineData("""{"clean":"whitespace"}""", "tokenizer_kwargs: 'clean' is \"whitespace\"")]
    [InlineData("""{"additional_special_tokens":["<x>"]}""", "tokenizer_kwargs: 'additional_special_tokens' is there")]
    [InlineData("""{"reduction_mask":"syntax"}""", "tokenizer_kwargs: 'reduction_mask' is \"syntax\"")]
    [InlineData("""{"clean":"lower","reduction_mask":null}""", null)]
    [InlineData("{}", null)]
    public void A_tokenizer_with_other_rules_is_refused(string rules, string? expected)
    {
        ModelDirectory Read() => Open(root => root["model_cfg"]!["text_cfg"]!["tokenizer_kwargs"] = Object(rules));
        if (expected is null)
            Assert.NotNull(Read());
        else
            Assert.Contains(expected, Assert.Throws<InvalidDataException>(Read).Message);
    }

    [Theory]
    [InlineData(true, null, GeluKind.Quick)]
    [InlineData(false, null, GeluKind.Erf)]
    [InlineData(false, "none", GeluKind.Erf)]
    [InlineData(false, "tanh", GeluKind.Tanh)]
    public void The_kind_of_GELU_follows_from_two_fields(bool quick, string? approximate, GeluKind kind)
    {
        ClipConfig config = Open(root =>
        {
            root["model_cfg"]!["quick_gelu"] = quick;
            root["model_cfg"]!["vision_cfg"]!["act_kwargs"] = new JsonObject { ["approximate"] = approximate };
        }).Config;
        Assert.Equal(kind, ((VisionTransformerConfig)config.Vision!).Transformer.Gelu);
    }

    [Fact]
    public void A_list_of_layers_is_a_ResNet()
    {
        ClipConfig config = Open(root => root["model_cfg"]!["vision_cfg"] = JsonNode.Parse("""{ "image_size": 288, "layers": [4, 6, 10, 6], "width": 80, "patch_size": null }""")).Config;
        Assert.Equal(new ResNetConfig(80, (4, 6, 10, 6), 40, 288), config.Vision);
    }

    [Fact]
    public void The_other_sizes_of_a_tower_are_read()
    {
        ClipConfig config = Open(root =>
        {
            root["model_cfg"]!["vision_cfg"]!["mlp_ratio"] = 4.9231;
            root["model_cfg"]!["vision_cfg"]!["norm_kwargs"] = new JsonObject { ["eps"] = 1e-6 };
        }).Config;
        Assert.Equal(157, ((VisionTransformerConfig)config.Vision!).Transformer.MlpWidth); // int(32 · 4.9231), as OpenCLIP cuts it
        Assert.Equal(1e-6f, ((VisionTransformerConfig)config.Vision!).Transformer.LayerNormEps);
        Assert.Equal(1e-5f, config.Text!.Transformer.LayerNormEps);
    }

    [Fact]
    public void A_text_may_be_read_at_a_given_id() => Assert.Equal(99, Open(root =>
    {
        root["model_cfg"]!["text_cfg"]!["pool_type"] = "eos";
        root["model_cfg"]!["text_cfg"]!["eos_id"] = 99;
    }).Config.Text!.EndOfTextId);

    /// <summary>Without a mask, the padding is seen: no position can be left out.</summary>
    [Fact]
    public void Texts_without_a_mask_are_read_among_all_positions()
    {
        TextConfig text = Open(root => root["model_cfg"]!["text_cfg"]!["no_causal_mask"] = true).Config.Text!;
        Assert.Equal((false, true, TextReadOut.EndOfText), (text.IsCausal, text.SeesPadding, text.ReadAt));
    }

    [Theory]
    [InlineData("mci0", 20, 512, 2)]
    [InlineData("mci2", 44, 640, 2)]
    [InlineData("mci4", 46, 2048, 0)]
    public void A_FastViT_has_the_sizes_of_its_name(string name, int blocks, int width, int squeezes)
    {
        FastVitConfig vision = Assert.IsType<FastVitConfig>(Open(root => root["model_cfg"]!["vision_cfg"] =
            JsonNode.Parse($$"""{ "timm_model_name": "fastvit_{{name}}", "timm_pool": "avg", "timm_proj": null, "image_size": 256 }""")).Config.Vision);
        Assert.Equal((blocks, width), (vision.Stages.Sum(stage => stage.Blocks), vision.Stages[^1].Width));
        Assert.Equal(squeezes, vision.Stages.Count(stage => stage.SqueezeWidth > 0));
    }

    [Theory]
    [InlineData("base", 36, 1024, 1e-6f)]
    [InlineData("xxlarge", 40, 3072, 1e-5f)]
    public void A_ConvNeXt_has_the_sizes_and_the_eps_of_its_name(string name, int blocks, int width, float eps)
    {
        ConvNextConfig vision = Assert.IsType<ConvNextConfig>(Open(root => root["model_cfg"]!["vision_cfg"] =
            JsonNode.Parse($$"""{ "timm_model_name": "convnext_{{name}}", "timm_pool": "", "timm_proj": "mlp", "image_size": 256 }""")).Config.Vision);
        Assert.Equal((blocks, width, eps), (vision.Blocks.Sum(), vision.Widths[^1], vision.LayerNormEps));
        Assert.True(vision.HiddenWidth > 0);
    }

    [Theory]
    [InlineData("vision_cfg")]
    [InlineData("text_cfg")]
    public void A_tower_may_be_absent(string absent)
    {
        ClipConfig config = Open(root => root["model_cfg"]!.AsObject().Remove(absent)).Config;
        Assert.Equal((absent == "vision_cfg", absent == "text_cfg"), (config.Vision is null, config.Text is null));
    }

    [Theory]
    [InlineData("vision_cfg.timm_model_name", "\"vitamin_large_224\"", "'timm_pool' is absent; supported is \"\" or \"avg\"")]
    [InlineData("vision_cfg.timm_model_name", "\"vitamin_huge_224\"", "'timm_model_name' is \"vitamin_huge_224\"; supported is one of")]
    [InlineData("text_cfg.hf_model_name", "\"google/mt5-base\"", "which needs what is not built: mT5's encoder")]
    [InlineData("vision_cfg.timm_model_name", "\"vit_base_patch16_siglip_gap_224\"",
        "'timm_model_name' is \"vit_base_patch16_siglip_gap_224\"; supported is one of vit_…_siglip_…")]
    [InlineData("vision_cfg.layers", "[3, 4, 6]",
        "'layers' is a list of another length; supported is a number (a ViT) or a list of four (a ResNet)")]
    [InlineData("vision_cfg.layers", "[3, 4.5]", "'layers' is [3,4.5]; expected is a list of whole numbers")]
    [InlineData("text_cfg.hf_model_name", "\"distilroberta-base\"",
        "'hf_model_name' is \"distilroberta-base\"; supported is roberta, xlm-roberta, bert-base-uncased or BiomedBERT, nllb-200-distilled-600M")]
    [InlineData("vision_cfg.ls_init_value", "1e-5", "model_cfg, vision_cfg: 'ls_init_value' is set (LayerScale); supported is null.")]
    [InlineData("text_cfg.ls_init_value", "1e-5", "model_cfg, text_cfg: 'ls_init_value' is set (LayerScale); supported is null.")]
    [InlineData("vision_cfg.qk_norm", "true", "'qk_norm' is true; supported is false.")]
    [InlineData("text_cfg.scale_fc", "true", "'scale_fc' is true; supported is false.")]
    [InlineData("vision_cfg.timm_model_name", "\"fastvit_sa12\"", "'timm_model_name' is \"fastvit_sa12\"; supported is one of")]
    [InlineData("vision_cfg.timm_model_name", "\"convnext_base\"", "'timm_proj' is absent; supported is linear or mlp")]
    [InlineData("text_cfg.correct_cls_mask", "true", "'correct_cls_mask' is true; supported is false")]
    [InlineData("text_cfg.proj_type", "\"mlp\"", "'proj_type' is \"mlp\"; supported is linear or none.")]
    [InlineData("text_cfg.pool_type", "\"last\"", "'no_causal_mask' is false with pool_type last; supported is true")]
    [InlineData("text_cfg.pool_type", "\"eos\"", "text_cfg has no 'eos_id'")]
    [InlineData("vision_cfg.pool_type", "\"avg\"", "'final_ln_after_pool' is false with pool_type avg; supported is true")]
    [InlineData("vision_cfg.pos_embed_type", "\"sin_cos_2d\"", "'pos_embed_type' is \"sin_cos_2d\"; supported is \"learnable\".")]
    [InlineData("vision_cfg.head_width", "24", "'head_width' is 24; supported is a divisor of the width 32.")]
    [InlineData("vision_cfg.head_width", "0", "'head_width' is 0; supported is a divisor of the width 32.")]
    [InlineData("vision_cfg.image_size", "[32, 64]", "'image_size' is [32,64]; expected is a whole number.")]
    [InlineData("vision_cfg.act_kwargs", "{\"approximate\":\"other\"}",
        "'act_kwargs.approximate' is \"other\"; supported is none or tanh.")]
    [InlineData("vision_cfg.mlp_ratio", "1e300", "vision MLP width is 2147483647; it must be from 1 to 131072.")]
    [InlineData("text_cfg.heads", "5", "text width 24 is not a multiple of its 5 heads.")]
    [InlineData("embed_dim", "null", "model_cfg has no 'embed_dim', which says a size of the model.")]
    public void What_cannot_be_used_is_refused(string field, string value, string expected) =>
        AssertRefusal(root => Set(root["model_cfg"]!.AsObject(), field, value), expected);

    [Fact]
    public void A_file_without_a_model_is_refused() =>
        AssertRefusal(root => root.Remove("model_cfg"),
            "open_clip_config.json: 'model_cfg' is absent; supported is an object with the model's sizes.");

    [Fact]
    public void A_model_without_towers_is_refused() =>
        AssertRefusal(root => root["model_cfg"] = Object("""{"embed_dim":16}"""), "The configuration has neither a vision nor a text tower.");

    [Fact]
    public void Preprocessing_is_read()
    {
        Assert.Equal(ImagePreprocessorConfig.OpenAI(32), Open(_ => { }).Preprocessing);
        ImagePreprocessorConfig config = Open(root => root["preprocess_cfg"] = Object(
            """{"size":384,"interpolation":"bilinear","resize_mode":"longest","fill_color":127,"mean":[0.5,0.5,0.5],"std":[1,2,3]}""")).Preprocessing;
        Assert.Equal(ImagePreprocessorConfig.OpenAI(32) with // the size is the tower's
        {
            Interpolation = ResampleFilter.Bilinear,
            ResizeMode = ResizeMode.Longest,
            FillValue = 127,
            Mean = ChannelValues.All(0.5f),
            Std = new(1, 2, 3),
        }, config);
    }

    [Fact]
    public void Without_preprocess_cfg_OpenAIs_preprocessing_is_assumed_and_said()
    {
        ModelDirectory directory = Open(root => root.Remove("preprocess_cfg"));
        Assert.Equal(ImagePreprocessorConfig.OpenAI(32), directory.Preprocessing);
        Assert.Equal(["No preprocess_cfg: pictures are prepared as OpenAI does, at 32 pixels."], directory.Assumptions);
    }

    [Theory]
    [InlineData("mode", "\"L\"", "'mode' is \"L\"; supported is RGB.")]
    [InlineData("interpolation", "\"random\"", "'interpolation' is \"random\"; supported is bicubic or bilinear.")]
    [InlineData("resize_mode", "\"stretch\"", "'resize_mode' is \"stretch\"; supported is shortest, squash or longest.")]
    [InlineData("fill_color", "300", "'fill_color' is 300; supported is 0 to 255.")]
    [InlineData("mean", "[0.5]", "'mean' is [0.5]; expected is a list of three numbers.")]
    [InlineData("std", "[0, 0, 0]", "std is [0, 0, 0]; it must be three finite positive numbers.")]
    public void Preprocessing_that_cannot_be_used_is_refused(string field, string value, string expected) =>
        AssertRefusal(root => Set(root["preprocess_cfg"]!.AsObject(), field, value), expected);

    private static ModelDirectory Open(Action<JsonObject> edit)
    {
        using TinyModel model = TinyModel.OpenClip();
        edit(model.Json["open_clip_config.json"]);
        return ModelDirectory.Open(model.Save());
    }

    private static void AssertRefusal(Action<JsonObject> edit, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Open(edit)).Message);

    private static void Set(JsonObject json, string path, string value)
    {
        string[] names = path.Split('.');
        JsonObject parent = names[..^1].Aggregate(json, (inner, name) => inner[name]!.AsObject());
        parent[names[^1]] = JsonNode.Parse(value);
    }

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();
}
