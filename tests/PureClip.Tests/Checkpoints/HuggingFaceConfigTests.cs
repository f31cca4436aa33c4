using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Tests.Checkpoints;

/// <summary>What the files of transformers say, and what is refused.</summary>
public sealed class HuggingFaceConfigTests
{
    [Fact]
    public void Sizes_are_read()
    {
        ClipConfig config = Open(_ => { }).Config;
        Assert.Equal(new ClipConfig(
            16,
            new VisionTransformerConfig(new(32, 2, 2, 128, GeluKind.Quick, 1e-5f), 32, 8),
            new(new(24, 2, 3, 96, GeluKind.Quick, 1e-5f), 16, 100) { EndOfTextId = 99 }), config);
    }

    [Fact]
    public void Absent_fields_have_the_defaults_of_transformers()
    {
        ModelDirectory directory = Open(model => model.Json["config.json"] = Object("""{"model_type":"clip"}"""), "preprocessor_config.json");
        Assert.Equal(new ClipConfig(
            512,
            new VisionTransformerConfig(new(768, 12, 12, 3072, GeluKind.Quick, 1e-5f), 224, 32),
            new(new(512, 12, 8, 2048, GeluKind.Quick, 1e-5f), 77, 49_408)), directory.Config);
    }

    [Fact]
    public void A_missing_model_type_is_clip_where_the_towers_are_nested() =>
        Assert.NotNull(Open(model => model.Config.Remove("model_type")).Config.Text);

    [Theory]
    [InlineData("quick_gelu", GeluKind.Quick)]
    [InlineData("gelu", GeluKind.Erf)]
    [InlineData("gelu_new", GeluKind.Tanh)]
    [InlineData("gelu_pytorch_tanh", GeluKind.Tanh)]
    [InlineData(null, GeluKind.Quick)]
    public void Every_name_of_GELU_is_known(string? name, GeluKind kind)
    {
        ClipConfig config = Open(model => model.Config["vision_config"]!["hidden_act"] = name).Config;
        Assert.Equal(kind, ((VisionTransformerConfig)config.Vision!).Transformer.Gelu);
        Assert.Equal(GeluKind.Quick, config.Text!.Transformer.Gelu);
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(99, 99)]
    [InlineData(49_407, 49_407)]
    public void The_end_of_text_id_2_stands_for_the_largest_id(int stored, int? read) =>
        Assert.Equal(read, Open(model => model.Config["text_config"]!["eos_token_id"] = stored).Config.Text!.EndOfTextId);

    [Fact]
    public void The_old_form_of_a_part_overrides_the_new_one_with_defaults_for_what_it_lacks()
    {
        ClipConfig config = Open(model =>
        {
            JsonObject text = model.Config["text_config"]!.DeepClone().AsObject();
            text["hidden_act"] = "gelu";
            text.Remove("layer_norm_eps");
            model.Config["text_config"]!["hidden_size"] = 48;
            model.Config["text_config"]!["layer_norm_eps"] = 1e-3;
            model.Config["text_config_dict"] = text;
        }).Config;
        Assert.Equal(new TransformerConfig(24, 2, 3, 96, GeluKind.Erf, 1e-5f), config.Text!.Transformer);
    }

    [Theory]
    [InlineData("CLIPTextModelWithProjection", true, false)]
    [InlineData("CLIPTextModel", true, false)]
    [InlineData("CLIPVisionModelWithProjection", false, true)]
    [InlineData("CLIPModel", true, true)]
    public void A_tower_that_keeps_the_whole_models_configuration_is_told_by_its_architecture(string architecture, bool text, bool vision)
    {
        ClipConfig config = Open(model => model.Config["architectures"] = new JsonArray(architecture)).Config;
        Assert.Equal((text, vision), (config.Text is not null, config.Vision is not null));
    }

    [Fact]
    public void A_text_tower_needs_no_preprocessing()
    {
        using TinyModel model = TinyModel.TextOnly();
        model.Write("preprocessor_config.json", "not read");
        model.Json.Remove("preprocessor_config.json");
        ModelDirectory directory = ModelDirectory.Open(model.Save());
        Assert.Null(directory.Config.Vision);
        Assert.Equal(16, directory.Config.EmbeddingWidth);
        Assert.Empty(directory.Assumptions);
    }

