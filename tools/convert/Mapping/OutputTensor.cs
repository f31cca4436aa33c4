using PureClip.Convert.Tensors;

namespace PureClip.Convert.Mapping;

/// <summary>One tensor of the result and where its elements come from.</summary>
/// <param name="Canonical">The library's name of the number block that it belongs to.</param>
/// <param name="Name">Hugging Face's name.</param>
/// <param name="Shape">Shape in the result.</param>
/// <param name="Source">Elements in the result's order.</param>
/// <param name="First">Index of the first of them: query, key and value may be parts of one source.</param>
internal sealed record OutputTensor(string Canonical, string Name, long[] Shape, SourceTensor Source, long First)
{
    /// <summary>Elements.</summary>
    public long Count { get; } = TensorShape.ElementCount(Shape, Name);
}
