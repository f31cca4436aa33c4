using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.TextToImage;

/// <summary>
/// An image encoder in a safetensors file without a configuration: below a prefix in the file of a generator (Stable Video Diffusion,
/// unCLIP, Zero123), or alone, as ComfyUI's folder <c>clip_vision</c> has them. Shapes tell its sizes; the width tells the rest.
/// </summary>
/// <remarks>Stability-AI/generative-models: sgm/modules/encoders/modules.py; comfy/clip_vision.py.</remarks>
internal static class VisionFile
{
    private static readonly string[] Prefixes =
        ["", "embedder.model.", "conditioner.embedders.0.open_clip.model.", "cond_stage_model.model."];

    private static readonly Words[] Layouts =
    [
        new("visual.conv1.weight", "visual.positional_embedding", "visual.transformer.resblocks.", "mlp.c_fc.bias", "visual.proj", 1),
        new("vision_model.embeddings.patch_embedding.weight", "vision_model.embeddings.position_embedding.weight",
            "vision_model.encoder.layers.", "mlp.fc1.bias", "visual_projection.weight", 0),
    ];

    // Of the published towers L, H, g and G have 16 heads, whatever their width; smaller ones have heads of 64 numbers.
    private const int LargeWidth = 1024, LargeHeads = 16, HeadWidth = 64;

    /// <summary>What the names of an image encoder begin with; null where there is none.</summary>
    public static string? Find(IEnumerable<string> names)
    {
        HashSet<string> known = new(names, StringComparer.Ordinal);
        return Prefixes.FirstOrDefault(prefix => Array.Exists(Layouts, words => known.Contains(prefix + words.Patches)));
    }

    /// <summary>What is known of a file's image encoder.</summary>
    /// <exception cref="InvalidDataException">It holds none, or one that lacks something.</exception>
    public static ModelDirectory Open(string path)
    {
        Dictionary<string, TensorInfo> tensors;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
            tensors = file.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        string prefix = Find(tensors.Keys) ?? throw new InvalidDataException(
            $"{path} holds no image encoder whose place is known. Give the generator's image_encoder folder; IP-Adapter's is "
            + "models/image_encoder.");
        Words words = Array.Find(Layouts, words => tensors.ContainsKey(prefix + words.Patches))!;
        long Size(string name, Index dimension, int dimensions) =>
            tensors.TryGetValue(prefix + name, out TensorInfo? tensor) && tensor.Shape.Length == dimensions
                ? tensor.Shape[dimension]
                : throw new InvalidDataException(
                    $"{path}: its image encoder lacks {prefix}{name} of {dimensions} dimensions. Download the file again, or take another "
                    + "one.");
        try
        {
            int width = checked((int)Size(words.Patches, 0, 4)), patch = checked((int)Size(words.Patches, 3, 4));
            int side = checked((int)Math.Sqrt(Size(words.Positions, 0, 2) - 1)) * patch;
            int layers = 1 + tensors.Keys.Where(name => name.StartsWith(prefix + words.Blocks, StringComparison.Ordinal))
                .Max(name => int.TryParse(name[(prefix + words.Blocks).Length..].Split('.')[0], out int layer) ? layer : 0);
            TransformerConfig transformer = new(
                width, layers, width >= LargeWidth ? LargeHeads : width / HeadWidth,
                checked((int)Size($"{words.Blocks}0.{words.Hidden}", 0, 1)), width <= LargeWidth ? GeluKind.Quick : GeluKind.Erf, 1e-5f);
            ClipConfig config = new(
                checked((int)Size(words.Projection, words.Outputs, 2)), new VisionTransformerConfig(transformer, side, patch), null);
            config.Validate();
            return new()
            {
                Path = path,
                TokenizerPath = path,
                Layout = ModelLayout.OpenClip,
                Config = config,
                Preprocessing = ImagePreprocessorConfig.OpenAI(side),
                WeightsPath = path,
                Prefix = prefix,
                Assumptions = [],
            };
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{path}: its image encoder: {e.Message}", e);
        }
    }

    /// <summary>What a layout calls the tensors that tell sizes.</summary>
    /// <param name="Patches">[width, 3, patch, patch]</param>
    /// <param name="Positions">[1 + patches, width]</param>
    /// <param name="Blocks">What stands before a block's number.</param>
    /// <param name="Hidden">Of a block: [hidden numbers of its MLP]</param>
    /// <param name="Projection">Its matrix.</param>
    /// <param name="Outputs">The projection's dimension that counts the embedding's numbers.</param>
    private sealed record Words(string Patches, string Positions, string Blocks, string Hidden, string Projection, int Outputs);
}
