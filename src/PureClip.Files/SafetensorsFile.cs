using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using PureClip.Memory;

namespace PureClip.Safetensors;

/// <summary>
/// One safetensors file, mapped into memory and validated. Looks tensors up by name and hands out their bytes where they lie.
/// </summary>
/// <remarks>
/// Thread-safe. <see cref="ReadFloats(TensorInfo, Span{float})"/> and <see cref="CopyTo"/> may even race with <see cref="Dispose"/>:
/// they finish first or throw <see cref="ObjectDisposedException"/>. A span from <see cref="GetBytes(TensorInfo)"/> must not be
/// touched after <see cref="Dispose"/>, nor when nothing refers to this object any more: the memory behind it is then gone and the
/// process may end.
/// <para>
/// While the file is open it must not shrink: the operating system answers a read behind the new end with a signal, not an exception.
/// Windows does not let it; elsewhere nothing prevents a program from cutting it. Replace a model by renaming a new file over the old
/// one, as <see cref="SafetensorsWriter"/> does: the mapping then keeps the old bytes.
/// </para>
/// </remarks>
internal sealed unsafe class SafetensorsFile : IDisposable
{
    // 16 Ki floats are 64 KiB: source and destination of one step stay in a 256 KiB second-level cache.
    private const int ElementsPerStep = 16 * 1024;

    // 64 MiB: few calls, and cancellation between them is prompt.
    private const int BytesPerCopy = 64 * 1024 * 1024;

    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly SafetensorsHeader header;

    private SafetensorsFile(string path, SafetensorsHeader header, MemoryMappedFile map, MemoryMappedViewAccessor view)
    {
        Path = path;
        this.header = header;
        this.map = map;
        this.view = view;
    }

    /// <summary>The path it was opened with.</summary>
    public string Path { get; }

    /// <summary>Tensors in the order of their bytes.</summary>
    public ImmutableArray<TensorInfo> Tensors => header.Tensors;

    /// <summary>The free text that the writer left, such as <c>format = pt</c>; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Finds a tensor.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public TensorInfo this[string name]
    {
        get
        {
            if (!TryGet(name, out TensorInfo? tensor))
                Throw.InvalidData(Path, $"there is no tensor {Throw.Quote(name)}", $"the {Tensors.Length} tensors of this file",
                    "Check that this is the checkpoint you mean.");
            return tensor;
        }
    }

    /// <summary>Maps and validates a file. Costs the time of its header, whatever the size of its tensors.</summary>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static SafetensorsFile Open(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors are little-endian and used where they lie; this machine is big-endian.");

