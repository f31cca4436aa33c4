using System.IO.Enumeration;
using PureClip.Imaging;

namespace PureClip.Search;

/// <summary>Which files are pictures, by their names.</summary>
public static class PictureFiles
{
    /// <summary>The extensions of the formats that are built in, with their dots, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [.. ImageFormats.BuiltIn.SelectMany(format => format.Extensions)];

    /// <summary>Whether a name ends as a picture's does, in whatever case.</summary>
    public static bool HasExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The pictures in a folder and all folders below it, in ordinal order. Hidden files and linked folders are passed over.
    /// </summary>
    /// <param name="folder">The folder; the paths begin with it as it is spelled.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static string[] Below(string folder)
    {
        FileSystemEnumerable<string> files = new(
            folder,
            (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            // links may lead in circles
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        return [.. files.Where(HasExtension).Order(StringComparer.Ordinal)];
    }
}

/// <summary>
/// Paths of pictures as keys of an index. A picture that lies in the folder that the index lies in, or below it, is stored relative to that
/// folder, so that both can be moved together; any other is stored with its full path. Folders are separated by '/' on every system.
/// </summary>
/// <param name="indexPath">The index's folder.</param>
public sealed class PictureKeys(string indexPath)
{
    private readonly string _home = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(indexPath)))
        ?? Path.GetFullPath(indexPath);

    /// <summary>What a picture's path is stored as.</summary>
    public string KeyOf(string path)
    {
        string full = Path.GetFullPath(path);
        string stored = IsBelow(_home, full) ? Path.GetRelativePath(_home, full) : full;
        return OperatingSystem.IsWindows() ? stored.Replace('\\', '/') : stored;
    }

    /// <summary>The full path of a stored one.</summary>
    public string FullPathOf(string key) => Path.GetFullPath(key, _home);

    /// <summary>A path that leads from the current folder to the picture: relative where it lies there or below, else in full.</summary>
    public string PathOf(string key)
    {
        string full = FullPathOf(key), here = Environment.CurrentDirectory;
        return IsBelow(here, full) ? Path.GetRelativePath(here, full) : full;
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
