using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace PureClip.Files;

/// <summary>
/// The tensors of one checkpoint, be it a single file or several shards with an index, behind one lookup. Thread-safe as
/// <see cref="SafetensorsFile"/> is, whose remarks about files that another program cuts hold here too.
/// </summary>
public sealed class SafetensorsSet : IDisposable
{
    /// <summary>File name of an unsharded checkpoint in a model directory.</summary>
    public const string SingleFileName = "model.safetensors";

    /// <summary>File name of the index of a sharded checkpoint in a model directory.</summary>
    public const string IndexFileName = SingleFileName + IndexExtension;

    private const string IndexExtension = ".index.json";
    private const string NextStep = "Download the index and all of its shards again.";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, (TensorInfo Tensor, SafetensorsFile File)> _tensors = [];

    private SafetensorsSet(string path) => Path = path;

    /// <summary>The file or index it was opened with.</summary>
    public string Path { get; }

    /// <summary>The files, in order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>Tensors in the order of the files, then of their bytes.</summary>
    public ImmutableArray<TensorInfo> Tensors { get; private set; } = [];

    /// <summary>Tensors that lie in a shard although the index does not name them: listed here, not found by name.</summary>
    public ImmutableArray<TensorInfo> UnmappedTensors { get; private set; } = [];

    /// <summary>The metadata of the first file.</summary>
    public IReadOnlyDictionary<string, string> Metadata =>
        _files.Count == 0 ? ImmutableDictionary<string, string>.Empty : _files[0].Metadata;

    /// <summary>Bytes of all tensors according to the index, or null. Not checked: published ones are often wrong.</summary>
    public double? DeclaredBytes { get; private set; }

    /// <summary>Finds a tensor.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public TensorInfo this[string name]
    {
        get
        {
            if (!TryGet(name, out TensorInfo? tensor))
                Problem.InvalidData(Path, $"there is no tensor {Problem.Quote(name)}", $"the {Tensors.Length} tensors of this checkpoint",
                    "Check that this is the checkpoint you mean.");
            return tensor;
        }
    }

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">
    /// A safetensors file, an index (<c>*.index.json</c>), or a directory with <c>model.safetensors</c> or its index; the former wins.
    /// </param>
    /// <param name="read">Whether tensors are read when they are wanted, instead of the files being mapped.</param>
    /// <exception cref="InvalidDataException">A file breaks a rule of its format, or the index and the shards do not fit.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SafetensorsSet Open(string path, bool read = false) => Open(path, [], read);

    /// <summary>Opens a checkpoint of which a part lies in further files.</summary>
    /// <param name="path">As above.</param>
    /// <param name="further">Safetensors files, whose tensors have other names.</param>
    /// <param name="read">As above.</param>
    internal static SafetensorsSet Open(string path, IReadOnlyList<string> further, bool read)
    {
        SafetensorsSet set = new(Directory.Exists(path) ? FindIn(path) : path);
        try
        {
            if (set.Path.EndsWith(IndexExtension, StringComparison.Ordinal))
                set.OpenShards(ShardIndex.Read(set.Path), read);
            else
                set.OpenSingle(read);
            foreach (string file in further)
                set.AddFurther(file, read);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor; false where there is none of that name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorInfo? tensor)
    {
        bool found = _tensors.TryGetValue(name, out var entry);
        tensor = entry.Tensor;
        return found;
    }

    /// <summary>The file that holds a tensor: for its bytes, and for messages.</summary>
    /// <exception cref="ArgumentException">The tensor is not of this checkpoint.</exception>
    public SafetensorsFile FileOf(TensorInfo tensor) =>
        _tensors.TryGetValue(tensor.Name, out var entry) && ReferenceEquals(entry.Tensor, tensor)
            ? entry.File
            : throw new ArgumentException($"Tensor {tensor} does not come from {Path}. Look it up there.", nameof(tensor));

    /// <inheritdoc cref="SafetensorsFile.ReadFloats(TensorInfo, Span{float})"/>
    public void ReadFloats(TensorInfo tensor, Span<float> destination) => FileOf(tensor).ReadFloats(tensor, destination);

    /// <summary>Closes all files; see <see cref="SafetensorsFile"/> for reads under way.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static string FindIn(string directory)
    {
        string single = System.IO.Path.Combine(directory, SingleFileName);
        string index = System.IO.Path.Combine(directory, IndexFileName);
        if (File.Exists(single))
            return single;
        if (File.Exists(index))
            return index;
        throw new FileNotFoundException($"{directory}: there is no {SingleFileName} and no {IndexFileName}. " +
            "Give the path of the file itself if it has another name.", single);
    }

    private void OpenSingle(bool read)
    {
        SafetensorsFile file = SafetensorsFile.Open(Path, read);
        _files.Add(file);
        Tensors = file.Tensors;
        foreach (TensorInfo tensor in file.Tensors)
            _tensors.Add(tensor.Name, (tensor, file));
    }

    private void OpenShards(ShardIndex index, bool read)
    {
        string directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        DeclaredBytes = index.TotalBytes;
        foreach (string name in index.FileByTensor.Values.Distinct().Order(StringComparer.Ordinal))
            AddShard(name, System.IO.Path.Combine(directory, name), read);
        foreach ((string tensor, string name) in index.FileByTensor)
            CheckTensorIsInItsShard(tensor, name);
        ILookup<bool, TensorInfo> byMapped = _files.SelectMany(file => file.Tensors)
            .ToLookup(tensor => index.FileByTensor.ContainsKey(tensor.Name));
        Tensors = [.. byMapped[true]];
        UnmappedTensors = [.. byMapped[false]];
        foreach (TensorInfo tensor in UnmappedTensors)
            _tensors.Remove(tensor.Name);
    }

    private void AddFurther(string path, bool read)
    {
        AddShard(path, path, read);
        Tensors = [.. Tensors, .. _files[^1].Tensors];
    }

    private void AddShard(string name, string path, bool read)
    {
        CheckShardExists(name, path);
        SafetensorsFile file = SafetensorsFile.Open(path, read);
        _files.Add(file);
        foreach (TensorInfo tensor in file.Tensors)
            CheckTensorIsNew(_tensors.TryAdd(tensor.Name, (tensor, file)), tensor, file);
    }

    private void CheckShardExists(string name, string path)
    {
        if (!File.Exists(path))
            Fail($"the shard {Problem.Quote(name)} is missing", "every shard that weight_map names, beside the index");
    }

    /// <summary>In a shard twice, mapped or not: which of the two is meant would be a guess.</summary>
    private void CheckTensorIsNew(bool isNew, TensorInfo tensor, SafetensorsFile file)
    {
        if (!isNew)
            Fail($"tensor {tensor} is in {file.Path} and in {_tensors[tensor.Name].File.Path}", "every tensor in one shard");
    }

    private void CheckTensorIsInItsShard(string tensor, string name)
    {
        bool found = _tensors.TryGetValue(tensor, out var entry) && System.IO.Path.GetFileName(entry.File.Path) == name;
        if (!found)
            Fail($"weight_map says that tensor {Problem.Quote(tensor)} is in {Problem.Quote(name)}, but it is not",
                "shards that hold what the map says");
    }

    private void Fail(string found, string allowed) => Problem.InvalidData(Path, found, allowed, NextStep);
}
