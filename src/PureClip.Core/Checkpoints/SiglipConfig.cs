using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Reads <c>config.json</c> of SigLIP and SigLIP 2 as transformers writes it: published files say almost nothing, and the defaults of its
/// classes, which are not CLIP's, make up for the rest.
/// </summary>
/// <remarks>transformers, <c>configuration_siglip.py</c>. Zhai et al. 2023; Tschannen et al. 2025, SigLIP 2.</remarks>
internal static class SiglipConfig
{
    private const int Width = 768;

    /// <summary>Whether a model type is of this family.</summary>
    public static bool IsModelType(string? type) =>
        type is "siglip" or "siglip_text_model" or "siglip_vision_model" || IsFlexible(type);

    /// <summary>Whether it is SigLIP 2 NaFlex, whose pictures keep their own proportions; all other SigLIP 2 say "siglip".</summary>
    public static bool IsFlexible(string? type) => type is "siglip2" or "siglip2_text_model" or "siglip2_vision_model";

    /// <summary>The architecture.</summary>
    /// <param name="file"><c>config.json</c>.</param>
    /// <param name="part">The part of a name: <c>text_config</c> or <c>vision_config</c>.</param>
    /// <exception cref="InvalidDataException">It is one that is not supported.</exception>
    public static ClipConfig Read(JsonFile file, Func<string, JsonFile> part)
    {
        string? architecture = file.FirstString("architectures");
        switch (file.String("model_type"))
        {
            case "siglip_text_model" or "siglip2_text_model":
                return OfText(file);
            case "siglip_vision_model" or "siglip2_vision_model":
                return OfVision(file);
        }
        JsonFile vision = part("vision_config"), text = part("text_config");
        if (architecture is "SiglipTextModel" or "Siglip2TextModel")
            return OfText(text);
        if (architecture is "SiglipVisionModel" or "Siglip2VisionModel")
            return OfVision(vision);
        int width = EmbeddingWidth(text), visionWidth = vision.Int("hidden_size", Width);
        if (width != visionWidth)
            throw vision.NotSupported(
                "hidden_size", visionWidth, $"{width}, the width of a text's embedding (projection_size, or the text tower's hidden_size)");
        return new(width, ReadVision(vision), ReadText(text));
    }

    private static ClipConfig OfText(JsonFile file) => new(EmbeddingWidth(file), null, ReadText(file));

    private static ClipConfig OfVision(JsonFile file) => new(file.Int("hidden_size", Width), ReadVision(file), null);

    private static int EmbeddingWidth(JsonFile text) => text.Int("projection_size", text.Int("hidden_size", Width));

    private static TextConfig ReadText(JsonFile file) =>
        new(ReadTransformer(file), file.Int("max_position_embeddings", 64), file.Int("vocab_size", 32_000))
        {
            ReadAt = TextReadOut.LastPosition,
            IsCausal = false,
            Projection = TextProjection.LinearWithBias,
        };

    private static VisionTransformerConfig ReadVision(JsonFile file)
    {
        if (file.Int("num_channels", 3) is int channels and not 3)
            throw file.NotSupported("num_channels", channels, "3");
        if (!file.Bool("vision_use_head", true))
            throw file.NotSupported("vision_use_head", "false (a tower without the head that makes embeddings)", "true");
        return Tower(ReadTransformer(file), file.Int("image_size", 224), file.Int("patch_size", 16)) with
        {
            Projection = VisionProjection.None,
            PositionRule = PositionRule.Bicubic,
        };
    }

    /// <summary>SigLIP's picture tower, whoever wrote its file: no class token, but a head of attention that reads all patches.</summary>
    /// <param name="blocks">Its blocks; the head has as many heads, and an MLP as wide.</param>
    /// <param name="imageSize">Pixels of a side.</param>
    /// <param name="patchSize">Pixels of a patch's side.</param>
    public static VisionTransformerConfig Tower(TransformerConfig blocks, int imageSize, int patchSize) => new(blocks, imageSize, patchSize)
    {
        HasClassToken = false,
        HasPatchBias = true,
        HasPreNorm = false,
        ReadAt = VisionReadOut.AttentionHead,
        PoolHeads = blocks.Heads,
        PoolMlpWidth = blocks.MlpWidth,
    };

    /// <summary>
    /// The same tower for pictures of any proportions. Its table is that of a square of patches; how many a picture may have, the picture
    /// rules say.
    /// </summary>
    /// <param name="vision">As it was read, with the class's square picture.</param>
    /// <param name="file">The part that the tower was read from.</param>
    /// <param name="mostPatches">Most patches of a picture.</param>
    public static VisionTransformerConfig Flexible(VisionTransformerConfig vision, JsonFile file, int mostPatches)
    {
        int patches = file.Int("num_patches", 256), side = (int)Math.Round(Math.Sqrt(Math.Max(patches, 1)));
        if (side * side != patches)
            throw file.NotSupported("num_patches", patches, "the square of a whole number");
        return vision with
        {
            ImageSize = side * vision.PatchSize,
            MostPatches = mostPatches,
            PositionRule = PositionRule.BilinearAntialiased,
        };
    }

    private static TransformerConfig ReadTransformer(JsonFile file) => new(
        Width: file.Int("hidden_size", Width),
        Layers: file.Int("num_hidden_layers", 12),
        Heads: file.Int("num_attention_heads", 12),
        MlpWidth: file.Int("intermediate_size", 3072),
        Gelu: file.Has("hidden_act") ? ModelDirectory.ReadGelu(file) : GeluKind.Tanh,
        LayerNormEps: (float)file.Number("layer_norm_eps", 1e-6));
}
