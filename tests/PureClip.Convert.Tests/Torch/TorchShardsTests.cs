using System.Text;
using PureClip.Convert.Tests.Support;
using PureClip.Convert.Torch;

namespace PureClip.Convert.Tests.Torch;

public sealed class TorchShardsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Shards_read_as_one_checkpoint()
    {
        using SourceCheckpoint checkpoint = CheckpointOpener.OpenPath(Fixture.PathOf("sharded"));
        Fixture.Matches("sharded", checkpoint.Tensors);
        Assert.Equal(2, checkpoint.Files.Count);
    }

    [Theory]
    [InlineData("{\"weight_map\":{\"a\":\"../secret.bin\"}}", "plain file names")]
    [InlineData("{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "plain file names")]
    [InlineData("{\"weight_map\":{\"a\":\"..\"}}", "plain file names")]
    [InlineData("{\"weight_map\":{\"a\":null}}", "plain file names")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "no index")]
    [InlineData("{\"weight_map\":{}}", "no shards")]
    [InlineData("{\"weight_map\":[]}", "no index")]
    [InlineData("{}", "no index")]
    [InlineData("[", "not valid JSON")]
    public void A_malformed_index_is_refused(string json, string about)
    {
        string path = _directory.Write("pytorch_model.bin.index.json", Encoding.UTF8.GetBytes(json));
        Assert.Contains(about, Assert.Throws<InvalidDataException>(() => TorchShards.Open(path)).Message);
    }

    [Fact]
    public void A_tensor_that_is_not_in_its_shard_is_named()
    {
        _directory.Write("a.bin", Fixture.Bytes("views_zip.pt"));
        string path = _directory.Write("pytorch_model.bin.index.json", "{\"weight_map\":{\"plain\":\"a.bin\",\"lost\":\"a.bin\"}}"u8.ToArray());
        Assert.Contains("lost", Assert.Throws<InvalidDataException>(() => TorchShards.Open(path)).Message);
    }
}
