using PureClip.Imaging;

namespace PureClip.Search;

/// <summary>Which files are pictures, by their names.</summary>
public static class PictureFiles
{
    /// <summary>The extensions of the formats that are built in, with their dots, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = ExtensionsOf(ImageFormats.BuiltIn);

    /// <summary>
    /// How names of the files usually end that decoders read, with their dots, in lower case, each once. Where a decoder does not say, the
    /// built-in formats' are among them.
    /// </summary>
    /// <param name="decoders">The decoders; the built-in ones if null.</param>
    public static IReadOnlyList<string> ExtensionsOf(IReadOnlyList<IImageDecoder>? decoders)
    {
        decoders ??= ImageFormats.BuiltIn;
        IEnumerable<string> said = decoders.SelectMany(decoder => decoder.Extensions);
        return [.. (decoders.Any(decoder => decoder.Extensions.Count == 0) ? Extensions.Concat(said) : said).Distinct()];
    }

    /// <summary>Whether a name ends as a picture's does, in whatever case.</summary>
    public static bool HasExtension(string path) => HasExtension(path, Extensions);

    /// <summary>Whether a name ends in one of these extensions, in whatever case.</summary>
    /// <param name="path">The name, or a path.</param>
    /// <param name="extensions">Extensions as <see cref="ExtensionsOf"/> gives them.</param>
    public static bool HasExtension(string path, IReadOnlyList<string> extensions) =>
        extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The pictures in a folder and all folders below it, in ordinal order. Hidden files and linked folders are passed over.
    /// </summary>
    /// <param name="folder">The folder; the paths begin with it as it is spelled.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static string[] Below(string folder) => [.. FolderScan.Of(folder).Pictures];
}

/// <summary>
/// Paths without links: two names of one folder give one path. A picture that is itself a link keeps its name, as pictures in collections
/// of links are known by it.
/// </summary>
/// <remarks>Remembers the folders that it has met, so that it is for one task, and for one thread at a time.</remarks>
public sealed class RealPaths
{
    // What the systems themselves allow before they call it a circle.
    private const int MostLinks = 40;

    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);

    /// <summary>The full path of a file, its folder without links.</summary>
    public string OfFile(string path)
    {
        string full = Path.GetFullPath(path);
        return Path.GetDirectoryName(full) is string folder ? Path.Join(OfFolder(folder), Path.GetFileName(full.AsSpan())) : full;
    }

    /// <summary>The full path of a folder without links, so far as they lead anywhere.</summary>
    public string OfFolder(string path) => OfFolder(Path.GetFullPath(Path.TrimEndingDirectorySeparator(path)), links: 0);

    private string OfFolder(string full, int links)
    {
        if (_folders.TryGetValue(full, out string? known))
            return known;
        if (Path.GetDirectoryName(full) is not string parent)
            return full;
        string here = Path.Join(OfFolder(parent, links), Path.GetFileName(full.AsSpan()));
        string real = TargetOf(here) is string target && links < MostLinks
            ? OfFolder(Path.GetFullPath(target, Path.GetDirectoryName(here)!), links + 1)
            : here;
        return _folders[full] = real;
    }

    private static string? TargetOf(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // whoever opens it will say why
        }
    }
}

/// <summary>
/// Paths of pictures as keys of an index. A picture that lies in the folder that the index lies in, or below it, is stored relative to that
/// folder, so that both can be moved together; any other is stored with its full path. Folders are separated by '/' on every system, and
/// stand without links (<see cref="RealPaths"/>): a folder with two names has its pictures once, and loses none when a link goes.
/// </summary>
public sealed class PictureKeys
{
    private string? _home; // null: every path is stored in full

    /// <summary>The keys of an index in a folder.</summary>
    /// <param name="indexPath">The index's folder.</param>
    public PictureKeys(string indexPath) => _home = HomeOf(new RealPaths().OfFolder(indexPath));

    private PictureKeys()
    {
    }

    /// <summary>Keys that are full paths, for what lies in no folder.</summary>
    public static PictureKeys InFull { get; } = new();

    /// <summary>
    /// Keys relative to a folder, for pictures in it or below: machines that see it under other names have the same keys.
    /// </summary>
    /// <param name="folder">The folder.</param>
    public static PictureKeys RelativeTo(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new() { _home = new RealPaths().OfFolder(folder) };
    }

    /// <summary>What a picture's path is stored as.</summary>
    public string KeyOf(string path) => KeyOf(path, new());

    /// <summary>What a picture's path is stored as.</summary>
    /// <param name="path">The path.</param>
    /// <param name="real">Knows the folders of other pictures already.</param>
    public string KeyOf(string path, RealPaths real)
    {
        ArgumentNullException.ThrowIfNull(real);
        string full = real.OfFile(path);
        string stored = _home is not null && IsBelow(_home, full) ? Path.GetRelativePath(_home, full) : full;
        return OperatingSystem.IsWindows() ? stored.Replace('\\', '/') : stored;
    }

    /// <summary>What is stored here for a picture that another index stores as this: no link is followed, as none was left.</summary>
    internal string KeyFrom(PictureKeys other, string key)
    {
        if (other._home == _home)
            return key;
        string full = other.FullPathOf(key);
        string stored = _home is not null && IsBelow(_home, full) ? Path.GetRelativePath(_home, full) : full;
        return OperatingSystem.IsWindows() ? stored.Replace('\\', '/') : stored;
    }

    /// <summary>The full path of a stored one.</summary>
    public string FullPathOf(string key) => _home is null ? Path.GetFullPath(key) : Path.GetFullPath(key, _home);

    /// <summary>A path that leads from the current folder to the picture: relative where it lies there or below, else in full.</summary>
    public string PathOf(string key)
    {
        string full = FullPathOf(key), here = Environment.CurrentDirectory;
        return IsBelow(here, full) ? Path.GetRelativePath(here, full) : full;
    }

    /// <summary>Whether a full path lies in a folder, however deep, or in a tar file.</summary>
    public static bool IsBelow(string folder, string fullPath)
    {
        ReadOnlySpan<char> name = Path.TrimEndingDirectorySeparator(folder.AsSpan());
        bool isRoot = Path.EndsInDirectorySeparator(name);
        return fullPath.AsSpan().StartsWith(name, StringComparison.Ordinal)
            && fullPath.Length > name.Length
            && (isRoot || fullPath[name.Length] == Path.DirectorySeparatorChar
                || (fullPath[name.Length] == TarMember.Mark && TarMember.IsTar(name)));
    }

    private static string HomeOf(string index) => Path.GetDirectoryName(index) ?? index;
}
