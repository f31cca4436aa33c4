using System.Buffers.Binary;
using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Convert.Tensors;

/// <summary>Elements in a mapped file at base + Σ index·stride: contiguous, transposed, expanded or shared with other tensors.</summary>
internal sealed class StridedTensor : SourceTensor
{
    private readonly Lease _file;
    private readonly long _offset;
    private readonly long[] _strides;
    private readonly bool _bigEndian;

    /// <param name="name">The parameter's name.</param>
    /// <param name="type">The stored type.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    /// <param name="file">The file that holds the elements; not owned.</param>
    /// <param name="offset">Byte offset of the element with index zero in every dimension.</param>
    /// <param name="strides">Distance between neighbours of each dimension, in elements, none negative; null for row-major.</param>
    /// <param name="bigEndian">True where the elements' bytes must be reversed.</param>
    /// <exception cref="InvalidDataException">An element would lie outside the file.</exception>
    public StridedTensor(
        string name, NumberType type, ReadOnlySpan<long> shape, Lease file, long offset, long[]? strides = null,
        bool bigEndian = false)
        : base(name, type, shape)
    {
        _file = file;
        _offset = offset;
        _strides = strides ?? TensorShape.RowMajorStrides(shape);
        _bigEndian = bigEndian && type.Size() > 1;
        file.RequireRange(offset, checked(Extent(shape, _strides, name) * type.Size()), $"tensor '{name}'");
    }

    /// <summary>Elements from the first to the last that a strided tensor touches, both included; 0 where it has none.</summary>
    /// <exception cref="InvalidDataException">A stride is negative or the extent is beyond 2^40 elements.</exception>
    public static long Extent(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, string name)
    {
        if (strides.Length != shape.Length)
            Problem.InvalidData($"Tensor '{name}' has {shape.Length} dimensions but {strides.Length} strides.");
        if (TensorShape.ElementCount(shape, name) == 0)
            return 0;
        Int128 last = 0;
        for (int i = 0; i < shape.Length; i++)
        {
            if (strides[i] < 0)
                Problem.InvalidData($"Tensor '{name}' has the negative stride {strides[i]}.");
            last += (Int128)(shape[i] - 1) * strides[i];
        }
        if (last >= TensorShape.MaxElements)
            Problem.InvalidData(
                $"Tensor '{name}' of shape {TensorShape.Text(shape)} and strides {TensorShape.Text(strides)} reaches beyond 2^40 " +
                "elements.");
        return (long)last + 1;
    }

    public override SourceTensor WithName(string name) => new StridedTensor(name, Type, Shape, _file, _offset, _strides, _bigEndian);

    public override SourceTensor Reshape(ReadOnlySpan<long> shape)
    {
        RequireSameCount(shape);
        if (!IsRowMajor())
            Problem.InvalidData($"'{Name}' is not contiguous and cannot take the shape {TensorShape.Text(shape)}.");
        return new StridedTensor(Name, Type, shape, _file, _offset, null, _bigEndian);
    }

    public override SourceTensor Transpose()
    {
        RequireMatrix();
        return new StridedTensor(Name, Type, [Shape[1], Shape[0]], _file, _offset, [_strides[1], _strides[0]], _bigEndian);
    }

    protected override void ReadElements(long first, int count, Span<byte> destination)
    {
        if (IsRowMajor())
            _file.Span(_offset + first * Type.Size(), destination.Length).CopyTo(destination);
        else
            GatherRows(first, count, destination);
        if (_bigEndian)
            ReverseBytes(destination);
    }

    private bool IsRowMajor()
    {
        long expected = 1;
        for (int i = Shape.Length - 1; i >= 0; i--)
        {
            if (Shape[i] != 1 && _strides[i] != expected)
                return false;
            expected *= Shape[i];
        }
        return true;
    }

    /// <summary>Row by row of the innermost dimension, so that the index arithmetic of the outer ones is paid once a row.</summary>
    private void GatherRows(long first, int count, Span<byte> destination)
    {
        int size = Type.Size();
        long rowLength = Shape[^1];
        while (count > 0)
        {
            long column = first % rowLength;
            int run = (int)Math.Min(count, rowLength - column);
            Gather(RowStart(first / rowLength) + column * _strides[^1], _strides[^1], run, destination[..(run * size)]);
            destination = destination[(run * size)..];
            first += run;
            count -= run;
        }
    }

    /// <summary>Element offset of a row, where rows are counted over all outer dimensions.</summary>
    private long RowStart(long row)
    {
        long start = 0;
        for (int i = Shape.Length - 2; i >= 0; i--)
        {
            start += row % Shape[i] * _strides[i];
            row /= Shape[i];
        }
        return start;
    }

    private void Gather(long element, long stride, int count, Span<byte> destination)
    {
        long offset = _offset + element * Type.Size();
        switch (Type.Size())
        {
            case 1: Gather<byte>(offset, stride, MemoryMarshal.Cast<byte, byte>(destination)); break;
            case 2: Gather<ushort>(offset, stride, MemoryMarshal.Cast<byte, ushort>(destination)); break;
            case 4: Gather<uint>(offset, stride, MemoryMarshal.Cast<byte, uint>(destination)); break;
            default: Gather<ulong>(offset, stride, MemoryMarshal.Cast<byte, ulong>(destination)); break;
        }
    }

    private unsafe void Gather<T>(long offset, long stride, Span<T> destination)
        where T : unmanaged
    {
        if (stride == 0)
        {
            destination.Fill(MemoryMarshal.Read<T>(_file.Span(offset, sizeof(T))));
            return;
        }
        for (int i = 0; i < destination.Length; i++, offset += stride * sizeof(T))
            destination[i] = MemoryMarshal.Read<T>(_file.Span(offset, sizeof(T)));
    }

    private void ReverseBytes(Span<byte> bytes)
    {
        switch (Type.Size())
        {
            case 2: Reverse(MemoryMarshal.Cast<byte, ushort>(bytes)); break;
            case 4: Reverse(MemoryMarshal.Cast<byte, uint>(bytes)); break;
            default: Reverse(MemoryMarshal.Cast<byte, ulong>(bytes)); break;
        }
    }

    private static void Reverse(Span<ushort> values) => BinaryPrimitives.ReverseEndianness(values, values);

    private static void Reverse(Span<uint> values) => BinaryPrimitives.ReverseEndianness(values, values);

    private static void Reverse(Span<ulong> values) => BinaryPrimitives.ReverseEndianness(values, values);
}
