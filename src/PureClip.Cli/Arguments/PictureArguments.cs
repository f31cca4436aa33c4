using PureClip.Imaging;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>Files, folders and globs on a command line to the pictures that they stand for.</summary>
internal static class PictureArguments
{
    // More kinds of files than these are told as "others".
    private const int MostEndings = 8;

    // What people take for pictures beside those that are read: of other files, a note would be noise.
    private static readonly HashSet<string> OtherPictures = new(StringComparer.Ordinal)
    {
        ".heic", ".heif", ".hif", ".avif", ".jxl", ".jp2", ".j2k", ".jpx", ".jpf", ".tif", ".tiff", ".svg", ".svgz", ".psd", ".psb",
        ".xcf", ".kra", ".ico", ".cur", ".icns", ".tga", ".pcx", ".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".exr", ".hdr", ".dds", ".qoi",
        ".eps", ".ai", ".wmf", ".emf", ".mng", ".jng", ".jxr", ".wdp", ".bpg", ".flif", ".xpm", ".xbm", ".ras", ".sgi",
        ".fits", ".dcm", ".djvu", ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".orf", ".raf", ".rw2",
        ".pef", ".srw", ".raw", ".x3f", ".3fr", ".iiq", ".rwl", ".mrw", ".erf", ".kdc", ".dcr", ".gpr", ".pdf", ".mp4", ".m4v", ".mov",
        ".avi", ".mkv", ".webm", ".3gp", ".mts", ".insp", ".pct", ".pict", ".jpm", ".jls",
    };

    /// <summary>What a help text says about the arguments.</summary>
    public static string Description { get; } =
        $"Pictures: files, folders (with all folders below them: {PictureFormats.Endings}) or globs ('photos/**/*.png', quoted). "
        + "Hidden files and linked folders are passed over; --include-hidden and --exclude-dir choose otherwise.";

