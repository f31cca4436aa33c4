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
