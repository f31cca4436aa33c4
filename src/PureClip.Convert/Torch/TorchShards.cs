using System.Text.Json;
using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>
/// A checkpoint in several torch files, listed by <c>pytorch_model.bin.index.json</c> (transformers, sharded checkpoints).
/// </summary>
internal static class TorchShards
{
    private const int MaxIndexBytes = 64 << 20;
    private const int MaxShards = 1_000;

    /// <summary>Opens all shards beside an index.</summary>
    /// <exception cref="InvalidDataException">
    /// The index or a shard is malformed, or a tensor is not in the shard that the index names.
    /// </exception>
    public static SourceCheckpoint Open(string indexPath)
    {
        Dictionary<string, string> shardOf = ReadIndex(indexPath);
        List<Lease> files = [];
        try
        {
            return Read(indexPath, shardOf, files);
        }
        catch
        {
            files.ForEach(static f => f.Dispose());
            throw;
        }
    }

    private static SourceCheckpoint Read(string indexPath, Dictionary<string, string> shardOf, List<Lease> files)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(indexPath)) ?? "";
        List<SourceTensor> tensors = [];
        List<string> notes = [];
        foreach (string shard in shardOf.Values.Distinct().Order(StringComparer.Ordinal))
        {
            Lease file = Lease.Open(Path.Combine(directory, shard));
            files.Add(file);
            SourceCheckpoint checkpoint = CheckpointOpener.Open(file);
            notes.AddRange(checkpoint.Notes);
            tensors.AddRange(checkpoint.Tensors.Where(t => shardOf.GetValueOrDefault(t.Name) == shard));
        }
        HashSet<string> found = [.. tensors.Select(static t => t.Name)];
        string[] missing = [.. shardOf.Keys.Where(name => !found.Contains(name)).Take(5)];
        if (missing.Length > 0)
            Problem.InvalidData(
                $"{indexPath} names tensors that are not in their shards: {string.Join(", ", missing)}. Download all shards of one " +
                "version.");
        return new SourceCheckpoint($"{files.Count} shards of torch.save", files, tensors) { Notes = notes };
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        byte[] text = SmallFile.ReadBytes(path, MaxIndexBytes, "an index has");
        Dictionary<string, string> shardOf = new(StringComparer.Ordinal);
        try
        {
            using JsonDocument json = JsonText.Parse(text, path);
            foreach (JsonProperty entry in json.RootElement.GetProperty("weight_map").EnumerateObject())
                shardOf[entry.Name] = PlainName(entry.Value.GetString(), path);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException)
        {
            Problem.InvalidData($"{path} is no index of shards: {exception.Message}");
        }
        if (shardOf.Count == 0 || shardOf.Values.Distinct().Count() > MaxShards)
            Problem.InvalidData($"{path} lists no shards, or more than {MaxShards}.");
        return shardOf;
    }

    private static string PlainName(string? name, string path) =>
        string.IsNullOrEmpty(name) || name.AsSpan().IndexOfAny("/\\:\0") >= 0 || name is "." or ".."
            ? Problem.InvalidData<string>($"{path} names the shard '{name}'; plain file names beside the index are allowed.")
            : name;
}
