using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PureClip.Files;

/// <summary>
/// A file as read-only bytes at 64-bit offsets. It is mapped: the system reads what is touched, shares it between processes, and memory
/// does not grow with the file. Or, where that is asked for, its pieces are read when they are wanted. Every access is checked against the
/// length that the file had when it was opened.
/// </summary>
/// <remarks>
/// Thread-safe, <see cref="Dispose"/> included: calls beside it finish or throw <see cref="ObjectDisposedException"/>, and the memory of a
/// <see cref="Files.Lease"/> stays until that lease is returned.
/// <para>
/// While a file is mapped it must not shrink: outside Windows, which does not allow it, nothing keeps another program from cutting the
/// file, and the system then answers a read behind the new end by ending the process (SIGBUS), not with an exception. Replace a file by
/// renaming a new one over it, as <see cref="AtomicFile"/> does: the mapping keeps the old bytes. Where others may cut files, open them
/// with <c>read: true</c>: a cut file is then an <see cref="EndOfStreamException"/>.
/// </para>
/// </remarks>
public sealed unsafe class MappedFile : IDisposable
{
    private const int MostBytesAtOnce = 1 << 30;

    private readonly SafeHandle _handle; // of the view, the memory or the file; counts who is inside, so that closing waits for them
    private readonly IDisposable[] _owners; // what closes the handle, and what goes with it
    private readonly byte* _start; // null where the file is read
    private volatile bool _isClosed; // the handle stays open for who is inside; nobody else may come in

    private MappedFile(string path, long length, SafeHandle handle, byte* start, params IDisposable[] owners)
    {
        Path = path;
        Length = length;
        _handle = handle;
        _start = start;
        _owners = owners;
    }

    /// <summary>The path it was opened with, for messages and for files that lie beside it.</summary>
    public string Path { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>Opens a file; on Windows nobody can write to it meanwhile.</summary>
    /// <param name="path">A regular file that is not empty.</param>
    /// <param name="read">Whether what is wanted is read, instead of the file being mapped.</param>
    /// <exception cref="InvalidDataException">The file is empty, or no regular file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static MappedFile Open(string path, bool read = false)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 }) // also pipes and devices, which opening would wait for
            throw new InvalidDataException($"{path} is empty or no regular file.");
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        return Open(stream, path, stream.Length, read);
    }

    /// <summary>Takes over an open file.</summary>
    /// <param name="stream">The file, opened without a buffer; closed with the result, or where this fails.</param>
    /// <param name="path">Its name for messages.</param>
    /// <param name="length">Bytes from its start, at least 1; the file may be longer, and grow.</param>
    /// <param name="read">Whether what is wanted is read, instead of the file being mapped.</param>
    /// <exception cref="IOException">The file cannot be mapped.</exception>
    public static MappedFile Open(FileStream stream, string path, long length, bool read)
    {
        if (read)
            return new(path, length, stream.SafeFileHandle, null, stream);
        MemoryMappedFile? map = null;
        try
        {
            map = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            MemoryMappedViewAccessor view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            byte* start = (byte*)view.SafeMemoryMappedViewHandle.DangerousGetHandle() + view.PointerOffset;
            return new(path, length, view.SafeMemoryMappedViewHandle, start, view, map);
        }
        catch
        {
            map?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Memory with all bytes of the file.</summary>
    /// <inheritdoc cref="Lease(long, long)"/>
    public Lease Lease() => Lease(0, Length);

    /// <summary>Memory with the bytes [offset, offset + count): the mapping itself, or a copy where the file is read.</summary>
    /// <returns>To be returned by <see cref="Files.Lease.Dispose"/>; it may outlive this object.</returns>
    /// <exception cref="InvalidDataException">They are not all inside the file.</exception>
    /// <exception cref="EndOfStreamException">The file is read and has become shorter.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public Lease Lease(long offset, long count)
    {
        RequireRange(offset, count, "a read");
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_start is not null)
            return new(Path, _handle, _start + offset, count);
        using NativeBytes copy = new(count);
        for (long done = 0; done < count; done += MostBytesAtOnce)
            Read(offset + done, new Span<byte>(copy.Start + done, (int)Math.Min(MostBytesAtOnce, count - done)));
        return new(Path, copy, copy.Start, count);
    }

    /// <summary>Copies the bytes from an offset on.</summary>
    /// <exception cref="InvalidDataException">They are not all inside the file.</exception>
    /// <exception cref="EndOfStreamException">The file is read and has become shorter.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        RequireRange(offset, destination.Length, "a read");
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_start is null)
        {
            ReadFile(offset, destination);
            return;
        }
        bool isInside = false;
        try
        {
            _handle.DangerousAddRef(ref isInside);
            new ReadOnlySpan<byte>(_start + offset, destination.Length).CopyTo(destination);
        }
        finally
        {
            if (isInside)
                _handle.DangerousRelease();
        }
    }

    /// <summary>
    /// Lets go of the physical memory that the bytes [offset, offset + count) of a mapping occupy, but for pages that they share with
    /// others. Everything stays readable.
    /// </summary>
    /// <exception cref="InvalidDataException">They are not all inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public void Release(long offset, long count)
    {
        if (_start is null)
            return;
        using Lease lease = Lease(offset, count);
        PageAdvice.Release(_start + offset, count);
    }

    /// <summary>Fails unless [offset, offset + count) lies inside the file.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Bytes.</param>
    /// <param name="what">What needs them, for the message.</param>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public void RequireRange(long offset, long count, string what) => RequireRange(Path, Length, offset, count, what);

    /// <summary>Closes the file. Reads under way finish first, and memory that is leased stays until it is returned.</summary>
    public void Dispose()
    {
        _isClosed = true;
        foreach (IDisposable owner in _owners)
            owner.Dispose();
    }

    internal static void RequireRange(string path, long length, long offset, long count, string what)
    {
        if (offset < 0 || count < 0 || offset > length - count)
            throw new InvalidDataException(
                $"{path}: {what} needs {count} bytes at offset {offset}, but the file has {length} bytes. It is damaged or cut short.");
    }

    private void ReadFile(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read((SafeFileHandle)_handle, destination, offset);
            if (count == 0)
                throw new EndOfStreamException(
                    $"{Path} ends at byte {offset}; it had {Length} bytes when it was opened. Another program has cut it. Put the whole " +
                    "file there again, by renaming it over the old one.");
            destination = destination[count..];
            offset += count;
        }
    }
}

