namespace PureClip.Convert.Torch;

/// <summary>Where a storage's bytes are in the file.</summary>
/// <param name="Offset">Byte offset.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct TorchStorageRange(long Offset, long Length);

/// <summary>Finds a storage's bytes.</summary>
/// <exception cref="InvalidDataException">The file has no such storage.</exception>
internal delegate TorchStorageRange TorchStorageLocator(TorchStorage storage);
