using PureClip.Search;

namespace PureClip.Cli.Indexing;

/// <summary>Removes entries whose files are gone.</summary>
/// <param name="writer">The index.</param>
/// <param name="paths">How it names pictures.</param>
/// <param name="shell">Tells when the user interrupts.</param>
internal sealed class VanishedPictures(EmbeddingIndexWriter writer, IndexedPaths paths, Shell shell)
{
    /// <summary>Removes every entry whose file is gone, wherever it was.</summary>
    /// <returns>How many.</returns>
    public int RemoveAll() => Remove(_ => true);

    /// <summary>
    /// Removes the entries whose files were in some folders and are gone. A folder in which no picture was found is passed over: more likely its disk is not
    /// there than that every picture was deleted.
    /// </summary>
    /// <param name="arguments">What the user has named; what is no folder is passed over.</param>
    /// <param name="found">The pictures that were found.</param>
    /// <returns>How many.</returns>
    public int RemoveBelow(IEnumerable<string> arguments, IReadOnlyList<string> found)
    {
        string[] pictures = [.. found.Select(Path.GetFullPath)];
        string[] folders = [.. arguments.Where(Directory.Exists).Select(Path.GetFullPath)
            .Where(folder => pictures.Any(picture => IndexedPaths.IsBelow(folder, picture)))];
        HashSet<string> present = [.. pictures];
        return Remove(path => !present.Contains(path) && folders.Any(folder => IndexedPaths.IsBelow(folder, path)));
    }

    private int Remove(Func<string, bool> concerns)
    {
        int removed = 0;
        foreach (string key in writer.Keys.ToArray())
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            string path = paths.ToFullPath(key);
            if (concerns(path) && !File.Exists(path) && writer.Remove(key))
                removed++;
        }
        return removed;
    }
}