/// <summary>
/// Bytes of a file in memory that cannot go while they are held: neither closing the file nor collecting garbage takes them away. One
/// holder's own: what is read beside <see cref="Dispose"/> of the same lease is not protected.
/// </summary>
/// <remarks>
/// A lease that is never returned keeps its memory for as long as the process lives. See <see cref="MappedFile"/> for files that are cut.
/// </remarks>
public sealed unsafe class Lease : IDisposable
{
    private readonly SafeHandle _memory;
    private nint _start; // zero when it has been returned

    internal Lease(string path, SafeHandle memory, byte* start, long length)
    {
        bool isInside = false;
        memory.DangerousAddRef(ref isInside); // or ObjectDisposedException
        (Path, _memory, _start, Length) = (path, memory, (nint)start, length);
    }

    /// <summary>The file's path, for messages and for files that lie beside it.</summary>
    public string Path { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The first byte, until <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease has been returned.</exception>
    internal byte* Start
    {
        get
        {
            nint start = _start;
            ObjectDisposedException.ThrowIf(start == 0, this);
            return (byte*)start;
        }
    }

    /// <summary>All bytes of a file, which is mapped for as long as the lease is held.</summary>
    /// <inheritdoc cref="MappedFile.Open(string, bool)"/>
    public static Lease Open(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        return file.Lease();
    }

    /// <summary>A copy of bytes that are in memory, behind the same checks.</summary>
    public static Lease FromBytes(ReadOnlySpan<byte> bytes, string path = "memory")
    {
        using NativeBytes copy = new(bytes.Length);
        bytes.CopyTo(new(copy.Start, bytes.Length));
        return new(path, copy, copy.Start, bytes.Length);
    }

    /// <summary>The bytes [offset, offset + count), of any alignment, until <see cref="Dispose"/>.</summary>
    /// <exception cref="InvalidDataException">They are not all inside.</exception>
    /// <exception cref="ObjectDisposedException">The lease has been returned.</exception>
    public ReadOnlySpan<byte> Span(long offset, int count)
    {
        RequireRange(offset, count, "a read");
        return new(Start + offset, count);
    }

    /// <summary>Fails unless [offset, offset + count) lies inside.</summary>
    /// <inheritdoc cref="MappedFile.RequireRange(long, long, string)"/>
    public void RequireRange(long offset, long count, string what) => MappedFile.RequireRange(Path, Length, offset, count, what);

    /// <summary>Returns the memory: once, however often and from wherever it is called.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _start, 0) != 0)
            _memory.DangerousRelease();
    }
}

/// <summary>Memory outside of the managed heap, freed with the last who is inside. Aligned for every vector.</summary>
file sealed unsafe class NativeBytes : SafeHandle
{
    private const int Alignment = 64;

    public NativeBytes(long count)
        : base(0, ownsHandle: true) =>
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(count, 1), Alignment));

    public byte* Start => (byte*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}

/// <summary>Tells Linux how memory is used. Advice only: nothing depends on it, and other systems are told nothing.</summary>
internal static unsafe partial class PageAdvice
{
    private const int DontNeed = 4, HugePage = 14; // MADV_DONTNEED, MADV_HUGEPAGE in linux/mman.h

    // The size of a huge page on x86 and most ARM systems; asking for less memory would gain nothing.
    private const long HugePageBytes = 2 << 20;

    // A program that is one static file has no library of that name to ask.
    private static bool _isUnheard;

    /// <summary>
    /// Asks for pages of 2 MB: one entry of the address cache then covers what 512 entries covered. Weights are streamed through once a
    /// pass, so nearly every page of 4 kB would be looked up anew.
    /// </summary>
    public static void UseHugePages(void* start, long bytes)
    {
        if (bytes >= HugePageBytes)
            Advise(start, bytes, HugePage);
    }

    /// <summary>Lets go of the pages of a read-only mapping: they are read from the file again if they are touched again.</summary>
    public static void Release(void* start, long bytes) => Advise(start, bytes, DontNeed);

    private static void Advise(void* start, long bytes, int advice)
    {
        if (_isUnheard || !OperatingSystem.IsLinux())
            return;
        long page = Environment.SystemPageSize, offset = (page - (long)start % page) % page, whole = (bytes - offset) / page * page;
        if (whole <= 0)
            return;
        try
        {
            _ = madvise((byte*)start + offset, (nuint)whole, advice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _isUnheard = true;
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* start, nuint bytes, int advice);
}
