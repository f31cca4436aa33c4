using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Apple's own layout of MobileCLIP: the weights under its program's names, and the program's configuration <c>mobileclip_s0.json</c> beside
/// them. The file says little: what stages and blocks there are, the tensors tell.
/// </summary>
/// <remarks>apple/ml-mobileclip, <c>mobileclip/configs</c>, <c>mobileclip/clip.py</c>. Vasu et al. 2024, "MobileCLIP".</remarks>
internal static class MobileClipConfig
{
    /// <summary>The configuration's name where nothing tells another.</summary>
    public const string UsualName = "mobileclip.json";

    // "The temperature is clipped to at most 100", as in CLIP, 2.3: Apple's program also does it when it compares.
    private const float MostLogitScale = 100;

    private const int HeadWidth = 64, UsualImageSize = 256;

    /// <summary>The configuration of a directory; null where there is none, or several.</summary>
    public static string? Find(string directory) =>
        Directory.Exists(directory) && Directory.GetFiles(directory, "mobileclip*.json") is [string only] ? only : null;

    /// <summary>Reads a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="configPath">Its configuration.</param>
    /// <param name="weightsPath">Its weights.</param>
    public static ModelDirectory Read(string directory, string configPath, string weightsPath)
    {
        JsonFile file = JsonFile.Read(configPath);
        JsonFile image = file.Object("image_cfg") ?? throw file.NotSupported("image_cfg", null, "the vision tower's name and image size");
        JsonFile text = file.Object("text_cfg") ?? throw file.NotSupported("text_cfg", null, "the text tower's sizes");
        return New(directory, new(file.RequiredInt("embed_dim"), ReadVision(image), ReadText(text)), weightsPath, []);
    }

    /// <summary>A directory of Apple's layout.</summary>
    public static ModelDirectory New(string directory, ClipConfig config, string weightsPath, IReadOnlyList<string> assumptions)
    {
        config = config with { MostLogitScale = MostLogitScale };
        config.Validate();
        return new()
        {
            Path = directory,
            TokenizerPath = directory,
            Layout = ModelLayout.MobileClip,
            Config = config,
            Preprocessing = ImagePreprocessorConfig.OpenAI(config.Vision!.ImageSize) with
            {
                Interpolation = ResampleFilter.Bilinear,
                Mean = new(0, 0, 0),
                Std = new(1, 1, 1),
            },
            WeightsPath = weightsPath,
            TextCleaning = "openai",
            Assumptions = assumptions,
        };
    }

    /// <summary>The vision tower of a name, with the sizes that are usual for it.</summary>
    public static VisionConfig ReadVision(JsonFile file)
    {
        string name = file.String("model_name") ?? "";
        return name switch
        {
            "mci0" or "mci1" or "mci2" =>
                ConvolutionTowers.FastVit(name[^1] - '0', file.Int("image_size", UsualImageSize)) with { HasProjectionBias = false },
            "vit_b16" => Hybrid(file.Int("image_size", 224), width: 768, layers: 12),
            _ => throw file.NotSupported("model_name", $"\"{name}\"", "mci0, mci1, mci2 or vit_b16"),
        };
    }

    /// <summary>MobileCLIP-B as Apple's program runs it: its first convolution is padded, and norms have another eps than timm's.</summary>
    public static VisionTransformerConfig Hybrid(int imageSize, int width, int layers) => ConvolutionTowers.Hybrid(
        new(width, layers, width / HeadWidth, 4 * width, GeluKind.Erf, 1e-5f), imageSize, padding: 1, VisionProjection.Linear);

    private static TextConfig ReadText(JsonFile file)
    {
        int width = file.RequiredInt("dim"), layers = file.RequiredInt("n_transformer_layers");
        string name = file.String("model_name") ?? "base";
        if (name is not ("base" or "mct"))
            throw file.NotSupported("model_name", $"\"{name}\"", "base, or mct with convolutions in the first and the last layer");
        if (file.String("norm_layer") is string norm and not ("layer_norm_fp32" or "layer_norm"))
            throw file.NotSupported("norm_layer", $"\"{norm}\"", "layer_norm_fp32");
        bool mixes = name == "mct";
        return new(
            new(
                width, layers + (mixes ? 2 : 0), file.Int("n_heads_per_layer", width / HeadWidth),
                (int)(width * file.Number("ffn_multiplier_per_layer", 4)), GeluKind.Erf, 1e-5f),
            file.Int("context_length", 77), file.Int("vocab_size", 49_408))
        {
            IsCausal = file.Bool("causal_masking", false),
            Mixer = mixes ? new(4 * width, IsFused: false) : null,
        };
    }
}
