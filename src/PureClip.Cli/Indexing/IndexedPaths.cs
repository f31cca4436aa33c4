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
