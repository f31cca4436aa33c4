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
        string stored = RelativeTo(_home, full) ?? full;
        return OperatingSystem.IsWindows() ? stored.Replace('\\', '/') : stored;
    }

    /// <summary>A path that leads from the current folder to the picture: relative where it lies there or below, else in full.</summary>
    public string ToPath(string key)
    {
        string full = Path.GetFullPath(key, _home);
        return RelativeTo(_here, full) ?? full;
    }

    /// <summary>The path from a folder to what lies below it, or null.</summary>
    private static string? RelativeTo(string folder, string path)
    {
        string relative = Path.GetRelativePath(folder, path);
        bool isBelow = !Path.IsPathRooted(relative) && relative != "." && relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return isBelow ? relative : null;
    }
}
