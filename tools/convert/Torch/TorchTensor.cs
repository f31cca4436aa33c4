using PureClip.Convert.Tensors;

namespace PureClip.Convert.Torch;

/// <summary>What <c>_rebuild_tensor</c> was given: a strided look into a storage.</summary>
/// <param name="Storage">Where the elements are.</param>
/// <param name="Type">Their type, or null for one that no weight has (complex, quantised).</param>
/// <param name="TypeName">torch's word for the type.</param>
/// <param name="Offset">Elements before the first.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Strides">Elements between neighbours of each dimension.</param>
internal sealed record TorchTensor(TorchStorage Storage, ElementType? Type, string TypeName, long Offset, long[] Shape, long[] Strides);
