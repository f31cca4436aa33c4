using PureClip.Cli.Output;

namespace PureClip.Cli;

/// <summary>Embeddings of many pictures for a command: broken ones are reported and skipped, progress is shown.</summary>
internal static class PictureEmbeddings
{
    /// <summary>One picture after the other as they are done, in the order given.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="paths">The pictures.</param>
    /// <param name="shell">Where failures are reported.</param>
    /// <param name="streams">Whether results appear on standard output meanwhile.</param>
    public static IEnumerable<(string Path, float[] Embedding)> Of(Clip clip, IReadOnlyList<string> paths, Shell shell, bool streams)
    {
        if (paths.Count == 0)
            yield break;
        using ProgressLine progress = shell.StartProgress(paths.Count, "pictures", streams);
        ImageSource[] sources = [.. paths.Select(ImageSource.FromFile)];
        foreach (ImageResult result in clip.TryEncodeImages(sources, shell.Cancellation))
        {
            string path = paths[result.Index];
            if (result.Embedding is null)
                shell.Fail(Failures.About(path, result.Failure!.SourceException));
            else
                yield return (path, result.Embedding);
            progress.Report(result.Index + 1);
        }
    }
}
