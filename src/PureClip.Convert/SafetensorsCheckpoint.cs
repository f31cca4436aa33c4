using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert;

/// <summary>
/// Safetensors files, whole or in shards: the library checks the headers, the tensors are read as those of any other container.
/// </summary>
internal static class SafetensorsCheckpoint
{
    /// <summary>Opens a file, or the shards that an index names.</summary>
    /// <exception cref="InvalidDataException">A file breaks a rule of the format, or has a tensor of a type that no CLIP has.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static SourceCheckpoint Open(string path)
    {
        using SafetensorsSet set = SafetensorsSet.Open(path);
        List<Lease> files = [];
        try
        {
            Dictionary<SafetensorsFile, Lease> leases = [];
            foreach (SafetensorsFile file in set.Files)
                files.Add(leases[file] = file.Lease());
            SourceTensor[] tensors = [.. set.Tensors.Select(tensor => Read(tensor, set.FileOf(tensor), leases))];
            SourceCheckpoint checkpoint = new(files.Count == 1 ? "safetensors" : $"{files.Count} shards of safetensors", files, tensors);
            checkpoint.Metadata.AddRange(set.Metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal));
            checkpoint.Notes.AddRange(
                set.UnmappedTensors.Select(static tensor => $"{tensor} lies in a shard but is not in the index; it was left out."));
            return checkpoint;
        }
        catch
        {
            files.ForEach(static file => file.Dispose());
            throw;
        }
    }

    private static StridedTensor Read(TensorInfo tensor, SafetensorsFile file, Dictionary<SafetensorsFile, Lease> leases) =>
        new(tensor.Name, TypeOf(tensor, file.Path), tensor.Shape.AsSpan(), leases[file], file.OffsetOf(tensor));

    private static NumberType TypeOf(TensorInfo tensor, string path) => tensor.Type.CanWiden()
        ? tensor.Type
        : Problem.InvalidData<NumberType>(
            $"{path}: {tensor} is of a type that is not supported. Supported are F64, F32, F16, BF16 and whole numbers; use the model in " +
            "one of these.");
}
