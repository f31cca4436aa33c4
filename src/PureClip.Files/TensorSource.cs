using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace PureClip.Files;

/// <summary>A tensor to be written: its description, and how to produce its bytes when their turn comes.</summary>
/// <param name="Name">Key in the file: Unicode text, unique, not <c>__metadata__</c>.</param>
/// <param name="Type">Type of the numbers.</param>
/// <param name="Shape">Dimensions, row-major; empty for a scalar.</param>
/// <param name="Write">Called once; must write exactly the tensor's bytes, little-endian, in pieces of any size.</param>
internal sealed record TensorSource(string Name, NumberType Type, ImmutableArray<long> Shape, Action<Stream> Write)
{
    /// <summary>An F32 tensor that is in memory already; it is not copied.</summary>
    public static TensorSource FromFloats(string name, ImmutableArray<long> shape, ReadOnlyMemory<float> values) =>
        new(name, NumberType.F32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>A tensor of another file, which must stay open until it has been written.</summary>
    public static TensorSource FromFile(SafetensorsFile file, TensorInfo tensor) =>
        new(tensor.Name, tensor.Type, tensor.Shape, stream => file.CopyTo(tensor, stream));
}
