using PureClip.Cli.Arguments;

namespace PureClip.Cli.Labelling;

/// <summary>Embeddings of background pictures: the one place that knows where they come from.</summary>
internal static class BackgroundEmbeddings
{
    /// <summary>All of them; what cannot be read is reported and left out.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="arguments">Files, folders and globs.</param>
    /// <param name="shell">Where failures are reported.</param>
    public static IReadOnlyList<float[]> Of(Clip clip, IEnumerable<string> arguments, Shell shell) =>
        [.. PictureEmbeddings.Of(clip, PictureArguments.Expand(arguments, shell), shell, streams: false).Select(picture => picture.Embedding)];
}
