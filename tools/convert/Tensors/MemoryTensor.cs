namespace PureClip.Convert.Tensors;

/// <summary>Elements that a container does not hold as plain bytes, decoded once: small constants and varint-coded initialisers.</summary>
internal sealed class MemoryTensor : SourceTensor
{
    private readonly byte[] _bytes;

    /// <param name="name">The parameter's name.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    /// <param name="bytes">All elements, row-major and little-endian.</param>
    /// <exception cref="InvalidDataException">The bytes are not as many as the shape needs.</exception>
    public MemoryTensor(string name, ElementType type, ReadOnlySpan<long> shape, byte[] bytes)
        : base(name, type, shape)
    {
        _bytes = bytes;
        if (bytes.Length != ByteCount)
            Throw.InvalidData($"Tensor '{name}' of shape {TensorShape.Text(shape)} needs {ByteCount} bytes of {type}; the file gives {bytes.Length}.");
    }

    public override SourceTensor WithName(string name) => new MemoryTensor(name, Type, Shape, _bytes);

    public override SourceTensor Reshape(ReadOnlySpan<long> shape)
    {
        RequireSameCount(shape);
        return new MemoryTensor(Name, Type, shape, _bytes);
    }

    public override SourceTensor Transpose()
    {
        RequireMatrix();
        int rows = (int)Shape[0], columns = (int)Shape[1], size = Type.Size();
        byte[] transposed = new byte[_bytes.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                _bytes.AsSpan((row * columns + column) * size, size).CopyTo(transposed.AsSpan((column * rows + row) * size));
        return new MemoryTensor(Name, Type, [columns, rows], transposed);
    }

    protected override void ReadElements(long first, int count, Span<byte> destination) =>
        _bytes.AsSpan((int)first * Type.Size(), destination.Length).CopyTo(destination);
}
