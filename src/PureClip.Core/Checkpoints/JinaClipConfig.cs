using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Reads <c>config.json</c> of jina-clip v1 and v2, as far as they are EVA02: the vision tower. Their text towers, of JinaBERT with biases by
/// distance (v1) and of XLM-R with rotary positions and adapters (v2), are not built, so that such a directory is a model for pictures alone.
/// </summary>
/// <remarks>
/// jina-clip-implementation, <c>configuration_clip.py</c>, <c>eva_model.py</c>, <c>processing_clip.py</c>. Koukounas et al. 2024.
/// </remarks>
internal static class JinaClipConfig
{
    /// <summary>Whether a model type is of this family.</summary>
    public static bool IsModelType(string? type) => type is "jina_clip" or "jina_clip_vision";

    /// <summary>What is not read, for whoever loads it.</summary>
    public const string WithoutText =
        "This is a jina-clip, whose text tower is not built: it encodes pictures only.";

    /// <summary>The architecture.</summary>
    /// <param name="file"><c>config.json</c>.</param>
    /// <param name="part">The part of a name: <c>vision_config</c>.</param>
    /// <exception cref="InvalidDataException">It is one that is not supported.</exception>
    public static ClipConfig Read(JsonFile file, Func<string, JsonFile> part)
    {
        if (file.Bool("add_projections", false))
            throw file.NotSupported("add_projections", "true", "false, as in jina-clip v1 and v2");
        JsonFile vision = file.String("model_type") == "jina_clip" ? part("vision_config") : file;
        int width = vision.Int("width", 768), embeddingWidth = vision.Int("embed_dim", 768), headWidth = vision.Int("head_width", 64);
        int image = vision.Int("image_size", 224), patch = vision.Int("patch_size", 16), grid = vision.Int("pt_hw_seq_len", 16);
        foreach (string needed in (string[])["naive_swiglu", "subln", "rope_embeddings"])
            if (!vision.Bool(needed, false))
                throw vision.NotSupported(needed, "false", "true, as in EVA02");
        if (!vision.Bool("qkv_bias", true))
            throw vision.NotSupported("qkv_bias", "false", "true");
        if (vision.Bool("post_norm", false))
            throw vision.NotSupported("post_norm", "true", "false");
        if (vision.Has("ls_init_value"))
            throw vision.NotSupported("ls_init_value", "set (LayerScale)", "null");
        if (headWidth < 1 || width % headWidth != 0)
            throw vision.NotSupported("head_width", headWidth, $"a divisor of the width {width}");
        if (patch < 1 || (!vision.Bool("intp_freq", false) && image / patch != grid))
            throw vision.NotSupported("intp_freq", $"false with pictures of {image} pixels", $"true, or {grid} patches of a side");
        VisionProjection projection = vision.String("proj_type") switch
        {
            null when embeddingWidth == width => VisionProjection.None,
            "linear" => VisionProjection.LinearWithBias,
            null => throw vision.NotSupported(
                "proj_type", $"null with {embeddingWidth} numbers of an embedding", $"linear, or embed_dim {width}"),
            string other => throw vision.NotSupported("proj_type", $"\"{other}\"", "null or linear"),
        };
        TransformerConfig blocks = new(
            width, vision.Int("layers", 12), width / headWidth, (int)(width * vision.Number("mlp_ratio", 4)), GeluKind.Erf, 1e-6f)
        {
            IsGated = true,
            HasInnerNorms = true,
            Rotary = new(ColumnsFirst: false, FirstPlace: 0, grid),
        };
        VisionTransformerConfig tower = new(blocks, image, patch) { HasPatchBias = true, HasPreNorm = false, Projection = projection };
        return new(embeddingWidth, tower, null);
    }

    /// <summary>How pictures are prepared: <c>preprocessor_config.json</c> has the words of OpenCLIP's configuration.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="imageSize">Pixels of a side of the vision tower's input.</param>
    /// <param name="assumptions">Takes a sentence for whatever no file says.</param>
    public static ImagePreprocessorConfig ReadPreprocessing(string directory, int imageSize, List<string> assumptions)
    {
        string path = Path.Combine(directory, "preprocessor_config.json");
        if (File.Exists(path))
            return OpenClipConfig.ReadPreprocessing(JsonFile.Read(path), imageSize, assumptions);
        assumptions.Add($"No preprocessor_config.json: pictures are prepared as OpenAI does, at {imageSize} pixels.");
        return ImagePreprocessorConfig.OpenAI(imageSize);
    }
}
