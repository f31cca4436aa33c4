using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>From what a pickle said to tensors in a file.</summary>
internal static class TorchCheckpoint
{
    /// <summary>Makes the tensors of a state dict readable.</summary>
    /// <param name="container">The container in a few words.</param>
    /// <param name="file">The file; owned by the result, or by the caller where this fails.</param>
    /// <param name="root">The pickle's value.</param>
    /// <param name="locate">Finds a storage's bytes.</param>
    /// <param name="bigEndian">True where elements are stored most significant byte first.</param>
    /// <exception cref="InvalidDataException">There is no state dict in it, or a tensor is outside of its storage.</exception>
    public static SourceCheckpoint Create(string container, Lease file, object? root, TorchStorageLocator locate, bool bigEndian)
    {
        StateDict state = StateDict.Select(root, file.Path);
        List<SourceTensor> tensors = [];
        foreach ((string name, TorchTensor tensor) in state.Tensors)
        {
            if (tensor.Type is NumberType type)
                tensors.Add(Resolve(name, type, tensor, file, locate(tensor.Storage), bigEndian));
            else
                state.Notes.Add($"'{name}' was left out: its type {tensor.TypeName} is none that weights have.");
        }
        return new SourceCheckpoint(container, [file], tensors) { Notes = state.Notes };
    }

    private static StridedTensor Resolve(
        string name, NumberType type, TorchTensor tensor, Lease file, TorchStorageRange range, bool bigEndian)
    {
        TorchStorage storage = tensor.Storage;
        int storageSize = TorchTypes.StorageElementSize(storage.TypeName);
        if (storageSize == 0)
            Problem.InvalidData($"'{name}' is in a storage of the unknown type {storage.TypeName}.");
        if (storage.ElementCount > range.Length / storageSize)
            Problem.InvalidData(
                $"'{name}' is in storage '{storage.Key}' of {storage.ElementCount} {storage.TypeName} elements, which has only " +
                $"{range.Length} bytes.");
        long extent = StridedTensor.Extent(tensor.Shape, tensor.Strides, name);
        long available = storage.ElementCount * storageSize / type.Size();
        Int128 first = (Int128)tensor.Offset + storage.ViewOffset;
        if (tensor.Offset < 0 || first + extent > available)
            Problem.InvalidData(
                $"'{name}' reaches from element {first} to {first + extent} of storage '{storage.Key}', which has {available}.");
        return new StridedTensor(name, type, tensor.Shape, file, range.Offset + (long)first * type.Size(), tensor.Strides, bigEndian);
    }
}

/// <summary>A storage by its key: the bytes that one or more tensors look into.</summary>
/// <param name="Key">The member <c>data/KEY</c> of an archive, or the key in a legacy stream.</param>
/// <param name="TypeName">torch's word for the elements, such as "HalfStorage"; "UntypedStorage" for bytes.</param>
/// <param name="ElementCount">Elements as the pickle says.</param>
/// <param name="ViewOffset">Elements to skip, for a legacy view of a storage; else 0.</param>
internal sealed record TorchStorage(string Key, string TypeName, long ElementCount, long ViewOffset);

/// <summary>What <c>_rebuild_tensor</c> was given: a strided look into a storage.</summary>
/// <param name="Storage">Where the elements are.</param>
/// <param name="Type">Their type, or null for one that no weight has (complex, quantised).</param>
/// <param name="TypeName">torch's word for the type.</param>
/// <param name="Offset">Elements before the first.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Strides">Elements between neighbours of each dimension.</param>
internal sealed record TorchTensor(TorchStorage Storage, NumberType? Type, string TypeName, long Offset, long[] Shape, long[] Strides);

/// <summary>Where a storage's bytes are in the file.</summary>
/// <param name="Offset">Byte offset.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct TorchStorageRange(long Offset, long Length);

/// <summary>Finds a storage's bytes.</summary>
/// <exception cref="InvalidDataException">The file has no such storage.</exception>
internal delegate TorchStorageRange TorchStorageLocator(TorchStorage storage);
