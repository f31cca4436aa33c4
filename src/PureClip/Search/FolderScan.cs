using System.IO.Enumeration;

namespace PureClip.Search;

/// <summary>What of a folder is looked at.</summary>
public sealed record FolderScanOptions
{
    private static readonly bool IgnoresCase = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    /// <summary>Names of folders that are passed over with all below them, however deep; <c>*</c> and <c>?</c> stand for letters.</summary>
    public IReadOnlyList<string> ExcludedFolders { get; init; } = [];

    /// <summary>Whether hidden folders and files are looked at, too.</summary>
    public bool IncludeHidden { get; init; }

    /// <summary>How names of pictures end, in lower case with their dots: <see cref="PictureFiles.ExtensionsOf"/> the decoders in use.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = PictureFiles.Extensions;

    /// <summary>Whether a file lies in an excluded folder, by the folders that its path names.</summary>
    public bool Excludes(string path)
    {
        for (string? folder = Path.GetDirectoryName(path); folder is { Length: > 0 }; folder = Path.GetDirectoryName(folder))
            if (IsExcluded(Path.GetFileName(folder.AsSpan())))
                return true;
        return false;
    }

    internal bool IsExcluded(ReadOnlySpan<char> folder)
    {
        foreach (string name in ExcludedFolders)
            if (FileSystemName.MatchesSimpleExpression(name, folder, IgnoresCase))
                return true;
        return false;
    }
}

/// <summary>
/// What lies in a folder and in all folders below it, told by names alone. Hidden files and hidden folders do not count, nor does what
/// lies in the folder of an index; linked folders are not followed: they may lead in circles.
/// </summary>
public sealed class FolderScan
{
    private readonly List<string> _pictures = [], _linkedFolders = [];
    private readonly List<PictureFailure> _unreadable = [];
    private readonly SortedDictionary<string, int> _passedOver = new(StringComparer.Ordinal);

    private readonly FolderScanOptions _options;

    private FolderScan(FolderScanOptions options) => _options = options;

    /// <summary>The pictures, in ordinal order; the paths begin with the folder as it was spelled.</summary>
    public IReadOnlyList<string> Pictures => _pictures;

    /// <summary>
    /// How many files were passed over because their names end as no picture's that is read, by that ending: with its dot, in lower case;
    /// an empty one where there is none.
    /// </summary>
    public IReadOnlyDictionary<string, int> PassedOver => _passedOver;

    /// <summary>Linked folders, which were not entered.</summary>
    public IReadOnlyList<string> LinkedFolders => _linkedFolders;

    /// <summary>Folders that could not be read, or not to their end: what lies below them is not known.</summary>
    public IReadOnlyList<PictureFailure> Unreadable => _unreadable;

    /// <summary>Looks through a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Looked at before every name.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static FolderScan Of(string folder, CancellationToken cancellationToken = default) => Of(folder, new(), cancellationToken);

    /// <summary>Looks through a folder, but for what is excluded.</summary>
    /// <inheritdoc cref="Of(string, CancellationToken)"/>
    /// <param name="folder">The folder; its own name is not looked at.</param>
    /// <param name="options">What is looked at.</param>
    /// <param name="cancellationToken">Looked at before every name.</param>
    public static FolderScan Of(string folder, FolderScanOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: there is no such folder.");
        FolderScan scan = new(options);
        Stack<string> left = new([folder]);
        while (left.TryPop(out string? next))
            scan.Enter(next, left, cancellationToken);
        scan._pictures.Sort(StringComparer.Ordinal);
        return scan;
    }

    private void Enter(string folder, Stack<string> left, CancellationToken cancellationToken)
    {
        List<string> others = [];
        try
        {
            foreach ((string path, bool isFolder, bool isLink) in Entries(folder, _options.IncludeHidden))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (isFolder && isLink)
                    _linkedFolders.Add(path);
                else if (isFolder && !_options.IsExcluded(Path.GetFileName(path.AsSpan())))
                    left.Push(path);
                else if (isFolder)
                    continue;
                else
                    (PictureFiles.HasExtension(path, _options.Extensions) ? _pictures : others).Add(path);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // deleted since it was listed
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unreadable.Add(new(folder, e));
        }
        if (EmbeddingIndex.Exists(folder))
            return;
        foreach (string other in others)
        {
            string ending = Path.GetExtension(other).ToLowerInvariant();
            _passedOver[ending] = _passedOver.GetValueOrDefault(ending) + 1;
        }
    }

    private static FileSystemEnumerable<(string Path, bool IsFolder, bool IsLink)> Entries(string folder, bool withHidden) => new(
        folder,
        (ref FileSystemEntry entry) => (
            entry.ToSpecifiedFullPath(),
            entry.IsDirectory,
            entry.IsDirectory && entry.Attributes.HasFlag(FileAttributes.ReparsePoint)),
        new EnumerationOptions
        {
            IgnoreInaccessible = false,
            AttributesToSkip = withHidden ? FileAttributes.System : FileAttributes.Hidden | FileAttributes.System,
        });
}
