using System.Text.Json.Nodes;
using PureClip.Convert.Knowledge;
using PureClip.Convert.Output;
using PureClip.Convert.Resolution;
using PureClip.Convert.Tests.Support;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Convert.Tests.Output;

/// <summary>config.json of OpenAI's models, against the fields of the published ones (openai on the Hugging Face Hub).</summary>
public sealed class ConfigFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("ViT-B-32", 512, 224, 32, 768, 12, 12, 3072, 512, 8, 12, 2048)] // clip-vit-base-patch32
    [InlineData("ViT-B-16", 512, 224, 16, 768, 12, 12, 3072, 512, 8, 12, 2048)] // clip-vit-base-patch16
    [InlineData("ViT-L-14", 768, 224, 14, 1024, 24, 16, 4096, 768, 12, 12, 3072)] // clip-vit-large-patch14
    [InlineData("ViT-L-14-336", 768, 336, 14, 1024, 24, 16, 4096, 768, 12, 12, 3072)] // clip-vit-large-patch14-336
    public void Openais_models_have_the_published_fields(
        string name, int projection, int image, int patch, int width, int layers, int heads, int mlp,
        int textWidth, int textHeads, int textLayers, int textMlp)
    {
        JsonNode config = Write(name);
        Assert.Equal(("CLIPModel", "clip", projection, 2.6592), ((string)config["architectures"]![0]!, (string)config["model_type"]!, (int)config["projection_dim"]!, (double)config["logit_scale_init_value"]!));
        AssertFields(config["vision_config"]!, ("hidden_size", width), ("num_hidden_layers", layers), ("num_attention_heads", heads),
            ("intermediate_size", mlp), ("image_size", image), ("patch_size", patch), ("num_channels", 3), ("projection_dim", projection));
        AssertFields(config["text_config"]!, ("hidden_size", textWidth), ("num_hidden_layers", textLayers), ("num_attention_heads", textHeads),
            ("intermediate_size", textMlp), ("max_position_embeddings", 77), ("vocab_size", 49_408), ("bos_token_id", 0), ("eos_token_id", 2),
            ("pad_token_id", 1), ("projection_dim", projection));
        foreach (JsonNode tower in new[] { config["vision_config"]!, config["text_config"]! })
            Assert.Equal(("quick_gelu", 1e-5), ((string)tower["hidden_act"]!, (double)tower["layer_norm_eps"]!));
    }

    [Fact]
    public void The_extra_key_says_what_the_layout_cannot()
    {
        JsonNode extra = Write("ViT-B-32")["pureclip"]!;
        Assert.Equal(("openai", "half_to_even", "rgb_first", "shortest"), ((string)extra["text_cleaning"]!, (string)extra["crop_rounding"]!, (string)extra["pixel_order"]!, (string)extra["resize_mode"]!));
        Assert.Equal(("ViT-B-32.pt", "00ff"), ((string)extra["source"]![0]!["file"]!, (string)extra["source"]![0]!["sha256"]!));
    }

    /// <summary>A written 2 means the largest id, so that a token 2 that is meant is left to the tokenizer to name.</summary>
    [Theory]
    [InlineData(2, null)]
    [InlineData(null, 2)]
    [InlineData(49_407, 49_407)]
    [InlineData(9, 9)]
    public void The_end_of_text_is_written_so_that_it_is_read_as_it_was(int? end, int? written) =>
        Assert.Equal(written, (int?)Write("ViT-B-32", end)["text_config"]!["eos_token_id"]);

    [Fact]
    public void Preprocessing_has_the_published_decimals()
    {
        string path = Path.Combine(_directory.Root, "preprocessor_config.json");
        PreprocessorFile.Write(path, ImagePreprocessorConfig.OpenAI(224));
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        Assert.Equal("[0.48145466,0.4578275,0.40821073]", config["image_mean"]!.ToJsonString());
        Assert.Equal("[0.26862954,0.26130258,0.27577711]", config["image_std"]!.ToJsonString());
        Assert.Equal((224, 224, 3, 0.00392156862745098), ((int)config["size"]!["shortest_edge"]!, (int)config["crop_size"]!["height"]!, (int)config["resample"]!, (double)config["rescale_factor"]!));
    }

    private JsonNode Write(string name, int? end = null)
    {
        Architecture known = Architectures.ByName(name)!;
        VisionArchitecture vision = known.Vision!;
        ClipConfig config = new(
            known.EmbeddingWidth,
            new VisionTransformerConfig(new(vision.Width, vision.Layers, vision.Heads, vision.MlpWidth, GeluKind.Quick, 1e-5f), vision.ImageSize, vision.PatchSize),
            new TextConfig(new(known.Text.Width, known.Text.Layers, known.Text.Heads, 4 * known.Text.Width, GeluKind.Quick, 1e-5f), 77, 49_408) { EndOfTextId = end });
        string path = Path.Combine(_directory.Root, "config.json");
        ConfigFile.Write(path, new ModelDescription(name, config, new(), "openai", []), "float16", [new SourceFile(name + ".pt", 1, "00ff")]);
        return JsonNode.Parse(File.ReadAllText(path))!;
    }

    private static void AssertFields(JsonNode config, params (string Name, int Value)[] fields) =>
        Assert.Equal(fields, fields.Select(f => (f.Name, (int)config[f.Name]!)));
}