    [Theory]
    [InlineData("model_type", "siglip", "'model_type' is \"siglip\"; supported is clip, clip_text_model or clip_vision_model.")]
    [InlineData("model_type", "chinese_clip", "'model_type' is \"chinese_clip\"; supported is clip")]
    [InlineData("model_type", "metaclip_2", "'model_type' is \"metaclip_2\"; supported is clip")]
    [InlineData("vision_config.hidden_act", "relu",
        "config.json, vision_config: 'hidden_act' is \"relu\"; supported is quick_gelu, gelu, gelu_new or gelu_pytorch_tanh.")]
    [InlineData("vision_config.num_channels", 4, "config.json, vision_config: 'num_channels' is 4; supported is 3.")]
    [InlineData("vision_config", 7, "'vision_config' is a JSON Number; expected is a JSON Object.")]
    [InlineData("text_config.hidden_size", "24", "config.json, text_config: 'hidden_size' is \"24\"; expected is a whole number.")]
    [InlineData("text_config.hidden_size", -24, "text width is -24; it must be from 1 to 16384.")]
    [InlineData("text_config.num_hidden_layers", 1_000_000, "text layers is 1000000; it must be from 1 to 256.")]
    [InlineData("vision_config.layer_norm_eps", 2, "vision layer norm eps is 2; it must be at least 0 and below 1.")]
    [InlineData("vision_config.patch_size", 33, "patch size is 33; it must be from 1 to 32.")]
    [InlineData("projection_dim", 0, "embedding width is 0; it must be from 1 to 65536.")]
    [InlineData("pureclip", "yes", "'pureclip' is a JSON String; expected is a JSON Object.")]
    public void What_cannot_be_used_is_refused(string field, object? value, string expected) =>
        AssertRefusal(model => Set(model.Config, field, value), expected);

    [Fact]
    public void A_configuration_without_a_model_type_is_refused() =>
        AssertRefusal(model => model.Json["config.json"] = [],
            "'model_type' is absent; supported is clip, clip_text_model or clip_vision_model.");

    [Fact]
    public void Preprocessing_is_read()
    {
        ImagePreprocessorConfig config = Preprocessing(_ => { });
        Assert.Equal(ImagePreprocessorConfig.OpenAI(32) with { RescaleRule = RescaleRule.MultiplyByFactor,
            RescaleFactor = 0.00392156862745098 }, config);
    }

    [Fact]
    public void Sizes_may_be_numbers_as_in_old_files()
    {
        ImagePreprocessorConfig objects = Preprocessing(_ => { });
        Assert.Equal(objects, Preprocessing(json =>
        {
            json["size"] = 32;
            json["crop_size"] = 32;
        }));
    }

    [Fact]
    public void The_shorter_edge_may_differ_from_the_crop() =>
        Assert.Equal((36, 32), Preprocessing(json => json["size"] = 36) is var config
            ? (config.ShortestEdge, config.OutputWidth) : default);

    [Fact]
    public void Height_and_width_resize_without_keeping_proportions()
    {
        ImagePreprocessorConfig config = Preprocessing(json =>
        {
            json["size"] = Object("""{"height":32,"width":32}""");
            json["do_center_crop"] = false;
            json.Remove("crop_size");
        });
        Assert.Equal((ResizeMode.Squash, 32, 32, false), (config.ResizeMode, config.OutputHeight, config.OutputWidth, config.DoCenterCrop));
    }

    [Fact]
    public void Switches_filter_and_channel_values_are_read()
    {
        ImagePreprocessorConfig config = Preprocessing(json =>
        {
            json["do_resize"] = false;
            json["do_rescale"] = false;
            json["do_normalize"] = false;
            json["resample"] = 2;
            json["rescale_factor"] = 0.5;
            json["image_mean"] = new JsonArray(0.1, 0.2, 0.3);
            json["image_std"] = new JsonArray(1, 2, 3);
        });
        Assert.Equal((false, false, false), (config.DoResize, config.DoRescale, config.DoNormalize));
        Assert.Equal((ResampleFilter.Bilinear, 0.5), (config.Interpolation, config.RescaleFactor));
        Assert.Equal((new ChannelValues(0.1f, 0.2f, 0.3f), new ChannelValues(1, 2, 3)), (config.Mean, config.Std));
    }

    [Theory]
    [InlineData("resample", 9, "preprocessor_config.json: 'resample' is 9; supported is 0 (nearest), 1 (Lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (Hamming).")]
    [InlineData("resample", "bicubic", "preprocessor_config.json: 'resample' is \"bicubic\"; expected is a whole number.")]
    [InlineData("crop_size", 48, "preprocessing makes 48 x 48 pixels, but the vision tower takes 32 x 32. Check that preprocessor_config.json belongs to this model.")]
    [InlineData("size.shortest_edge", 0, "ShortestEdge is 0; allowed is 1 to 8192.")]
    [InlineData("size.shortest_edge", null, "preprocessor_config.json: 'size' is an object without them; supported is a number, or an object with shortest_edge or with height and width.")]
    [InlineData("image_mean", 0.5, "preprocessor_config.json: 'image_mean' is 0.5; expected is a list of three numbers.")]
    [InlineData("do_resize", 1, "preprocessor_config.json: 'do_resize' is 1; expected is true or false.")]
    public void Preprocessing_that_cannot_be_used_is_refused(string field, object? value, string expected) =>
        AssertRefusal(model => Set(model.Json["preprocessor_config.json"], field, value), expected);

