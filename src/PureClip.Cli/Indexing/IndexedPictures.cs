using PureClip.Search;

namespace PureClip.Cli.Indexing;

/// <summary>The entries of an index as pictures with paths.</summary>
internal sealed class IndexedPictures(EmbeddingIndex index)
{
    private readonly IndexedPaths _paths = new(index.Path);

    /// <summary>The path of an entry, from the current folder.</summary>
    public string PathOf(int entry) => _paths.ToPath(index.KeyOf(entry));

    /// <summary>The entries that lie in folders or below them, or are these files; null for all where no folder is given. A folder without any is reported.</summary>
    public HashSet<int>? Below(IReadOnlyCollection<string> folders, Shell shell)
    {
        if (folders.Count == 0)
            return null;
        string[] full = [.. Enumerable.Range(0, index.Count).Select(entry => _paths.ToFullPath(index.KeyOf(entry)))];
        HashSet<int> all = [];
        foreach (string folder in folders)
        {
            string root = Path.GetFullPath(folder);
            int[] below = [.. Enumerable.Range(0, full.Length).Where(entry => full[entry] == root || IndexedPaths.IsBelow(root, full[entry]))];
            if (below.Length == 0)
                shell.Fail($"{folder}: the index {index.Path} has no picture there.");
            all.UnionWith(below);
        }
        return all;
    }
}
