namespace PureClip.Files;

/// <summary>
/// A file that appears whole or not at all: written under another name beside its place and renamed by <see cref="Commit"/>. Opened before
/// the work begins, so that a place that cannot be written to is known at once. Whatever fails, an older file stays as it was and nothing
/// new is left behind.
/// </summary>
/// <remarks>A link stays a link: the file that it leads to is replaced. A device is written to and not replaced.</remarks>
public sealed class AtomicFile : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly string _path;
    private readonly string? _temporary;
    private bool _isCommitted;

    /// <param name="path">Where the file is to appear; an existing one is replaced.</param>
    /// <param name="size">Bytes to reserve at once, so that a full disk is noticed before the work; 0 where they are not known.</param>
    /// <exception cref="IOException">Nothing can be written there; the message says why.</exception>
    public AtomicFile(string path, long size = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        _path = Target(Path.GetFullPath(path));
        if (Directory.Exists(_path))
            throw new IOException($"{path} is a folder. Give the name of a file to write.");
        if (IsDevice(_path))
        {
            Stream = Open(path, _path, new()
            {
                Mode = FileMode.Open,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                BufferSize = BufferBytes,
            });
            return;
        }
        _temporary = Path.Combine(Path.GetDirectoryName(_path)!, $".{Path.GetFileName(_path)}.{Path.GetRandomFileName()}.tmp");
        Stream = Open(path, _temporary, new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            BufferSize = BufferBytes,
            PreallocationSize = size,
        });
    }

    /// <summary>What is written here becomes the file.</summary>
    public FileStream Stream { get; }

    /// <summary>Makes the file appear, once all of it is on disk.</summary>
    public void Commit()
    {
        Stream.Flush(flushToDisk: _temporary is not null);
        Stream.Dispose();
        if (_temporary is not null)
            File.Move(_temporary, _path, overwrite: true);
        _isCommitted = true;
    }

    /// <summary>Removes what was written unless it was committed.</summary>
    public void Dispose()
    {
        if (_isCommitted)
            return;
        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // The rest in the buffer does not fit on the disk, and is not wanted any more.
        }
        finally
        {
            if (_temporary is not null)
                File.Delete(_temporary);
        }
    }

    private static FileStream Open(string path, string actual, FileStreamOptions options)
    {
        try
        {
            return new FileStream(actual, options);
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

    /// <summary>
    /// The file that a link leads to, so that the link stays. What /dev/stdout leads to may be a pipe, which has no path.
    /// </summary>
    private static string Target(string path)
    {
        if (new FileInfo(path).LinkTarget is null)
            return path;
        string target = File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        return IsDevice(path) && !File.Exists(target) ? path : target;
    }

    /// <summary>Renaming over /dev/null would replace it for everybody. /dev/shm holds files as any folder does.</summary>
    private static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal)
            && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}

/// <summary>
/// A directory that appears when it is complete: written under another name beside its place and renamed by <see cref="Commit"/>. Nothing
/// else is ever written, and an existing one stays as it is until its successor is there.
/// </summary>
public sealed class AtomicDirectory : IDisposable
{
    private readonly string _target;

    /// <param name="path">Where the directory is to appear; an existing one is replaced.</param>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public AtomicDirectory(string path)
    {
        _target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (File.Exists(_target))
            throw new IOException($"{path} is a file. Give the name of a directory to write.");
        string? parent = System.IO.Path.GetDirectoryName(_target);
        if (parent is null || !Directory.Exists(parent))
            throw new IOException($"{path} cannot be written: its folder does not exist. Create it first.");
        Path = Beside("tmp");
        try
        {
            Directory.CreateDirectory(Path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be written: there is no permission.", e);
        }
    }

    /// <summary>Where to write meanwhile.</summary>
    public string Path { get; }

    /// <summary>Whether a path lies in the directory that is to appear.</summary>
    public bool Holds(string path) =>
        System.IO.Path.GetFullPath(path).StartsWith(_target + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>
    /// Where to write meanwhile what is to appear at a path: within <see cref="Path"/> if the directory holds it, else there.
    /// </summary>
    public string PlaceOf(string path) =>
        Holds(path) ? System.IO.Path.Join(Path, System.IO.Path.GetFullPath(path).AsSpan(_target.Length)) : path;

    /// <summary>Makes the directory appear.</summary>
    public void Commit()
    {
        if (!Directory.Exists(_target))
        {
            Directory.Move(Path, _target);
            return;
        }
        string old = Beside("old");
        Directory.Move(_target, old);
        try
        {
            Directory.Move(Path, _target);
        }
        catch
        {
            Directory.Move(old, _target);
            throw;
        }
        Directory.Delete(old, recursive: true);
    }

    /// <summary>Removes what was written unless it was committed.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }

    private string Beside(string ending) => System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(_target)!, $".{System.IO.Path.GetFileName(_target)}.{System.IO.Path.GetRandomFileName()}.{ending}");
}
