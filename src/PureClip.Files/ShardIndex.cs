namespace PureClip.Files;

/// <summary>
/// The index of a sharded checkpoint, <c>model.safetensors.index.json</c>: which file holds which tensor. Layout:
/// <c>{"metadata":{"total_size":N},"weight_map":{"tensor":"model-00001-of-00002.safetensors"}}</c>.
/// </summary>
internal sealed class ShardIndex
{
    private const string NextStep = "Download the index again together with its shards.";
    private const string ShardExtension = ".safetensors";

    private readonly string _path;
    private readonly Dictionary<string, string> _files = [];

    private ShardIndex(string path) => _path = path;

    /// <summary>File name of the shard by tensor name; every file name is a plain one, without a directory.</summary>
    public IReadOnlyDictionary<string, string> FileByTensor => _files;

    /// <summary>Bytes of all tensors according to the index, or null. For information: published ones are often wrong.</summary>
    public double? TotalBytes { get; private set; }

    /// <summary>Reads and checks an index.</summary>
    /// <exception cref="InvalidDataException">The file is no index, or names a shard that is not a plain file name.</exception>
    public static ShardIndex Read(string path)
    {
        ShardIndex index = new(path);
        CheckLength(path);
        index.ReadJson(File.ReadAllBytes(path));
        return index;
    }

    private static void CheckLength(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > SafetensorsHeader.MaxJsonBytes)
            Problem.InvalidData(path, $"the index has {bytes} bytes", $"at most {SafetensorsHeader.MaxJsonBytes}", NextStep);
    }

    private void ReadJson(ReadOnlySpan<byte> text)
    {
        StrictJsonReader json = new(text, _path, NextStep);
        int maps = 0;
        json.ReadObjectStart("the index");
        while (json.TryReadName(out string name))
        {
            switch (name)
            {
                case "weight_map":
                    maps++;
                    ReadMap(ref json);
                    break;
                case "metadata":
                    ReadMetadata(ref json);
                    break;
                default:
                    json.SkipValue();
                    break;
            }
        }
        json.ReadEnd();
        CheckMapComesOnce(maps);
    }

    private void ReadMetadata(ref StrictJsonReader json)
    {
        json.ReadObjectStart("metadata");
        while (json.TryReadName(out string name))
        {
            if (name == "total_size")
                TotalBytes = json.ReadNumber(name);
            else
                json.SkipValue();
        }
    }

    private void ReadMap(ref StrictJsonReader json)
    {
        json.ReadObjectStart("weight_map");
        while (json.TryReadName(out string tensor))
        {
            string file = json.ReadString("a file name in weight_map");
            CheckIsPlainFileName(file);
            CheckTensorIsNew(_files.TryAdd(tensor, file), tensor);
        }
    }

    private void CheckMapComesOnce(int maps)
    {
        if (maps != 1)
            Fail($"weight_map is there {maps} times", "once");
    }

    /// <summary>Both separators, drive letters and streams (<c>:</c>) on every system: an index is data from elsewhere.</summary>
    private void CheckIsPlainFileName(string file)
    {
        bool plain = file.EndsWith(ShardExtension, StringComparison.Ordinal) && !file.StartsWith('.') &&
            !file.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));
        if (!plain)
            Fail($"weight_map names the file {Problem.Quote(file)}", $"a plain name that ends with {ShardExtension}, beside the index");
    }

    private void CheckTensorIsNew(bool isNew, string tensor)
    {
        if (!isNew)
            Fail($"weight_map names the tensor {Problem.Quote(tensor)} twice", "once");
    }

    private void Fail(string found, string allowed) => Problem.InvalidData(_path, found, allowed, NextStep);
}
