namespace PureClip.Convert.Knowledge;

/// <summary>What the shapes of a checkpoint's tensors say (OpenAI's build_model reads the same).</summary>
/// <param name="EmbeddingWidth">Columns of the projections.</param>
/// <param name="VisionWidth">Numbers a vision token, or null without a vision tower.</param>
/// <param name="VisionLayers">Blocks of the vision tower.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
/// <param name="ImageSize">Patch size times the side of the grid.</param>
/// <param name="TextWidth">Numbers a text token, or null without a text tower.</param>
/// <param name="TextLayers">Blocks of the text tower.</param>
internal sealed record ShapeFacts(
    int EmbeddingWidth, int? VisionWidth, int? VisionLayers, int? PatchSize, int? ImageSize, int? TextWidth, int? TextLayers);
