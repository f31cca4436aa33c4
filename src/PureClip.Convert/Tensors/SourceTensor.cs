using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Convert.Tensors;

/// <summary>
/// One named tensor of a checkpoint as the container gives it: whatever its strides, byte order or quantisation, it reads as
/// row-major contiguous little-endian elements, any range at a time.
/// </summary>
internal abstract class SourceTensor
{
    /// <summary>Elements converted at once: 64 kB of doubles stay in the second-level cache.</summary>
    private const int ChunkElements = 8192;

    private readonly long[] _shape;

    protected SourceTensor(string name, NumberType type, ReadOnlySpan<long> shape)
    {
        Name = name;
        Type = type;
        _shape = shape.ToArray();
        ElementCount = TensorShape.ElementCount(shape, name);
    }

    /// <summary>The parameter's name.</summary>
    public string Name { get; }

    /// <summary>The type of the elements that <see cref="Read"/> delivers.</summary>
    public NumberType Type { get; }

    /// <summary>Sizes, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Product of <see cref="Shape"/>.</summary>
    public long ElementCount { get; }

    /// <summary>Bytes of all elements as <see cref="Read"/> delivers them.</summary>
    public long ByteCount => ElementCount * Type.Size();

    /// <summary>
    /// How the container stored the elements where that differs from <see cref="Type"/>, such as "Q4_0"; null where it does not.
    /// </summary>
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

    /// <summary>Reads consecutive elements of any type as single precision, as <see cref="NumberTypes.Widen"/> does.</summary>
    /// <param name="first">Index of the first element.</param>
    /// <param name="destination">[count], overwritten.</param>
    public void ReadSingles(long first, Span<float> destination)
    {
        int size = Type.Size();
        Span<byte> bytes = new byte[Math.Min(destination.Length, ChunkElements) * size];
        while (destination.Length > 0)
        {
            int count = Math.Min(destination.Length, ChunkElements);
            Span<byte> chunk = bytes[..(count * size)];
            Read(first, chunk);
            Type.Widen(chunk, destination[..count]);
            destination = destination[count..];
            first += count;
        }
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
            Problem.InvalidData($"'{Name}' of shape {TensorShape.Text(Shape)} cannot be transposed; only matrices can.");
    }

    protected void RequireSameCount(ReadOnlySpan<long> shape)
    {
        if (TensorShape.ElementCount(shape, Name) != ElementCount)
            Problem.InvalidData($"'{Name}' of shape {TensorShape.Text(Shape)} cannot take the shape {TensorShape.Text(shape)}.");
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
            Problem.InvalidData($"Tensor '{name}' has {shape.Length} dimensions; at most {MaxRank} are allowed.");
        long count = 1;
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0)
                Problem.InvalidData($"Tensor '{name}' has the negative dimension {dimension}.");
            if (dimension > MaxElements || (dimension > 0 && count > MaxElements / dimension))
                Problem.InvalidData($"Tensor '{name}' of shape {Text(shape)} has more than 2^40 elements.");
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

/// <summary>A scalar that the source lacks and the result needs.</summary>
/// <param name="name">The parameter's name.</param>
/// <param name="value">Its value.</param>
internal sealed class ConstantTensor(string name, float value) : SourceTensor(name, NumberType.F32, [])
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
