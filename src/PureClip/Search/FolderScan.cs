using System.IO.Enumeration;

namespace PureClip.Search;

/// <summary>
/// What lies in a folder and in all folders below it, told by names alone. Hidden files and hidden folders do not count, nor does what
/// lies in the folder of an index; linked folders are not followed: they may lead in circles.
/// </summary>
public sealed class FolderScan
{
    private readonly List<string> _pictures = [], _linkedFolders = [];
    private readonly List<PictureFailure> _unreadable = [];
    private readonly SortedDictionary<string, int> _passedOver = new(StringComparer.Ordinal);

    private FolderScan()
    {
    }

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
    public static FolderScan Of(string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: there is no such folder.");
        FolderScan scan = new();
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
            foreach ((string path, bool isFolder, bool isLink) in Entries(folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (isFolder && isLink)
                    _linkedFolders.Add(path);
                else if (isFolder)
                    left.Push(path);
                else
                    (PictureFiles.HasExtension(path) ? _pictures : others).Add(path);
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

    private static FileSystemEnumerable<(string Path, bool IsFolder, bool IsLink)> Entries(string folder) => new(
        folder,
        (ref FileSystemEntry entry) => (
            entry.ToSpecifiedFullPath(),
            entry.IsDirectory,
            entry.IsDirectory && entry.Attributes.HasFlag(FileAttributes.ReparsePoint)),
        new EnumerationOptions { IgnoreInaccessible = false });
}
