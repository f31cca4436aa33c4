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
            new VisionTransformerConfig(new(32, 2, 2, 128, GeluKind.Quick, 1e-5f), 32, 8) { PositionRule = PositionRule.Bicubic },
            new(new(24, 2, 3, 96, GeluKind.Quick, 1e-5f), 16, 100) { EndOfTextId = 99 }), config);
    }

    [Fact]
    public void Absent_fields_have_the_defaults_of_transformers()
    {
        ModelDirectory directory = Open(model => model.Json["config.json"] = Object("""{"model_type":"clip"}"""), "preprocessor_config.json");
        Assert.Equal(new ClipConfig(
            512,
            new VisionTransformerConfig(new(768, 12, 12, 3072, GeluKind.Quick, 1e-5f), 224, 32) { PositionRule = PositionRule.Bicubic },
            new(new(512, 12, 8, 2048, GeluKind.Quick, 1e-5f), 77, 49_408) { EndOfTextId = TinyModel.EndId }), directory.Config);
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
    public void A_list_of_one_end_of_text_id_is_that_id_and_a_longer_one_is_refused()
    {
        Assert.Equal(99, Open(model => model.Config["text_config"]!["eos_token_id"] = new JsonArray(99)).Config.Text!.EndOfTextId);
        AssertRefusal(model => model.Config["text_config"]!["eos_token_id"] = new JsonArray(98, 99), "'eos_token_id' is a list of several ids");
        AssertRefusal(model => model.Config["text_config"]!["eos_token_id"] = -1, "'eos_token_id' is -1");
    }

    [Theory]
    [InlineData("""{"tokenizer_config.json":{"eos_token":"zz"},"added_tokens.json":{"zz":97}}""", null, 97)]
    [InlineData("""{"tokenizer_config.json":{"added_tokens_decoder":{"96":{"content":"<|endoftext|>"}}}}""", null, 96)]
    [InlineData("""{"tokenizer.json":{"model":{"vocab":{"<|endoftext|>":95}}}}""", null, 95)]
    [InlineData("""{"tokenizer.json":{"model":{"vocab":{"a":1}},"added_tokens":[{"id":94,"content":"<|endoftext|>"}]}}""", null, 94)]
    [InlineData("{}", """{"<|endoftext|>":93}""", 93)]
    [InlineData("{}", null, null)] // no vocabulary, and the default of CLIP's own is not in this model's
    public void An_absent_end_of_text_id_is_the_tokenizers_and_is_said(string files, string? vocabulary, int? expected)
    {
        ModelDirectory directory = Open(model =>
        {
            model.Config["text_config"]!.AsObject().Remove("eos_token_id");
            model.HasVocabulary = false;
            foreach ((string name, JsonNode? content) in Object(files))
                model.Write(name, content!.ToJsonString());
            if (vocabulary is not null)
                model.Write("vocab.json", vocabulary);
        });
        Assert.Equal(expected, directory.Config.Text!.EndOfTextId);
        Assert.Contains(expected is int id ? $"texts are read at token {id}, with which the tokenizer ends them." : "at their largest id.", Assert.Single(directory.Assumptions));
    }

    [Fact]
    public void The_end_of_CLIPs_own_vocabulary_is_taken_where_a_directory_has_none() => Assert.Equal(49_407, Open(model =>
    {
        model.Config["text_config"]!.AsObject().Remove("eos_token_id");
        model.Config["text_config"]!["vocab_size"] = 49_408;
        model.HasVocabulary = false;
    }).Config.Text!.EndOfTextId);

    [Theory]
    [InlineData("CLIPTextModelWithProjection", "text_config", "text_config", 16)]
    [InlineData("CLIPTextModelWithProjection", "text_config", "text_config_dict", 24)]
    [InlineData("CLIPVisionModelWithProjection", "vision_config", "vision_config", 48)]
    [InlineData("CLIPVisionModelWithProjection", "vision_config", "vision_config", null)]
    [InlineData("CLIPModel", "text_config", "text_config", 20)]
    public void A_tower_has_the_projection_of_its_own_part_and_a_whole_model_the_outer_one(string architecture, string part, string key, int? inner)
    {
        ClipConfig config = Open(model =>
        {
            JsonObject own = model.Config[part]!.DeepClone().AsObject();
            own.Remove("projection_dim");
            if (inner is not null)
                own["projection_dim"] = inner;
            model.Config[key] = own;
            model.Config["architectures"] = new JsonArray(architecture);
        }).Config;
        Assert.Equal(architecture == "CLIPModel" ? 16 : inner ?? 512, config.EmbeddingWidth);
    }

    [Theory]
    [InlineData("CLIPForImageClassification")]
    [InlineData("MetaCLIPForImageClassification")]
    [InlineData("CLIPVisionForImageClassification")]
    public void A_head_for_classification_is_refused_by_its_name(string architecture) =>
        AssertRefusal(model => model.Config["architectures"] = new JsonArray(architecture), $"'architectures' is {architecture}", "classes of its own");

    [Theory]
    [InlineData("""{"quant_method":"gptq","bits":4}""", "gptq")]
    [InlineData("""{"quant_method":"compressed-tensors"}""", "compressed-tensors")]
    [InlineData("""{"load_in_8bit":true}""", "of no named method")]
    public void Weights_that_a_library_has_packed_are_refused_by_the_word(string quantization, string method) =>
        AssertRefusal(model => model.Config["quantization_config"] = Object(quantization), $"'quantization_config' is there ({method})");

    [Fact]
    public void Trainings_begin_with_the_scale_that_the_configuration_names()
    {
        Assert.Equal(2.6592f, Open(_ => { }).Config.InitialLogitScale);
        Assert.Equal(4f, Open(model => model.Config["logit_scale_init_value"] = 4).Config.InitialLogitScale);
        Assert.Equal(0f, Open(model => model.Config["architectures"] = new JsonArray("CLIPTextModelWithProjection")).Config.InitialLogitScale);
    }

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
    [InlineData("model_type", "other", "'model_type' is \"other\"; supported is clip, metaclip_2 or siglip")]
    [InlineData("model_type", "blip", "'model_type' is \"blip\", which needs what is not built: a text tower that looks at the picture; supported is clip")]
    [InlineData("model_type", "clipseg", "'model_type' is \"clipseg\", which needs what is not built: a decoder")]
    [InlineData("model_type", "jina_clip", "'naive_swiglu' is false; supported is true, as in EVA02")] // more in JinaClipTests
    [InlineData("vision_config.hidden_act", "relu",
        "config.json, vision_config: 'hidden_act' is \"relu\"; supported is quick_gelu, gelu, gelu_new or gelu_pytorch_tanh.")]
    [InlineData("vision_config.num_channels", 4, "config.json, vision_config: 'num_channels' is 4; supported is 3.")]
    [InlineData("vision_config", 7, "'vision_config' is a number; expected is an object.")]
    [InlineData("text_config.hidden_size", "24", "config.json, text_config: 'hidden_size' is \"24\"; expected is a whole number.")]
    [InlineData("text_config.hidden_size", -24, "text width is -24; it must be from 1 to 16384.")]
    [InlineData("text_config.num_hidden_layers", 1_000_000, "text layers is 1000000; it must be from 1 to 256.")]
    [InlineData("vision_config.layer_norm_eps", 2, "vision layer norm eps is 2; it must be at least 0 and below 1.")]
    [InlineData("vision_config.patch_size", 33, "patch size is 33; it must be from 1 to 32.")]
    [InlineData("projection_dim", 0, "embedding width is 0; it must be from 1 to 65536.")]
    [InlineData("pureclip", "yes", "'pureclip' is a string; expected is an object.")]
    public void What_cannot_be_used_is_refused(string field, object? value, string expected) =>
        AssertRefusal(model => Set(model.Config, field, value), expected);

    /// <summary>By name, and before memory of such a size is asked for.</summary>
    [Theory]
    [InlineData("text_config.vocab_size", "vocabulary")]
    [InlineData("text_config.max_position_embeddings", "context")]
    [InlineData("text_config.hidden_size", "text width")]
    [InlineData("text_config.intermediate_size", "text MLP width")]
    [InlineData("text_config.num_hidden_layers", "text layers")]
    [InlineData("text_config.num_attention_heads", "heads")]
    [InlineData("vision_config.image_size", "image size")]
    [InlineData("vision_config.hidden_size", "vision width")]
    [InlineData("vision_config.num_hidden_layers", "vision layers")]
    [InlineData("projection_dim", "embedding width")]
    public void A_size_that_no_model_has_is_refused_before_memory_is_asked_for(string field, string name)
    {
        foreach (object size in (object[])[int.MaxValue, 4_294_967_297L, -1, 0, 1e300])
        {
            using TinyModel model = TinyModel.HuggingFace();
            Set(model.Config, field, size);
            string path = model.Save();
            long before = GC.GetAllocatedBytesForCurrentThread();
            string message = Assert.Throws<InvalidDataException>(() => ModelDirectory.Open(path)).Message;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
            Assert.True(
                message.Contains(name, StringComparison.Ordinal) || message.Contains(field.Split('.')[^1], StringComparison.Ordinal), message);
        }
    }

    [Fact]
    public void A_configuration_without_a_model_type_is_refused() =>
        AssertRefusal(model => model.Json["config.json"] = [],
            "'model_type' is absent; supported is clip, metaclip_2 or siglip");

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
