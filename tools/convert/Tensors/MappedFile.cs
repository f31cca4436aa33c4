using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace PureClip.Convert.Tensors;

/// <summary>
/// A file as read-only bytes at 64-bit offsets, mapped and not loaded: the memory a conversion needs does not grow with the file.
/// Every access is checked against the length the file had when it was opened.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly GCHandle _pin;
    private byte* _start;

    private MappedFile(string path, long length)
    {
        Path = path;
        Length = length;
    }

    private MappedFile(string path, MemoryMappedFile map, long length)
        : this(path, length)
    {
        _map = map;
        _view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    private MappedFile(string path, byte[] bytes)
        : this(path, bytes.LongLength)
    {
        _pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        _start = (byte*)_pin.AddrOfPinnedObject();
    }

    /// <summary>Where the bytes came from, for messages and for files that lie beside it.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <exception cref="InvalidDataException">The file is empty.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static MappedFile Open(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        long length = stream.Length;
        if (length == 0)
            Throw.InvalidData($"{path} is empty.");
        MemoryMappedFile map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return new MappedFile(path, map, length);
    }

    /// <summary>Bytes that are already in memory, behind the same checks.</summary>
    public static MappedFile FromBytes(byte[] bytes, string path = "memory") => new(path, bytes);

    /// <summary>The bytes [offset, offset + count), valid until this file is disposed.</summary>
    /// <exception cref="InvalidDataException">They are not all inside the file.</exception>
    public ReadOnlySpan<byte> Span(long offset, int count)
    {
        RequireRange(offset, count, "a read");
        return new ReadOnlySpan<byte>(_start + offset, count);
    }

    /// <summary>Fails unless [offset, offset + count) lies inside the file.</summary>
    /// <exception cref="InvalidDataException">It does not; <paramref name="what"/> is named.</exception>
    public void RequireRange(long offset, long count, string what)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        if (offset < 0 || count < 0 || offset > Length - count)
            Throw.InvalidData($"{Path}: {what} needs {count} bytes at offset {offset}, but the file has {Length} bytes. It is damaged or cut short.");
    }

    public void Dispose()
    {
        if (_start is null)
            return;
        _start = null;
        if (_pin.IsAllocated)
            _pin.Free();
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }
}
