namespace PureClip.Convert.Torch;

/// <summary>A storage by its key: the bytes that one or more tensors look into.</summary>
/// <param name="Key">The member <c>data/KEY</c> of an archive, or the key in a legacy stream.</param>
/// <param name="TypeName">torch's word for the elements, such as "HalfStorage"; "UntypedStorage" for bytes.</param>
/// <param name="ElementCount">Elements as the pickle says.</param>
/// <param name="ViewOffset">Elements to skip, for a legacy view of a storage; else 0.</param>
internal sealed record TorchStorage(string Key, string TypeName, long ElementCount, long ViewOffset);
