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
    /// <exception cref="IOException">Nothing can be written there; the message says why.</exception>
    public AtomicFile(string path)
    {
        _path = Target(path);
        if (Directory.Exists(_path))
            throw new IOException($"{path} is a folder. Give the name of a file to write.");
        if (IsDevice(_path))
        {
            Stream = Open(path, _path, FileMode.Open, FileAccess.Write);
            return;
        }
        _temporary = $"{_path}.{Guid.NewGuid():N}.tmp";
        Stream = Open(path, _temporary, FileMode.CreateNew, FileAccess.ReadWrite);
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

    private static FileStream Open(string path, string actual, FileMode mode, FileAccess access)
    {
        try
        {
            return new FileStream(actual, mode, access, FileShare.Read);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new IOException($"{path} cannot be written: its folder does not exist.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be written: there is no permission.", e);
        }
    }

    /// <summary>The file that a link leads to, so that the link stays.</summary>
    private static string Target(string path) =>
        File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;

    /// <summary>Renaming over /dev/null would replace it for everybody.</summary>
    private static bool IsDevice(string path) => !OperatingSystem.IsWindows() && Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal);
}
