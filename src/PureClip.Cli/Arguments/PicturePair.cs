namespace PureClip.Cli.Arguments;

/// <summary>Two pictures that differ in one thing.</summary>
/// <param name="With">The picture with it.</param>
/// <param name="Without">The picture without it.</param>
/// <param name="Attribute">What it is; null where the file does not say.</param>
/// <param name="Art">Who drew them, or how; null where the file does not say.</param>
/// <param name="Trained">Whether the model was trained on such pictures; null where the file does not say.</param>
internal sealed record PicturePair(string With, string Without, string? Attribute = null, string? Art = null, bool? Trained = null);