    [Fact]
    public void A_crop_after_resizing_both_edges_to_something_else_is_refused() => AssertRefusal(
        model => model.Json["preprocessor_config.json"]["size"] = Object("""{"height":40,"width":40}"""),
        "preprocessor_config.json: 'crop_size' is 32 x 32; supported is 40 x 40, to which size resizes without keeping proportions.");

    [Fact]
    public void A_standard_deviation_of_zero_is_refused() => AssertRefusal(
        model => model.Json["preprocessor_config.json"]["image_std"] = new JsonArray(0, 1, 1), "Std is ", "three finite positive numbers");

    [Fact]
    public void A_processor_config_is_read_where_it_stands_alone()
    {
        ModelDirectory directory = Open(model =>
        {
            JsonObject inner = model.Json["preprocessor_config.json"].DeepClone().AsObject();
            inner["resample"] = 2;
            model.Json["processor_config.json"] = new() { ["image_processor"] = inner };
        }, "preprocessor_config.json");
        Assert.Equal(ResampleFilter.Bilinear, directory.Preprocessing.Interpolation);
        Assert.Empty(directory.Assumptions);
    }

    [Fact]
    public void A_preprocessor_config_comes_before_a_processor_config() =>
        Assert.Equal(ResampleFilter.Bicubic, Open(model => model.Json["processor_config.json"] = Object("""{"image_processor":{"resample":2}}""")).Preprocessing.Interpolation);

    [Fact]
    public void Without_a_preprocessor_config_OpenAIs_preprocessing_is_assumed_and_said()
    {
        ModelDirectory directory = Open(_ => { }, "preprocessor_config.json");
        Assert.Equal(ImagePreprocessorConfig.OpenAI(32), directory.Preprocessing);
        Assert.Equal(["No preprocessor_config.json: pictures are prepared as OpenAI does, at 32 pixels."], directory.Assumptions);
    }

    [Fact]
    public void The_extra_key_says_what_the_layout_has_no_field_for()
    {
        ModelDirectory directory = Open(model => model.Config["pureclip"] =
            Object("""{"text_cleaning":"openai","crop_rounding":"floor","pixel_order":"resize_first","resize_mode":"longest"}"""));
        Assert.Equal("openai", directory.TextCleaning);
        Assert.Equal(
            (CropRounding.Floor, PixelOrder.ResizeFirst, ResizeMode.Longest),
            (directory.Preprocessing.CropRounding, directory.Preprocessing.PixelOrder, directory.Preprocessing.ResizeMode));
    }

    [Theory]
    [InlineData("crop_rounding", "half_to_even or floor")]
    [InlineData("pixel_order", "rgb_first or resize_first")]
    [InlineData("resize_mode", "shortest, squash or longest")]
    [InlineData("text_cleaning", "openai or huggingface")]
    public void An_unknown_word_under_the_extra_key_is_refused(string field, string supported) => AssertRefusal(
        model => model.Config["pureclip"] = new JsonObject { [field] = "other" },
            $"config.json, pureclip: '{field}' is \"other\"; supported is {supported}.");

    private static ImagePreprocessorConfig Preprocessing(Action<JsonObject> edit) =>
        Open(model => edit(model.Json["preprocessor_config.json"])).Preprocessing;

    private static ModelDirectory Open(Action<TinyModel> edit, string? without = null)
    {
        using TinyModel model = TinyModel.HuggingFace();
        edit(model);
        if (without is not null)
            model.Json.Remove(without);
        return ModelDirectory.Open(model.Save());
    }

    private static void AssertRefusal(Action<TinyModel> edit, params string[] parts)
    {
        string message = Assert.Throws<InvalidDataException>(() => Open(edit)).Message;
        Assert.All(parts, part => Assert.Contains(part, message));
    }

    /// <summary>Sets a field, or one of an inner object behind a dot; null removes it.</summary>
    private static void Set(JsonObject json, string path, object? value)
    {
        string[] names = path.Split('.');
        JsonObject parent = names[..^1].Aggregate(json, (inner, name) => inner[name]!.AsObject());
        if (value is null)
            parent.Remove(names[^1]);
        else
            parent[names[^1]] = JsonValue.Create(value);
    }

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();
}
