using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Weights that lack something which every CLIP of two towers has, or that a library has packed: what they are, in place of a list of
/// tensors.
/// </summary>
internal static class Foreign
{
    // What libraries for quantization put beside or in place of a matrix: bitsandbytes, GPTQ, AWQ, HQQ.
    private static readonly string[] OfQuantization =
        [".absmax", ".quant_map", ".SCB", ".weight_format", ".qweight", ".qzeros", ".g_idx", ".W_q", ".nested_absmax"];

    /// <summary>The refusal of a checkpoint that does not fit; null where it is not of these kinds.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="config">What it should hold.</param>
    /// <param name="match">What it holds of that.</param>
    /// <param name="names">Its bare names.</param>
    public static InvalidDataException? Refusal(string path, ClipConfig config, Matcher match, IReadOnlyCollection<string> names)
    {
        if (names.FirstOrDefault(IsOfQuantization) is string packed)
            return new(
                $"{path} holds matrices that a library for quantization has packed ({Problem.Quote(packed)}); only that library can read " +
                "them. Use the original weights of the model; they can be rounded to 8 bits when they are loaded.");
        if (names.FirstOrDefault(static name => name.StartsWith("classifier.", StringComparison.Ordinal)) is string classifier)
            return new(
                $"{path} is a model for image classification ({Problem.Quote(classifier)}): "
                + "a vision tower with classes of its own, whose " +
                "pictures no text can be compared with. Use the CLIP that it was made of, or one with both towers.");
        // A tower that was saved without its projection: its last numbers are no embedding.
        bool lacksPicture = config.Vision is not null && IsProjectionOf(match.Missing, "vision.projection", match.Dialect);
        bool lacksText = config.Text is not null && IsProjectionOf(match.Missing, "text.projection", match.Dialect);
        return match.Missing.Count == (lacksPicture ? 1 : 0) + (lacksText ? 1 : 0) && match.Missing.Count > 0 && match.Unknown.Count == 0
            ? new(
                $"{path} is a {(lacksText ? lacksPicture ? "model" : "text tower" : "vision tower")} without projection: " +
                $"{string.Join(" and ", match.Missing.Select(Problem.Quote))} {(match.Missing.Count > 1 ? "are" : "is")} missing, as " +
                "in what CLIPTextModel and CLIPVisionModel of transformers save. Its vectors are of no space that texts and pictures " +
                "share. Use the whole model, or a tower that CLIPTextModelWithProjection or CLIPVisionModelWithProjection has saved.")
            : null;
    }

    private static bool IsOfQuantization(string name) => Array.Exists(OfQuantization, end => name.EndsWith(end, StringComparison.Ordinal));

    private static bool IsProjectionOf(IReadOnlyList<string> missing, string canonical, Dialect dialect) =>
        Names.Of(canonical, dialect) is SourceName source && missing.Contains(source.Names[0]);
}