    /// <summary>
    /// The pictures, in the order of the arguments; within a folder or a glob in ordinal order. A file that several arguments stand for is
    /// taken once, as the first of them spells it. What is not there or cannot be read is reported and skipped; what was passed over and
    /// could be taken for a picture, said.
    /// </summary>
    /// <param name="arguments">What the user named.</param>
    /// <param name="shell">Who is told.</param>
    /// <param name="said">Takes the sentences of what was passed over, to be said elsewhere; null for now.</param>
    /// <param name="listed">More of them, in which nothing stands for anything else; null for none.</param>
    /// <param name="takesTars">Whether a tar file that is named is taken, for the pictures in it.</param>
    public static List<string> Expand(
        IEnumerable<string> arguments, Shell shell, List<string>? said = null, IReadOnlyList<string>? listed = null, bool takesTars = false)
    {
        List<string> pictures = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        RealPaths real = new();
        PassedOver passedOver = new();
        void Take(string argument, bool mayBeGlob)
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            pictures.AddRange(Find(argument, passedOver, shell, mayBeGlob, takesTars).Where(picture => taken.Add(real.OfFile(picture))));
        }
        foreach (string argument in arguments)
            Take(argument, mayBeGlob: true);
        foreach (string path in listed ?? [])
            Take(path, mayBeGlob: false);
        shell.Found.ExceptWith(listed is null ? arguments : arguments.Concat(listed));
        Say(passedOver.Sentences(), shell, said);
        if (shell.ShowsPreviews && pictures.Count(PictureFormats.IsRaw) is > 0 and int raw)
            shell.Note($"{raw} {(raw == 1 ? "raw file of a camera is" : "raw files of cameras are")} shown by the preview inside.");
        return pictures;
    }

    /// <summary>Says what an update has passed over in tar files.</summary>
    /// <param name="update">What has come of it.</param>
    /// <param name="shell">Who is told.</param>
    /// <param name="said">Takes the sentences, to be said elsewhere; null for now.</param>
    public static void TellOfTars(FolderUpdate update, Shell shell, List<string>? said)
    {
        PassedOver others = new();
        foreach ((string ending, int count) in update.PassedOver)
            others.Add(ending, count);
        IEnumerable<string> sentences = others.Sentences();
        if (update.PassedOverInTars.Count > 0)
            sentences = sentences.Append("Passed over in tar files: "
                + string.Join(", ", update.PassedOverInTars.Select(kind => $"{kind.Value} x {kind.Key}")) + ".");
        Say(sentences, shell, said);
    }

    private static void Say(IEnumerable<string> sentences, Shell shell, List<string>? said)
    {
        foreach (string sentence in sentences)
            if (said is null)
                shell.Note(sentence);
            else
                said.Add(sentence);
    }

    /// <summary>
    /// Reports a picture that could not be used. What a folder or a glob stands for and is no picture, whatever its name says, nobody has
    /// asked for: where the rest is as good an answer, it is passed over as files of other formats are, and said.
    /// </summary>
    public static void Report(string path, Exception reason, Shell shell, bool mayPassOver)
    {
        if (mayPassOver && shell.Found.Contains(path) && reason is InvalidDataException && IsNoPicture(path))
            shell.Note($"passed over: {Failures.About(path, reason, shell.Command)}");
        else
            shell.Miss(path, reason);
    }

    private static bool IsNoPicture(string path)
    {
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: > 0 })
                return false; // a pipe, for instance, which must not be opened
            using FileStream file = File.OpenRead(path);
            byte[] head = new byte[ImageFormats.HeadBytes];
            int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return ImageFormats.Find(head.AsSpan(0, read), PictureFormats.Decoders) is null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static IReadOnlyList<string> Find(string argument, PassedOver passedOver, Shell shell, bool mayBeGlob, bool takesTars)
    {
        if (Directory.Exists(argument))
        {
            FolderScan scan = FolderScan.Of(argument, ScanOf(shell), shell.Cancellation);
            passedOver.Add(argument, scan);
            foreach ((string folder, Exception reason) in scan.Unreadable)
                FailFolder(folder, reason, shell);
            if (scan.Pictures.Count == 0 && scan.Unreadable.Count == 0)
                shell.Fail(WhyNothing(argument));
            shell.Found.UnionWith(scan.Pictures);
            return scan.Pictures;
        }
        if (File.Exists(argument))
        {
            if (takesTars || !TarMember.IsTar(argument))
                return [argument];
            shell.Fail($"{argument}: pictures in tar files are searchable once they are indexed: "
                + $"'pureclip index {Failures.Quoted(argument)}'.");
            return [];
        }
        if (!mayBeGlob || !Glob.IsPattern(argument))
        {
            shell.Fail(WhyNothing(argument, mayBeGlob));
            return [];
        }
        FolderScanOptions rules = ScanOf(shell);
        Glob glob = Glob.Of(argument, shell.Cancellation);
        bool wantsTars = takesTars && TarMember.IsTar(argument);
        bool IsPicture(string path) => PictureFiles.HasExtension(path, rules.Extensions) || (wantsTars && TarMember.IsTar(path));
        string[] pictures = [.. glob.Files.Where(IsPicture).Where(path => !rules.Excludes(path))];
        passedOver.Add(glob.Files.Where(file => !IsPicture(file)));
        foreach ((string folder, Exception reason) in glob.Unreadable)
            FailFolder(folder, reason, shell);
        if (pictures.Length == 0 && glob.Unreadable.Count == 0)
            shell.Fail(WhyNothing(argument));
        shell.Found.UnionWith(pictures);
        return pictures;
    }

    private static FolderScanOptions ScanOf(Shell shell) => new()
    {
        ExcludedFolders = shell.ExcludedFolders,
        IncludeHidden = shell.IncludesHidden,
        Extensions = shell.ShowsPreviews ? PictureFormats.ExtensionsWithPreviews : PictureFormats.Extensions,
    };

    private static void FailFolder(string folder, Exception reason, Shell shell) =>
        shell.Fail($"{folder}: this folder cannot be read ({Failures.Describe(reason).TrimEnd('.')}).");

    private static string WhyNothing(string argument, bool mayBeGlob = true)
    {
        if (string.IsNullOrWhiteSpace(argument))
            return $"\"{argument}\": a path cannot be empty; is a variable not set?";
        if (Directory.Exists(argument))
            return $"{argument}: there is no picture in this folder or below it ({PictureFormats.Endings}).";
        return mayBeGlob && Glob.IsPattern(argument)
            ? $"{argument}: no picture matches ({PictureFormats.Endings})."
            : $"{argument}: there is no such file or folder.";
    }

    /// <summary>What folders and globs hold beside pictures that are read.</summary>
    private sealed class PassedOver
    {
        private readonly SortedDictionary<string, int> _files = new(StringComparer.Ordinal);
        private readonly List<string> _linkedFolders = [], _folders = [];

        public void Add(string ending, int count)
        {
            if (OtherPictures.Contains(ending))
                _files[ending] = _files.GetValueOrDefault(ending) + count;
        }

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

        private string Kinds()
        {
            KeyValuePair<string, int>[] kinds = [.. _files.OrderByDescending(kind => kind.Value)];
            IEnumerable<string> named = kinds.Take(MostEndings)
                .Select(kind => $"{kind.Value} {kind.Key}");
            int others = kinds.Skip(MostEndings).Sum(kind => kind.Value);
            return string.Join(", ", others > 0 ? named.Append(others == 1 ? "1 other" : $"{others} others") : named);
        }
    }
}
