using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
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
    private byte[]? _pinned; // keeps the bytes alive, on the heap that does not move them
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

    private MappedFile(byte[] bytes, string path)
        : this(path, bytes.LongLength)
    {
        _pinned = bytes;
        _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(bytes));
    }

    /// <summary>Where the bytes came from, for messages and for files that lie beside it.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <exception cref="InvalidDataException">The file is empty, or no regular file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static MappedFile Open(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 }) // also pipes and devices, which opening would wait for
            Throw.InvalidData($"{path} is empty or no regular file.");
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        long length = stream.Length;
        MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return new MappedFile(path, map, length);
    }

    /// <summary>A copy of bytes that are in memory, behind the same checks; it need not be disposed.</summary>
    public static MappedFile FromBytes(ReadOnlySpan<byte> bytes, string path = "memory")
    {
        byte[] pinned = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(pinned);
        return new MappedFile(pinned, path);
    }

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
            Throw.InvalidData(
                $"{Path}: {what} needs {count} bytes at offset {offset}, but the file has {Length} bytes. It is damaged or cut short.");
    }

    public void Dispose()
    {
        if (_start is null)
            return;
        _start = null;
        _pinned = null;
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }
}