        // The header is read, not mapped: its bytes cannot change between check and use. FileShare.Read keeps writers out on Windows.
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        MemoryMappedFile? map = null;
        try
        {
            SafetensorsHeader header = SafetensorsHeader.Read(stream, path);
            map = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            var view = map.CreateViewAccessor(0, header.FileBytes, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(path, header, map, view);
        }
        catch
        {
            map?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor; false where there is none of that name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorInfo? tensor) => header.TensorsByName.TryGetValue(name, out tensor);

    /// <summary>All bytes of a tensor where they lie, valid until <see cref="Dispose"/>, of any alignment.</summary>
    /// <exception cref="ArgumentException">The tensor is not of this file, or has 2^31 bytes or more: read it in pieces.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public ReadOnlySpan<byte> GetBytes(TensorInfo tensor)
    {
        if (tensor.ByteLength > int.MaxValue)
            throw new ArgumentException($"{Path}: tensor {tensor} has {tensor.ByteLength} bytes; one span holds at most {int.MaxValue}. " +
                "Read it in pieces with GetBytes(tensor, offset, count).", nameof(tensor));
        return GetBytes(tensor, 0, (int)tensor.ByteLength);
    }

    /// <summary>A piece of a tensor where it lies, valid until <see cref="Dispose"/>, of any alignment.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    /// <param name="count">Bytes.</param>
    /// <exception cref="ArgumentException">The tensor is not of this file, or has no such bytes.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public ReadOnlySpan<byte> GetBytes(TensorInfo tensor, long offset, int count)
    {
        CheckIsOurs(tensor);
        CheckRange(tensor, offset, count, tensor.ByteLength, "bytes");
        byte* start = Acquire();
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        return new ReadOnlySpan<byte>(start + header.DataStart + tensor.ByteOffset + offset, count);
    }

    /// <summary>Lets go of the memory that what was read so far occupies. Everything stays readable.</summary>
    public void Release() => Release(0, header.FileBytes);

    /// <summary>Lets go of the memory that a piece of a tensor occupies, but for pages that it shares with others. Everything stays readable.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    /// <param name="count">Bytes.</param>
    /// <exception cref="ArgumentException">The tensor is not of this file, or has no such bytes.</exception>
    public void Release(TensorInfo tensor, long offset, long count)
    {
        CheckIsOurs(tensor);
        CheckRange(tensor, offset, count, tensor.ByteLength, "bytes");
        Release(header.DataStart + tensor.ByteOffset + offset, count);
    }

    /// <summary>Writes all bytes of a tensor, of whatever size, to a stream.</summary>
    /// <exception cref="ArgumentException">The tensor is not of this file.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public void CopyTo(TensorInfo tensor, Stream destination)
    {
        CheckIsOurs(tensor);
        byte* start = Acquire();
        try
        {
            byte* bytes = start + header.DataStart + tensor.ByteOffset;
            for (long done = 0; done < tensor.ByteLength; done += BytesPerCopy)
                destination.Write(new ReadOnlySpan<byte>(bytes + done, (int)Math.Min(BytesPerCopy, tensor.ByteLength - done)));
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Reads a whole tensor as floats; see <see cref="ReadFloats(TensorInfo, long, Span{float})"/>.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="destination">Exactly <see cref="TensorInfo.ElementCount"/> elements.</param>
    public void ReadFloats(TensorInfo tensor, Span<float> destination)
    {
        if (tensor.ElementCount != destination.Length)
            throw new ArgumentException(
                $"{Path}: tensor {tensor} has {tensor.ElementCount} elements, the destination {destination.Length}. " +
                "They must agree; read parts with ReadFloats(tensor, firstElement, destination).", nameof(destination));
        ReadFloats(tensor, 0, destination);
    }

    /// <summary>
    /// Reads a range of elements as floats: F32, F16 and BF16 exactly, F64 rounded to nearest. Row r of a matrix [rows, columns] begins
    /// at element r · columns.
    /// </summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="firstElement">Index of the first element, row-major.</param>
    /// <param name="destination">As many elements as are wanted.</param>
    /// <exception cref="InvalidDataException">The tensor is of a type that is no plain floating-point type.</exception>
    /// <exception cref="ArgumentException">The tensor is not of this file, or has no such elements.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public void ReadFloats(TensorInfo tensor, long firstElement, Span<float> destination)
    {
        CheckIsOurs(tensor);
        CheckIsFloat(tensor);
        CheckRange(tensor, firstElement, destination.Length, tensor.ElementCount, "elements");
        int elementBytes = tensor.DType.Bits() / 8;
        byte* start = Acquire();
        try
        {
            byte* source = start + header.DataStart + tensor.ByteOffset + firstElement * elementBytes;
            while (!destination.IsEmpty)
            {
                int count = Math.Min(ElementsPerStep, destination.Length);
                Widening.ToSingle(tensor.DType, new ReadOnlySpan<byte>(source, count * elementBytes), destination[..count]);
                source += count * elementBytes;
                destination = destination[count..];
            }
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Unmaps the file as soon as the reads under way have finished.</summary>
    public void Dispose()
    {
        view.Dispose();
        map.Dispose();
    }

    /// <summary>Start of the file in memory, which stays mapped until the matching ReleasePointer.</summary>
    private byte* Acquire()
    {
        ObjectDisposedException.ThrowIf(view.SafeMemoryMappedViewHandle.IsClosed, this);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        return start;
    }

    /// <summary>The sizes of a foreign tensor say nothing about this memory.</summary>
    private void CheckIsOurs(TensorInfo tensor)
    {
        if (!TryGet(tensor.Name, out TensorInfo? own) || !ReferenceEquals(own, tensor))
            throw new ArgumentException($"Tensor {tensor} does not come from {Path}. Look it up there.", nameof(tensor));
    }

    private void CheckIsFloat(TensorInfo tensor)
    {
        if (!Widening.IsSupported(tensor.DType))
            Throw.InvalidData(Path, $"tensor {tensor} cannot be read as floats, its dtype being {tensor.DType.Name()}", Widening.Allowed,
                "Convert the checkpoint to one of these types.");
    }

    private void Release(long first, long bytes)
    {
        byte* start = Acquire();
        PageAdvice.Release(start + first, bytes);
        view.SafeMemoryMappedViewHandle.ReleasePointer();
    }

    private void CheckRange(TensorInfo tensor, long first, long count, long length, string unit,
        [CallerArgumentExpression(nameof(first))] string argument = "")
    {
        if (first < 0 || count < 0 || first > length - count)
            throw new ArgumentOutOfRangeException(argument,
                $"{Path}: tensor {tensor} has {length} {unit}; {count} from {first} are not among them.");
    }
}
