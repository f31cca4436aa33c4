using System.Text;
using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class ShardIndexTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Index_is_read()
    {
        ShardIndex index = Read("{\"metadata\":{\"total_size\":1.2e3,\"total_parameters\":[1]},\"weight_map\":{\"a\":\"x.safetensors\",\"../b\":\"y.safetensors\"},\"more\":{}}\n");
        Assert.Equal(1200, index.TotalBytes);
        Assert.Equal("x.safetensors", index.FileByTensor["a"]);
        Assert.Equal("y.safetensors", index.FileByTensor["../b"]);
    }

    [Fact]
    public void Index_without_metadata_is_read() => Assert.Null(Read("{\"weight_map\":{}}").TotalBytes);

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/model.safetensors")]
    [InlineData("sub/model.safetensors")]
    [InlineData("sub\\\\model.safetensors")]
    [InlineData("C:model.safetensors")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData(".safetensors")]
    [InlineData("a\\u0000.safetensors")]
    [InlineData("model.bin")]
    [InlineData("/etc/passwd")]
    public void File_name_that_is_not_plain_is_rejected(string file) =>
        Assert.Contains("a plain name", Refusal("{\"weight_map\":{\"a\":\"" + file + "\"}}"));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"weight_map\":[]}")]
    [InlineData("{\"weight_map\":{\"a\":1}}")]
    [InlineData("{\"weight_map\":{\"a\":null}}")]
    [InlineData("{\"metadata\":{}}")]
    [InlineData("{\"metadata\":7,\"weight_map\":{}}")]
    [InlineData("{\"metadata\":{\"total_size\":\"7\"},\"weight_map\":{}}")]
    [InlineData("{\"metadata\":{\"total_size\":1e999},\"weight_map\":{}}")]
    [InlineData("{\"weight_map\":{},\"weight_map\":{}}")]
    [InlineData("{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"x.safetensors\"}}")]
    [InlineData("{\"weight_map\":{}} {}")]
    public void Index_that_is_not_one_is_rejected(string json) => Assert.Contains(_directory.Path, Refusal(json));

    [Fact]
    public void Index_longer_than_the_limit_is_rejected_unread()
    {
        string path = _directory.File("huge.index.json");
        using (FileStream stream = File.Create(path))
            stream.SetLength(100_000_001);
        Assert.Contains("at most 100000000", Assert.Throws<InvalidDataException>(() => ShardIndex.Read(path)).Message);
    }

    private ShardIndex Read(string json) => ShardIndex.Read(_directory.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json)));

    private string Refusal(string json) => Assert.Throws<InvalidDataException>(() => Read(json)).Message;
}
