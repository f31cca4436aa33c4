using PureClip.Convert.Knowledge;

namespace PureClip.Convert.Resolution;

/// <summary>The vision tower's sizes as its tensors have them.</summary>
/// <param name="Width">Numbers a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
/// <param name="Grid">Patches along a side.</param>
internal sealed record VisionSizes(int Width, int Layers, int MlpWidth, int PatchSize, int Grid);

/// <summary>The text tower's sizes as its tensors have them.</summary>
/// <param name="Width">Numbers a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP.</param>
/// <param name="ContextLength">Most tokens of a text.</param>
/// <param name="VocabularySize">Rows of the token embedding.</param>
internal sealed record TextSizes(int Width, int Layers, int MlpWidth, int ContextLength, int VocabularySize);

/// <summary>All that the shapes of a checkpoint say about its architecture. Heads are not among it.</summary>
/// <param name="EmbeddingWidth">Numbers of an embedding.</param>
/// <param name="Vision">The vision tower, or null.</param>
/// <param name="Text">The text tower, or null.</param>
internal sealed record ModelSizes(int EmbeddingWidth, VisionSizes? Vision, TextSizes? Text)
{
    /// <summary>The same for a look into the table of architectures.</summary>
    public ShapeFacts Facts => new(
        EmbeddingWidth, Vision?.Width, Vision?.Layers, Vision?.PatchSize, Vision?.PatchSize * Vision?.Grid, Text?.Width, Text?.Layers);
}
