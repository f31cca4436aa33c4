using System.Collections.Immutable;

namespace PureClip.Files;

/// <summary>What a header says about one tensor. Instances come from a validated header only, so their sizes can be trusted.</summary>
internal sealed class TensorInfo
{
    /// <summary>Describes a tensor whose sizes have been checked.</summary>
    public TensorInfo(string name, NumberType type, ImmutableArray<long> shape, long elementCount, long byteOffset, long byteLength)
    {
        Name = name;
        Type = type;
        Shape = shape;
        ElementCount = elementCount;
        ByteOffset = byteOffset;
        ByteLength = byteLength;
    }

    /// <summary>The key in the header: any Unicode text, never to be used as a file name.</summary>
    public string Name { get; }

    /// <summary>Type of the numbers.</summary>
    public NumberType Type { get; }

    /// <summary>Dimensions, row-major; empty for a scalar, and any of them may be zero.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Product of <see cref="Shape"/>: 1 for a scalar, 0 where a dimension is zero.</summary>
    public long ElementCount { get; }

    /// <summary>Where the tensor begins, in bytes from the start of the data buffer (which follows the header).</summary>
    public long ByteOffset { get; }

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength { get; }

    /// <summary>Name, type and shape for messages: <c>"logit_scale" F32 []</c>.</summary>
    public override string ToString() => $"{Problem.Quote(Name)} {Type.Name()} [{string.Join(", ", Shape)}]";
}
