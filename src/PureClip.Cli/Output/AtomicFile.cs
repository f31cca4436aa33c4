namespace PureClip.Cli.Output;

/// <summary>
/// A file that appears when it is complete: written under another name beside its place and renamed by <see cref="Commit"/>.
/// Opened before the work begins, so that a place that cannot be written to is known at once.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _path;
    private readonly string? _temporary;

    /// <param name="path">Where the file is to appear; an existing one is replaced.</param>
    /// <exception cref="IOException">The folder does not exist, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to, or a folder has this name.</exception>
    public AtomicFile(string path)
    {
        _path = Target(path);
        if (Directory.Exists(_path))
            throw new IOException($"{path} is a folder. Give the name of a file to write.");
        if (IsDevice(_path))
        {
            Stream = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            return;
        }
        _temporary = $"{_path}.{Guid.NewGuid():N}.tmp";
        Stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.ReadWrite);
    }

    /// <summary>What is written here becomes the file.</summary>
    public FileStream Stream { get; }

    /// <summary>Makes the file appear.</summary>
    public void Commit()
    {
        Stream.Dispose();
        if (_temporary is not null)
            File.Move(_temporary, _path, overwrite: true);
    }

    /// <summary>Removes what was written unless it was committed.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (_temporary is not null)
            File.Delete(_temporary); // nothing is there after Commit, and deleting nothing is no error
    }

    /// <summary>The file that a link leads to, so that the link stays.</summary>
    private static string Target(string path) =>
        File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;

    /// <summary>Renaming over /dev/null would replace it for everybody.</summary>
    private static bool IsDevice(string path) => !OperatingSystem.IsWindows() && Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal);
}
