using System.Text;
using PureClip.Files;
using static PureClip.Tests.Files.Bytes;

namespace PureClip.Tests.Files;

public sealed class SafetensorsSetTests : IDisposable
{
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Shards_form_one_lookup()
    {
        Shard(First, "a", "b");
        Shard(Second, "c");
        Index(("a", First), ("b", First), ("c", Second));
        using SafetensorsSet set = SafetensorsSet.Open(_directory.Path);
        Assert.Equal(["a", "b", "c"], set.Tensors.Select(tensor => tensor.Name));
        Assert.Empty(set.UnmappedTensors);
        Assert.Equal(2, set.Files.Count);
        Assert.Equal(12, set.DeclaredBytes);
        Assert.EndsWith(Second, set.FileOf(set["c"]).Path, StringComparison.Ordinal);
        float[] value = new float[1];
        set.ReadFloats(set["b"], value);
        Assert.Equal(1f, value[0]);
    }

    [Fact]
    public void Single_file_needs_no_index_and_wins_over_one()
    {
        Shard("model.safetensors", "a");
        _directory.Write("model.safetensors.index.json", "not read"u8.ToArray());
        using SafetensorsSet set = SafetensorsSet.Open(_directory.Path);
        Assert.Single(set.Tensors);
        Assert.Equal("pt", set.Metadata["format"]);
        Assert.Null(set.DeclaredBytes);
    }

    [Fact]
    public void File_of_any_name_is_opened_by_its_path()
    {
        Shard("open_clip_model.safetensors", "a");
        using SafetensorsSet set = SafetensorsSet.Open(_directory.File("open_clip_model.safetensors"));
        Assert.True(set.TryGet("a", out _));
        Assert.False(set.TryGet("b", out _));
    }

    [Fact]
    public void Directory_without_a_checkpoint_is_named() =>
        Assert.Contains(_directory.Path, Assert.Throws<FileNotFoundException>(() => SafetensorsSet.Open(_directory.Path)).Message);

    [Fact]
    public void Missing_tensor_is_named()
    {
        Shard("model.safetensors", "a");
        using SafetensorsSet set = SafetensorsSet.Open(_directory.Path);
        Assert.Contains("\"b\"", Assert.Throws<InvalidDataException>(() => set["b"]).Message);
    }

    [Fact]
    public void Tensor_that_the_index_does_not_name_is_listed_but_not_found()
    {
        Shard(First, "a", "extra");
        Index(("a", First));
        using SafetensorsSet set = SafetensorsSet.Open(_directory.Path);
        Assert.Equal(["extra"], set.UnmappedTensors.Select(tensor => tensor.Name));
        Assert.Equal(["a"], set.Tensors.Select(tensor => tensor.Name));
        Assert.False(set.TryGet("extra", out _));
        Assert.Throws<ArgumentException>(() => set.FileOf(set.UnmappedTensors[0]));
    }

    [Fact]
    public void Tensor_that_is_not_in_its_shard_is_rejected()
    {
        Shard(First, "a");
        Index(("a", First), ("b", First));
        Assert.Contains("\"b\"", Refusal());
    }

    [Fact]
    public void Tensor_that_is_in_another_shard_is_rejected()
    {
        Shard(First, "a");
        Shard(Second, "b");
        Index(("a", Second), ("b", First));
        Assert.Contains("but it is not", Refusal());
    }

    [Fact]
    public void Tensor_in_two_shards_is_rejected()
    {
        Shard(First, "a", "b");
        Shard(Second, "b", "c");
        Index(("a", First), ("b", First), ("c", Second));
        Assert.Contains("every tensor in one shard", Refusal());
    }

    [Fact]
    public void Missing_shard_is_named_and_the_others_are_closed()
    {
        Shard(First, "a");
        Index(("a", First), ("b", Second));
        Assert.Contains(Second, Refusal());
        _directory.Write(First, []);
    }

    [Fact]
    public void Damaged_shard_is_named()
    {
        _directory.Write(First, File("{}", 1));
        Index(("a", First));
        Assert.Contains(First, Refusal());
    }

    private void Shard(string name, params string[] tensors) => SafetensorsWriter.Write(_directory.File(name),
        tensors.Select((tensor, i) => TensorSource.FromFloats(tensor, [], new float[] { i })), new Dictionary<string, string> { ["format"] = "pt" });

    private void Index(params (string Tensor, string File)[] map) => _directory.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(
        $"{{\"metadata\":{{\"total_size\":{4 * map.Length}}},\"weight_map\":{{{string.Join(',', map.Select(pair => $"\"{pair.Tensor}\":\"{pair.File}\""))}}}}}"));

    private string Refusal() => Assert.Throws<InvalidDataException>(() => SafetensorsSet.Open(_directory.Path)).Message;
}
