using PureClip.Search;

namespace PureClip.Cli.Indexing;

/// <summary>
/// Paths in an index. A picture that lies in the folder that the index lies in, or below it, is stored relative to that folder, so that both can be moved
/// together; any other is stored with its full path. Folders are separated by '/' on every system.
/// </summary>
/// <param name="index">The index's folder.</param>
internal sealed class IndexedPaths(string index)
{
    private readonly string _home = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(index))) ?? Path.GetFullPath(index);
    private readonly string _here = Environment.CurrentDirectory;

    /// <summary>What a picture's path is stored as.</summary>
    public string ToKey(string path)
    {
        string full = Path.GetFullPath(path);
        string stored = IsBelow(_home, full) ? Path.GetRelativePath(_home, full) : full;
        return OperatingSystem.IsWindows() ? stored.Replace('\\', '/') : stored;
    }

    /// <summary>The full path of a stored one.</summary>
    public string ToFullPath(string key) => Path.GetFullPath(key, _home);

    /// <summary>A path that leads from the current folder to the picture: relative where it lies there or below, else in full.</summary>
    public string ToPath(string key)
    {
        string full = ToFullPath(key);
        return IsBelow(_here, full) ? Path.GetRelativePath(_here, full) : full;
    }

    /// <summary>Whether a full path lies in a folder, however deep.</summary>
    public static bool IsBelow(string folder, string fullPath)
    {
        ReadOnlySpan<char> name = Path.TrimEndingDirectorySeparator(folder.AsSpan());
        bool isRoot = Path.EndsInDirectorySeparator(name);
        return fullPath.AsSpan().StartsWith(name, StringComparison.Ordinal)
            && fullPath.Length > name.Length && (isRoot || fullPath[name.Length] == Path.DirectorySeparatorChar);
    }
}

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
