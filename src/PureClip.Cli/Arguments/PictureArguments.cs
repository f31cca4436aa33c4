using System.IO.Enumeration;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>Files, folders and globs on a command line to the pictures that they stand for.</summary>
internal static class PictureArguments
{
    private static readonly string Endings = string.Join(", ", PictureFiles.Extensions.Select(extension => extension[1..]));

    /// <summary>What a help text says about the arguments.</summary>
    public static string Description { get; } =
        $"Pictures: files, folders (with all folders below them: {Endings}) or globs ('photos/**/*.png', quoted). "
        + "Hidden files and linked folders are passed over.";

    /// <summary>
    /// The pictures, in the order of the arguments; within a folder or a glob in ordinal order. A file that several arguments stand for is
    /// taken once, as the first of them spells it. What is not there is reported and skipped.
    /// </summary>
    public static List<string> Expand(IEnumerable<string> arguments, Shell shell)
    {
        List<string> pictures = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (string argument in arguments)
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            string[] found = Find(argument);
            if (found.Length == 0)
                shell.Fail(WhyNothing(argument));
            pictures.AddRange(found.Where(picture => taken.Add(Path.GetFullPath(picture))));
        }
        return pictures;
    }

    private static string[] Find(string argument)
    {
        if (File.Exists(argument))
            return [argument];
        if (Directory.Exists(argument))
            return PictureFiles.Below(argument);
        return Glob.IsPattern(argument) ? [.. Glob.Expand(argument).Where(PictureFiles.HasExtension)] : [];
    }

    private static string WhyNothing(string argument)
    {
        if (Directory.Exists(argument))
            return $"{argument}: there is no picture in this folder or below it ({Endings}).";
        return Glob.IsPattern(argument)
            ? $"{argument}: no picture matches ({Endings})."
            : $"{argument}: there is no such file or folder.";
    }
}

/// <summary>
/// Paths with <c>*</c> and <c>?</c> within a name and <c>**</c> for any number of folders. Hidden files and folders and linked folders are
/// passed over, as when a folder is searched.
/// </summary>
internal static class Glob
{
    private const string AnyFolders = "**";

    private static readonly char[] Wildcards = ['*', '?'];

    private static readonly EnumerationOptions Shallow = new() { IgnoreInaccessible = true };

    private static readonly bool IgnoresCase = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    /// <summary>Whether a path has a wildcard.</summary>
    public static bool IsPattern(string path) => path.IndexOfAny(Wildcards) >= 0;

    /// <summary>The files that a pattern matches, each once, in ordinal order.</summary>
    public static IReadOnlyCollection<string> Expand(string pattern)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        string root = Path.GetPathRoot(pattern) ?? "";
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        string[] segments = pattern[root.Length..].Split(separators, StringSplitOptions.RemoveEmptyEntries);
        Expand(root, segments, found);
        return found;
    }

    /// <summary>Every file below a folder, in no order.</summary>
    public static IEnumerable<string> FilesBelow(string folder) => new FileSystemEnumerable<string>(
        folder,
        (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
        new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
        // Links may lead in circles.
        ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
    };

    private static void Expand(string folder, ReadOnlySpan<string> segments, SortedSet<string> found)
    {
        string name = segments[0];
        ReadOnlySpan<string> rest = segments[1..];
        if (name == AnyFolders)
            ExpandAnyFolders(folder, rest, found);
        else if (!IsPattern(name))
            Continue(Path.Combine(folder, name), rest, found);
        else
            foreach (string entry in Names(folder, files: rest.IsEmpty))
                if (FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(entry.AsSpan()), IgnoresCase))
                    Continue(entry, rest, found);
    }

    private static void ExpandAnyFolders(string folder, ReadOnlySpan<string> rest, SortedSet<string> found)
    {
        if (!Directory.Exists(Here(folder)))
            return;
        if (rest.IsEmpty)
        {
            found.UnionWith(FilesBelow(Here(folder)));
            return;
        }
        Expand(folder, rest, found);
        foreach (string below in Names(folder, files: false))
            if (!File.GetAttributes(below).HasFlag(FileAttributes.ReparsePoint))
                ExpandAnyFolders(below, rest, found);
    }

    private static void Continue(string path, ReadOnlySpan<string> rest, SortedSet<string> found)
    {
        if (!rest.IsEmpty)
            Expand(path, rest, found);
        else if (File.Exists(path))
            found.Add(path);
    }

    private static IEnumerable<string> Names(string folder, bool files)
    {
        string here = Here(folder);
        if (!Directory.Exists(here))
            return [];
        IEnumerable<string> entries = files
            ? Directory.EnumerateFiles(here, "*", Shallow)
            : Directory.EnumerateDirectories(here, "*", Shallow);
        return folder.Length > 0 ? entries : entries.Select(entry => Path.GetFileName(entry)); // "*.png" gives "a.png", not "./a.png"
    }

    private static string Here(string folder) => folder.Length > 0 ? folder : ".";
}
