using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Convert.Resolution;

/// <summary>A model as its result describes it.</summary>
/// <param name="Architecture">Its name in the table of architectures; null where it is in none.</param>
/// <param name="Config">Sizes, heads, activations.</param>
/// <param name="Preprocessing">How pictures are prepared.</param>
/// <param name="TextCleaning">"openai" or "huggingface"; null for the layout's own.</param>
/// <param name="Decisions">What the tensors did not tell.</param>
internal sealed record ModelDescription(
    string? Architecture, ClipConfig Config, ImagePreprocessorConfig Preprocessing, string? TextCleaning, IReadOnlyList<Decision> Decisions);
