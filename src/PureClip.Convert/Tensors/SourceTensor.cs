using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PureClip.Convert.Tensors;

/// <summary>
/// One named tensor of a checkpoint as the container gives it: whatever its strides, byte order or quantisation, it reads as
/// row-major contiguous little-endian elements, any range at a time.
/// </summary>
internal abstract class SourceTensor
{
    private readonly long[] _shape;

    protected SourceTensor(string name, ElementType type, ReadOnlySpan<long> shape)
    {
        Name = name;
        Type = type;
        _shape = shape.ToArray();
        ElementCount = TensorShape.ElementCount(shape, name);
    }

    /// <summary>The parameter's name.</summary>
    public string Name { get; }

    /// <summary>The type of the elements that <see cref="Read"/> delivers.</summary>
    public ElementType Type { get; }

    /// <summary>Sizes, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Product of <see cref="Shape"/>.</summary>
    public long ElementCount { get; }

    /// <summary>Bytes of all elements as <see cref="Read"/> delivers them.</summary>
    public long ByteCount => ElementCount * Type.Size();

    /// <summary>How the container stored the elements where that differs from <see cref="Type"/>, such as "Q4_0"; null where it does not.</summary>
    public virtual string? StoredAs => null;

    /// <summary>Copies consecutive elements, row-major and little-endian.</summary>
    /// <param name="first">Index of the first element, 0 to <see cref="ElementCount"/>.</param>
    /// <param name="destination">[count · element size] bytes; a whole number of elements, not past the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public void Read(long first, Span<byte> destination)
    {
        int size = Type.Size();
        int count = destination.Length / size;
        if (destination.Length % size != 0 || first < 0 || first > ElementCount - count)
            throw new ArgumentOutOfRangeException(
                nameof(first), $"{count} elements from {first} are not inside the {ElementCount} of '{Name}'.");
        if (count > 0)
            ReadElements(first, count, destination);
    }

    /// <summary>The same elements under another name.</summary>
    public abstract SourceTensor WithName(string name);

    /// <summary>The same elements in row-major order under another shape of as many elements.</summary>
    public abstract SourceTensor Reshape(ReadOnlySpan<long> shape);

    /// <summary>A matrix [rows, columns] read as [columns, rows].</summary>
    public abstract SourceTensor Transpose();

    protected abstract void ReadElements(long first, int count, Span<byte> destination);

    protected void RequireMatrix()
    {
        if (Shape.Length != 2)
            Throw.InvalidData($"'{Name}' of shape {TensorShape.Text(Shape)} cannot be transposed; only matrices can.");
    }

    protected void RequireSameCount(ReadOnlySpan<long> shape)
    {
        if (TensorShape.ElementCount(shape, Name) != ElementCount)
            Throw.InvalidData($"'{Name}' of shape {TensorShape.Text(Shape)} cannot take the shape {TensorShape.Text(shape)}.");
    }
}

/// <summary>Arithmetic on shapes that a file claims, without overflow.</summary>
internal static class TensorShape
{
    /// <summary>Most dimensions of any tensor; CLIP's weights have four.</summary>
    public const int MaxRank = 8;

    /// <summary>Most elements of one tensor: 2^40, a thousand times the largest CLIP. Keeps byte counts far from overflow.</summary>
    public const long MaxElements = 1L << 40;

    /// <summary>The product of the dimensions, 1 for a scalar.</summary>
    /// <exception cref="InvalidDataException">A dimension is negative, or there are too many dimensions or elements.</exception>
    public static long ElementCount(ReadOnlySpan<long> shape, string name)
    {
        if (shape.Length > MaxRank)
            Throw.InvalidData($"Tensor '{name}' has {shape.Length} dimensions; at most {MaxRank} are allowed.");
        long count = 1;
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0)
                Throw.InvalidData($"Tensor '{name}' has the negative dimension {dimension}.");
            if (dimension > MaxElements || (dimension > 0 && count > MaxElements / dimension))
                Throw.InvalidData($"Tensor '{name}' of shape {Text(shape)} has more than 2^40 elements.");
            empty |= dimension == 0;
            count *= Math.Max(dimension, 1);
        }
        return empty ? 0 : count;
    }

    /// <summary>Strides, in elements, of a row-major contiguous tensor.</summary>
    public static long[] RowMajorStrides(ReadOnlySpan<long> shape)
    {
        long[] strides = new long[shape.Length];
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(shape[i], 1);
        }
        return strides;
    }

    /// <summary>The shape as <c>[2, 3]</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}

/// <summary>Elements of any type as single precision: exact for F32, F16, BF16 and integers of up to 24 bits, rounded otherwise.</summary>
internal static class ElementReader
{
    /// <summary>Elements converted at once: 64 kB of doubles stay in the second-level cache.</summary>
    private const int ChunkElements = 8192;

    /// <summary>Reads consecutive elements of a tensor.</summary>
    /// <param name="tensor">Where from.</param>
    /// <param name="first">Index of the first element.</param>
    /// <param name="destination">[count], overwritten.</param>
    public static void ReadSingles(this SourceTensor tensor, long first, Span<float> destination)
    {
        Span<byte> bytes = new byte[Math.Min(destination.Length, ChunkElements) * tensor.Type.Size()];
        while (destination.Length > 0)
        {
            int count = Math.Min(destination.Length, ChunkElements);
            Span<byte> chunk = bytes[..(count * tensor.Type.Size())];
            tensor.Read(first, chunk);
            ToSingles(tensor.Type, chunk, destination[..count]);
            destination = destination[count..];
            first += count;
        }
    }

    /// <summary>Converts little-endian elements.</summary>
    public static void ToSingles(ElementType type, ReadOnlySpan<byte> elements, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.F32: MemoryMarshal.Cast<byte, float>(elements).CopyTo(destination); break;
            case ElementType.F16: TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(elements), destination); break;
            case ElementType.BF16: Widen(MemoryMarshal.Cast<byte, ushort>(elements), destination); break;
            case ElementType.F64: Convert<double>(elements, destination); break;
            case ElementType.I64: Convert<long>(elements, destination); break;
            case ElementType.I32: Convert<int>(elements, destination); break;
            case ElementType.I16: Convert<short>(elements, destination); break;
            case ElementType.I8: Convert<sbyte>(elements, destination); break;
            case ElementType.U64: Convert<ulong>(elements, destination); break;
            case ElementType.U32: Convert<uint>(elements, destination); break;
            case ElementType.U16: Convert<ushort>(elements, destination); break;
            default: Convert<byte>(elements, destination); break;
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> elements, Span<float> destination)
        where T : unmanaged, System.Numerics.INumberBase<T> =>
        TensorPrimitives.ConvertTruncating<T, float>(MemoryMarshal.Cast<byte, T>(elements), destination);

    /// <summary>A BF16 is the upper half of a single.</summary>
    private static void Widen(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }
}

/// <summary>A scalar that the source lacks and the result needs.</summary>
/// <param name="name">The parameter's name.</param>
/// <param name="value">Its value.</param>
internal sealed class ConstantTensor(string name, float value) : SourceTensor(name, ElementType.F32, [])
{
    public override SourceTensor WithName(string name) => new ConstantTensor(name, value);

    public override SourceTensor Reshape(ReadOnlySpan<long> shape)
    {
        RequireSameCount(shape);
        return this;
    }

    public override SourceTensor Transpose()
    {
        RequireMatrix();
        return this;
    }

    protected override void ReadElements(long first, int count, Span<byte> destination) => MemoryMarshal.Write(destination, value);
}
