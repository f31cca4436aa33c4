using System.Numerics.Tensors;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli;

/// <summary>Pictures with their vectors: those of an index, or computed now. Each is an entry of <see cref="Index"/>.</summary>
internal sealed class PictureSet : IDisposable
{
    private readonly Func<int, string> _pathOf;

    private PictureSet(EmbeddingIndex index, int[] entries, Func<int, string> pathOf)
    {
        (Index, Entries, _pathOf) = (index, entries, pathOf);
        HashSet<int> chosen = [.. entries];
        Filter = entries.Length < index.Count ? chosen.Contains : null;
    }

    /// <summary>The vectors.</summary>
    public EmbeddingIndex Index { get; }

    /// <summary>The entries that were chosen, ascending.</summary>
    public int[] Entries { get; }

    /// <summary>Which entries were chosen; null for all.</summary>
    public Func<int, bool>? Filter { get; }

    /// <summary>Those of an index.</summary>
    /// <param name="index">Is disposed with the set.</param>
    /// <param name="folders">Only those below these; all where there are none.</param>
    /// <param name="shell">Told of folders without any.</param>
    public static PictureSet Of(FolderIndex index, string[] folders, Shell shell)
    {
        IEnumerable<int> entries = Below(index, folders, shell)?.Order() ?? Enumerable.Range(0, index.Index.Count);
        return new(index.Index, [.. entries], entry => index.PathOf(index.Index.KeyOf(entry)));
    }

    /// <summary>Those of a folder, from the index that is kept of it.</summary>
    /// <param name="kept">Is disposed with the set.</param>
    public static PictureSet Of(KeptIndex kept) => new(kept.Index, kept.Entries, kept.PathOf);

    /// <summary>Computes them; broken pictures are reported and left out.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="pictures">Their paths.</param>
    /// <param name="runtime">Who compares.</param>
    /// <param name="hashes">Whether it must be known which files are equal byte for byte; those of a size of their own are not read for
    /// it.</param>
    /// <param name="shell">Told of broken pictures.</param>
    public static PictureSet Of(Clip clip, List<string> pictures, Runtime runtime, bool hashes, Shell shell)
    {
        List<string> paths = [];
        List<float[]> vectors = [];
        foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, pictures, shell, streams: false, mayPassOver: true))
        {
            paths.Add(path);
            vectors.Add(embedding);
        }
        long?[] sizes = [.. paths.Select(BytesOf)];
        HashSet<long> shared = [.. sizes.OfType<long>().CountBy(size => size).Where(size => size.Value > 1).Select(size => size.Key)];
        UInt128 HashOfShared(int picture) =>
            hashes && sizes[picture] is long size && shared.Contains(size) ? HashOf(paths[picture], shell) : default;
        IEnumerable<IndexEntry> entries = paths.Select((path, i) => new IndexEntry(path, sizes[i] ?? 0, ContentHash: HashOfShared(i)));
        EmbeddingIndex index = EmbeddingIndex.FromEntries([.. entries], vectors, clip.Space, options: new() { Runtime = runtime });
        return new(index, [.. Enumerable.Range(0, index.Count)], index.KeyOf);
    }

    /// <summary>
    /// The entries that lie in folders or below them, or are these files; null for all where no folder is given. A folder without any is
    /// reported.
    /// </summary>
    public static HashSet<int>? Below(FolderIndex index, IReadOnlyCollection<string> folders, Shell shell)
    {
        if (folders.Count == 0)
            return null;
        HashSet<int> all = [];
        foreach (string folder in folders)
        {
            int[] below = index.EntriesBelow(folder);
            if (below.Length == 0)
                shell.Fail($"{folder}: the index {index.Index.Path} has no picture there.");
            all.UnionWith(below);
        }
        return all;
    }

    /// <summary>A picture's path.</summary>
    public string PathOf(int entry) => _pathOf(entry);

    /// <summary>A picture's vector, of length 1; one of zeros stays that.</summary>
    public float[] Direction(int entry)
    {
        float[] vector = new float[Index.Width];
        Index.CopyVector(entry, vector);
        float norm = TensorPrimitives.Norm<float>(vector);
        if (norm > 0f)
            TensorPrimitives.Divide(vector, norm, vector);
        return vector;
    }

    /// <summary>Bytes of a file; null where it is gone.</summary>
    public static long? BytesOf(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? file.Length : null; // of one in a tar file, none of its own
    }

    /// <inheritdoc/>
    public void Dispose() => Index.Dispose();

    /// <summary>A file that cannot be read is reported and equals no other.</summary>
    private static UInt128 HashOf(string path, Shell shell)
    {
        shell.Cancellation.ThrowIfCancellationRequested();
        try
        {
            return ContentHash.OfFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            shell.Fail(Failures.About(path, e, shell.Command));
            return default;
        }
    }
}

/// <summary>Embeddings of many pictures for a command: broken ones are reported and skipped, progress is shown.</summary>
internal static class PictureEmbeddings
{
    /// <summary>One picture after the other as they are done, in the order given.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="paths">The pictures.</param>
    /// <param name="shell">Where failures are reported.</param>
    /// <param name="streams">Whether results appear on standard output meanwhile.</param>
    /// <param name="mayPassOver">
    /// Whether the answer is about whatever pictures there are, so that it lacks nothing where a file in a folder turns out to be none.
    /// </param>
    public static IEnumerable<(string Path, float[] Embedding)> Of(
        Clip clip, IReadOnlyList<string> paths, Shell shell, bool streams, bool mayPassOver = false)
    {
        if (paths.Count == 0)
            yield break;
        PhotographNotice.Give(clip, paths, shell);
        using ProgressLine progress = shell.StartProgress(paths.Count, "pictures", streams);
        ImageSource[] sources = [.. paths.Select(ImageSource.FromFile)];
        foreach (ImageResult result in clip.EncodeEach(sources, shell.Cancellation))
        {
            string path = paths[result.Index];
            if (result.Error is not null)
                PictureArguments.Report(path, result.Error, shell, mayPassOver);
            else
            {
                shell.Count(1);
                yield return (path, result.Embedding);
            }
            progress.Report(result.Index + 1);
        }
    }
}
