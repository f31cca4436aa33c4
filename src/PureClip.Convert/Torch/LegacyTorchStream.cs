using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using PureClip.Convert.Tensors;
using PureClip.Convert.Torch.Pickle;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>
/// What torch.save wrote before 1.6: pickles of a magic number, a version, system facts, the object and the storage keys, then for each
/// key a count and the elements (torch/serialization.py, _legacy_save). Elements are little-endian whatever machine wrote them:
/// torch/csrc/serialization.cpp converts when writing.
/// </summary>
internal static class LegacyTorchStream
{
    private const long Version = 1001;
    private const int MaxStorages = 1_000_000;

    private static readonly BigInteger Magic =
        BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Opens a stream.</summary>
    /// <param name="file">The file; owned by the result, or by the caller where this fails.</param>
    /// <param name="select">What of the pickle is a state dict; null for what training programs keep one under.</param>
    /// <exception cref="InvalidDataException">The stream or a pickle breaks a rule, or there is no state dict.</exception>
    public static SourceCheckpoint Open(Lease file, Func<object?, object?>? select = null)
    {
        long offset = 0;
        if (ReadPickle(file, ref offset).Value is not PickleBigInteger magic || magic.Value != Magic)
            Problem.InvalidData($"{file.Path} is a Python pickle, but not one that torch.save wrote.");
        if (ReadPickle(file, ref offset).Value is not Version)
            Problem.InvalidData($"{file.Path} is a torch stream of another version than {Version}.");
        if (ReadPickle(file, ref offset).Value is not PickleDictionary)
            Problem.InvalidData($"{file.Path}: the third pickle of a torch stream must be a dict.");
        Pickled model = ReadPickle(file, ref offset);
        if (ReadPickle(file, ref offset).Value is not PickleList { Items.Count: <= MaxStorages } keys)
            return Problem.InvalidData<SourceCheckpoint>(
                $"{file.Path}: the fifth pickle of a torch stream must be a list of at most {MaxStorages} keys.");
        Dictionary<string, TorchStorageRange> ranges = LocateAll(keys, ElementSizes(model, file.Path), offset, file);
        return TorchCheckpoint.Create(
            "torch.save stream of before 1.6", file, select is null ? model.Value : select(model.Value),
            storage => Locate(storage, ranges, file.Path), bigEndian: false);
    }

    private static Pickled ReadPickle(Lease file, ref long offset)
    {
        Pickled pickled = Unpickler.Read(file.Span(offset, (int)Math.Min(file.Length - offset, PickleLimits.Bytes)));
        offset += pickled.Length;
        return pickled;
    }

    /// <summary>The keys' sections do not say how large an element is; the object's pickle does.</summary>
    private static Dictionary<string, int> ElementSizes(Pickled model, string path)
    {
        Dictionary<string, int> sizes = new(StringComparer.Ordinal);
        foreach (TorchStorage storage in model.Storages)
        {
            int size = TorchTypes.StorageElementSize(storage.TypeName);
            if (size == 0)
                Problem.InvalidData($"{path}: storage '{storage.Key}' has the unknown type {storage.TypeName}.");
            if (!sizes.TryAdd(storage.Key, size) && sizes[storage.Key] != size)
                Problem.InvalidData($"{path}: storage '{storage.Key}' is given two element sizes, {sizes[storage.Key]} and {size}.");
        }
        return sizes;
    }

    private static Dictionary<string, TorchStorageRange> LocateAll(
        PickleList keys, Dictionary<string, int> sizes, long offset, Lease file)
    {
        Dictionary<string, TorchStorageRange> ranges = new(StringComparer.Ordinal);
        foreach (object? item in keys.Items)
        {
            string key = item as string ?? System.Convert.ToString(item as long?, CultureInfo.InvariantCulture) ?? "";
            if (!sizes.TryGetValue(key, out int size))
                Problem.InvalidData($"{file.Path}: storage '{key}' is in the list of keys, but no tensor names it.");
            long count = BinaryPrimitives.ReadInt64LittleEndian(file.Span(offset, sizeof(long)));
            if (count < 0 || count > TensorShape.MaxElements)
                Problem.InvalidData($"{file.Path}: storage '{key}' claims {count} elements; 0 to 2^40 are allowed.");
            TorchStorageRange range = new(offset + sizeof(long), count * size);
            file.RequireRange(range.Offset, range.Length, $"storage '{key}'");
            if (!ranges.TryAdd(key, range))
                Problem.InvalidData($"{file.Path}: storage '{key}' is twice in the list of keys.");
            offset = range.Offset + range.Length;
        }
        return ranges;
    }

    private static TorchStorageRange Locate(TorchStorage storage, Dictionary<string, TorchStorageRange> ranges, string path) =>
        ranges.TryGetValue(storage.Key, out TorchStorageRange range)
            ? range
            : Problem.InvalidData<TorchStorageRange>($"{path}: storage '{storage.Key}' is not in the list of keys.");
}
