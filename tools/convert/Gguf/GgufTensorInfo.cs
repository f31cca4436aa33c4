using PureClip.Convert.Tensors;

namespace PureClip.Convert.Gguf;

/// <summary>One line of a GGUF file's list of tensors, checked for sizes.</summary>
internal sealed class GgufTensorInfo
{
    private readonly GgmlType _type;
    private readonly long[] _shape;

    /// <exception cref="InvalidDataException">The sizes overflow or do not make whole blocks.</exception>
    public GgufTensorInfo(string name, GgmlType type, long[] shape, ulong offset)
    {
        long elements = TensorShape.ElementCount(shape, name);
        if (type.BlockElements > 1 && (shape.Length == 0 || shape[^1] % type.BlockElements != 0))
            Throw.InvalidData(
                $"'{name}' of shape {TensorShape.Text(shape)} is {type.Name}, but its rows are not multiples of {type.BlockElements}.");
        Name = name;
        Offset = offset;
        ByteCount = elements / type.BlockElements * type.BlockBytes;
        _type = type;
        _shape = shape;
    }

    public string Name { get; }

    /// <summary>Bytes from the start of the data section.</summary>
    public ulong Offset { get; }

    /// <summary>Bytes without the padding after them.</summary>
    public long ByteCount { get; }

    /// <summary>The tensor under another name, at its place in the file.</summary>
    public SourceTensor Open(string name, MappedFile file, long offset) => _type.Plain is ElementType plain
        ? new StridedTensor(name, plain, _shape, file, offset)
        : new GgmlBlockTensor(name, _type, _shape, file, offset);
}
