using System.IO.Enumeration;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>Files, folders and globs on a command line to the pictures that they stand for.</summary>
internal static class PictureArguments
{
    // More kinds of files than these are told as "others".
    private const int MostEndings = 6;

    private static readonly string Endings = string.Join(", ", PictureFiles.Extensions.Select(extension => extension[1..]));

    /// <summary>What a help text says about the arguments.</summary>
    public static string Description { get; } =
        $"Pictures: files, folders (with all folders below them: {Endings}) or globs ('photos/**/*.png', quoted). "
        + "Hidden files and linked folders are passed over.";

    /// <summary>
    /// The pictures, in the order of the arguments; within a folder or a glob in ordinal order. A file that several arguments stand for is
    /// taken once, as the first of them spells it. What is not there or cannot be read is reported and skipped; what was passed over, said.
    /// </summary>
    public static List<string> Expand(IEnumerable<string> arguments, Shell shell)
    {
        List<string> pictures = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        RealPaths real = new();
        PassedOver passedOver = new();
        foreach (string argument in arguments)
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            pictures.AddRange(Find(argument, passedOver, shell).Where(picture => taken.Add(real.OfFile(picture))));
        }
        foreach (string sentence in passedOver.Sentences())
            shell.Note(sentence);
        return pictures;
    }

    private static IReadOnlyList<string> Find(string argument, PassedOver passedOver, Shell shell)
    {
        if (Directory.Exists(argument))
        {
            FolderScan scan = FolderScan.Of(argument, shell.Cancellation);
            passedOver.Add(argument, scan);
            foreach ((string folder, Exception reason) in scan.Unreadable)
                shell.Fail($"{folder}: this folder cannot be read ({Failures.Describe(reason).TrimEnd('.')}).");
            if (scan.Pictures.Count == 0 && scan.Unreadable.Count == 0)
                shell.Fail(WhyNothing(argument));
            return scan.Pictures;
        }
        if (File.Exists(argument))
            return [argument];
        string[] files = Glob.IsPattern(argument) ? [.. Glob.Expand(argument)] : [];
        string[] pictures = [.. files.Where(PictureFiles.HasExtension)];
        passedOver.Add(files.Where(file => !PictureFiles.HasExtension(file)));
        if (pictures.Length == 0)
            shell.Fail(WhyNothing(argument));
        return pictures;
    }

    private static string WhyNothing(string argument)
    {
        if (string.IsNullOrWhiteSpace(argument))
            return $"\"{argument}\": a path cannot be empty; is a variable not set?";
        if (Directory.Exists(argument))
            return $"{argument}: there is no picture in this folder or below it ({Endings}).";
        return Glob.IsPattern(argument)
            ? $"{argument}: no picture matches ({Endings})."
            : $"{argument}: there is no such file or folder.";
    }

    /// <summary>What folders and globs hold beside pictures.</summary>
    private sealed class PassedOver
    {
        private readonly SortedDictionary<string, int> _files = new(StringComparer.Ordinal);
        private readonly List<string> _linkedFolders = [], _folders = [];

        public void Add(string folder, FolderScan scan)
        {
            string full = Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder));
            if (_folders.Exists(other => full == other || PictureKeys.IsBelow(other, full)))
                return; // said already
            _folders.Add(full);
            foreach ((string ending, int count) in scan.PassedOver)
                Add(ending, count);
            _linkedFolders.AddRange(scan.LinkedFolders);
        }

        public void Add(IEnumerable<string> files)
        {
            foreach (string file in files)
                Add(Path.GetExtension(file).ToLowerInvariant(), 1);
        }

        public IEnumerable<string> Sentences()
        {
            int files = _files.Values.Sum(), folders = _linkedFolders.Count;
            if (files > 0)
                yield return $"{files} {(files == 1 ? "file of another format" : "files of other formats")} passed over: {Kinds()}.";
            if (folders > 0)
                yield return $"{folders} linked {(folders == 1 ? "folder" : "folders")} passed over: {_linkedFolders[0]}"
                    + (folders > 1 ? ", …" : ".");
        }

        private void Add(string ending, int count) => _files[ending] = _files.GetValueOrDefault(ending) + count;

        private string Kinds()
        {
            KeyValuePair<string, int>[] kinds = [.. _files.OrderByDescending(kind => kind.Value)];
            IEnumerable<string> named = kinds.Take(MostEndings)
                .Select(kind => $"{kind.Value} {(kind.Key.Length > 0 ? kind.Key : "without an ending")}");
            int others = kinds.Skip(MostEndings).Sum(kind => kind.Value);
            return string.Join(", ", others > 0 ? named.Append($"{others} others") : named);
        }
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
