using System.IO.Enumeration;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>
/// The files of a pattern: a path with <c>*</c> and <c>?</c> within a name and <c>**</c> for any number of folders. Hidden files and folders
/// and linked folders are passed over, as when a folder is searched.
/// </summary>
internal sealed class Glob
{
    private const string AnyFolders = "**";

    private static readonly char[] Wildcards = ['*', '?'];

    // What cannot be read is to be known.
    private static readonly EnumerationOptions Shallow = new() { IgnoreInaccessible = false };

    private static readonly bool IgnoresCase = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    private readonly SortedSet<string> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Exception> _unreadable = new(StringComparer.Ordinal);
    private readonly CancellationToken _cancellation;

    private Glob(CancellationToken cancellation) => _cancellation = cancellation;

    /// <summary>The files, each once, in ordinal order.</summary>
    public IReadOnlyCollection<string> Files => _files;

    /// <summary>Folders that could not be looked into, and why.</summary>
    public IReadOnlyCollection<PictureFailure> Unreadable =>
        [.. _unreadable.Select(static folder => new PictureFailure(folder.Key, folder.Value))];

    /// <summary>Whether a path has a wildcard.</summary>
    public static bool IsPattern(string path) => path.IndexOfAny(Wildcards) >= 0;

    /// <summary>Looks for the files that a pattern matches.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="cancellation">Looked at before every folder.</param>
    public static Glob Of(string pattern, CancellationToken cancellation)
    {
        Glob glob = new(cancellation);
        string root = Path.GetPathRoot(pattern) ?? "";
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        glob.Expand(root, pattern[root.Length..].Split(separators, StringSplitOptions.RemoveEmptyEntries));
        return glob;
    }

    private void Expand(string folder, ReadOnlySpan<string> segments)
    {
        string name = segments[0];
        ReadOnlySpan<string> rest = segments[1..];
        if (name == AnyFolders)
            ExpandAnyFolders(folder, rest);
        else if (!IsPattern(name))
            Continue(Path.Combine(folder, name), rest);
        else
            foreach (string entry in Names(folder, files: rest.IsEmpty))
                if (FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(entry.AsSpan()), IgnoresCase))
                    Continue(entry, rest);
    }

    private void ExpandAnyFolders(string folder, ReadOnlySpan<string> rest)
    {
        if (rest.IsEmpty)
            _files.UnionWith(Names(folder, files: true));
        else
            Expand(folder, rest);
        foreach (string below in Names(folder, files: false))
            if (!File.GetAttributes(below).HasFlag(FileAttributes.ReparsePoint)) // links may lead in circles
                ExpandAnyFolders(below, rest);
    }

    private void Continue(string path, ReadOnlySpan<string> rest)
    {
        if (!rest.IsEmpty)
            Expand(path, rest);
        else if (File.Exists(path))
            _files.Add(path);
    }

    /// <summary>What lies in a folder; nothing where it is not there or cannot be read.</summary>
    private List<string> Names(string folder, bool files)
    {
        _cancellation.ThrowIfCancellationRequested();
        string here = folder.Length > 0 ? folder : ".";
        if (!Directory.Exists(here))
            return [];
        try
        {
            IEnumerable<string> entries = files
                ? Directory.EnumerateFiles(here, "*", Shallow)
                : Directory.EnumerateDirectories(here, "*", Shallow);
            return [.. folder.Length > 0 ? entries : entries.Select(entry => Path.GetFileName(entry))]; // "a.png", not "./a.png"
        }
        catch (DirectoryNotFoundException)
        {
            return []; // deleted since it was listed
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unreadable[here] = e;
            return [];
        }
    }
}
