using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Files;

/// <summary>
/// One safetensors file, mapped into memory or read, and validated. Looks tensors up by name and gives their bytes and numbers.
/// </summary>
/// <remarks>
/// Thread-safe, <see cref="Dispose"/> included: calls beside it finish or throw <see cref="ObjectDisposedException"/>, and a
/// <see cref="Files.Lease"/> keeps its bytes until it is returned.
/// <para>
/// While a file is mapped it must not shrink: where another program cuts it, the system ends the process, but on Windows, which does not
/// allow it. Open with <c>read: true</c> what others may cut, and replace a model by renaming a new file over the old one, as
/// <see cref="SafetensorsWriter"/> does. See <see cref="MappedFile"/>.
/// </para>
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    // 16 Ki floats are 64 KiB: source and destination of one step stay in a 256 KiB second-level cache.
    private const int ElementsPerStep = 16 * 1024;

    // A row of a table of embeddings is read without allocating: the widest has 1,280 numbers.
    private const int BytesOnStack = 16 * 1024;

    // 64 MiB: few calls, and cancellation between them is prompt.
    private const int BytesPerCopy = 64 * 1024 * 1024;

    private readonly MappedFile _file;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(MappedFile file, SafetensorsHeader header)
    {
        _file = file;
        _header = header;
    }

    /// <summary>The path it was opened with.</summary>
    public string Path => _file.Path;

    /// <summary>Tensors in the order of their bytes.</summary>
    public ImmutableArray<TensorInfo> Tensors => _header.Tensors;

    /// <summary>The free text that the writer left, such as <c>format = pt</c>; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Finds a tensor.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public TensorInfo this[string name]
    {
        get
        {
            if (!TryGet(name, out TensorInfo? tensor))
                Problem.InvalidData(Path, $"there is no tensor {Problem.Quote(name)}", $"the {Tensors.Length} tensors of this file",
                    "Check that this is the checkpoint you mean.");
            return tensor;
        }
    }

    /// <summary>Opens and validates a file. Costs the time of its header, whatever the size of its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Whether tensors are read when they are wanted, instead of the file being mapped.</param>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static SafetensorsFile Open(string path, bool read = false)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors are little-endian and used where they lie; this machine is big-endian.");

        // The header is read, not mapped: its bytes cannot change between check and use. FileShare.Read keeps writers out on Windows.
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            SafetensorsHeader header = SafetensorsHeader.Read(stream, path);
            return new SafetensorsFile(MappedFile.Open(stream, path, header.FileBytes, read), header);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor; false where there is none of that name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorInfo? tensor) => _header.TensorsByName.TryGetValue(name, out tensor);

    /// <summary>All bytes of a tensor, of any alignment.</summary>
    /// <returns>To be returned by its Dispose; the bytes stay until then, whatever becomes of this file.</returns>
    /// <exception cref="ArgumentException">The tensor is not of this file.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public Lease Lease(TensorInfo tensor) => Lease(tensor, 0, tensor.ByteLength);

    /// <summary>A piece of a tensor, of any alignment.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    /// <param name="count">Bytes.</param>
    /// <returns>To be returned by its Dispose; the bytes stay until then, whatever becomes of this file.</returns>
    /// <exception cref="ArgumentException">The tensor is not of this file, or has no such bytes.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public Lease Lease(TensorInfo tensor, long offset, long count) => _file.Lease(Place(tensor, offset, count), count);

    /// <summary>All bytes of the file, the header included.</summary>
    internal Lease Lease() => _file.Lease();

    /// <summary>Where a tensor begins in the file.</summary>
    internal long OffsetOf(TensorInfo tensor) => Place(tensor, 0, tensor.ByteLength);

    /// <summary>Copies a piece of a tensor.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    /// <param name="destination">As many bytes as are wanted.</param>
    /// <exception cref="ArgumentException">The tensor is not of this file, or has no such bytes.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public void Read(TensorInfo tensor, long offset, Span<byte> destination) =>
        _file.Read(Place(tensor, offset, destination.Length), destination);

    /// <summary>Lets go of the memory that what was read so far occupies. Everything stays readable.</summary>
    public void Release() => _file.Release(0, _file.Length);

    /// <summary>
    /// Lets go of the memory that a piece of a tensor occupies, but for pages that it shares with others. Everything stays readable.
    /// </summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    /// <param name="count">Bytes.</param>
    /// <exception cref="ArgumentException">The tensor is not of this file, or has no such bytes.</exception>
    public void Release(TensorInfo tensor, long offset, long count) => _file.Release(Place(tensor, offset, count), count);

    /// <summary>Writes all bytes of a tensor, of whatever size, to a stream.</summary>
    /// <exception cref="ArgumentException">The tensor is not of this file.</exception>
    /// <exception cref="ObjectDisposedException">The file has been closed.</exception>
    public void CopyTo(TensorInfo tensor, Stream destination)
    {
        long start = Place(tensor, 0, tensor.ByteLength);
        for (long done = 0; done < tensor.ByteLength; done += BytesPerCopy)
        {
            int count = (int)Math.Min(BytesPerCopy, tensor.ByteLength - done);
            using Lease piece = _file.Lease(start + done, count);
            destination.Write(piece.Span(0, count));
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
        int size = tensor.Type.Bits() / 8;
        long offset = _header.DataStart + tensor.ByteOffset + firstElement * size;
        if (tensor.Type == NumberType.F32)
        {
            _file.Read(offset, MemoryMarshal.AsBytes(destination));
            return;
        }
        if (destination.Length <= BytesOnStack / size)
        {
            Span<byte> row = stackalloc byte[BytesOnStack];
            row = row[..(destination.Length * size)];
            _file.Read(offset, row);
            tensor.Type.Widen(row, destination);
            return;
        }
        while (!destination.IsEmpty)
        {
            int count = Math.Min(ElementsPerStep, destination.Length);
            using Lease step = _file.Lease(offset, count * size);
            tensor.Type.Widen(step.Span(0, count * size), destination[..count]);
            offset += count * size;
            destination = destination[count..];
        }
    }

    /// <summary>Closes the file. Reads under way finish first, and what is leased stays until it is returned.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Where a piece of a tensor begins in the file.</summary>
    private long Place(TensorInfo tensor, long offset, long count)
    {
        CheckIsOurs(tensor);
        CheckRange(tensor, offset, count, tensor.ByteLength, "bytes");
        return _header.DataStart + tensor.ByteOffset + offset;
    }

    /// <summary>The sizes of a foreign tensor say nothing about this memory.</summary>
    private void CheckIsOurs(TensorInfo tensor)
    {
        if (!TryGet(tensor.Name, out TensorInfo? own) || !ReferenceEquals(own, tensor))
            throw new ArgumentException($"Tensor {tensor} does not come from {Path}. Look it up there.", nameof(tensor));
    }

    private void CheckIsFloat(TensorInfo tensor)
    {
        if (!tensor.Type.IsFloat())
            Problem.InvalidData(Path, $"tensor {tensor} cannot be read as floats, its dtype being {tensor.Type.Name()}", NumberTypes.Floats,
                "Convert the checkpoint to one of these types.");
    }

    private void CheckRange(TensorInfo tensor, long first, long count, long length, string unit,
        [CallerArgumentExpression(nameof(first))] string argument = "")
    {
        if (first < 0 || count < 0 || first > length - count)
            throw new ArgumentOutOfRangeException(argument,
                $"{Path}: tensor {tensor} has {length} {unit}; {count} from {first} are not among them.");
    }
}
