using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests.Onnx;

public sealed class ExternalDataFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ExternalDataFilesTests()
    {
        _directory.Write("secret", new byte[64]);
        _directory.Write("model/data", new byte[16]);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("../secret")]
    [InlineData("./data")]
    [InlineData("sub/../../secret")]
    [InlineData("..\\secret")]
    [InlineData("/etc/hostname")]
    [InlineData("C:data")]
    [InlineData("data\0")]
    [InlineData("")]
    [InlineData("a//data")]
    public void Locations_that_could_leave_the_directory_are_refused(string location) => IsRefused("only relative paths", ("location", location));

    [Fact]
    public void Links_are_not_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_directory.Root, "model", "link"), Path.Combine(_directory.Root, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(_directory.Root, "model", "up"), _directory.Root);
        IsRefused("link", ("location", "link"));
        IsRefused("link", ("location", "up/secret"));
    }

    [Fact]
    public void What_is_no_regular_file_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Root, "model", "folder"));
        _directory.Write("model/empty", []);
        IsRefused("no file beside", ("location", "folder"));
        IsRefused("empty", ("location", "empty"));
        IsRefused("no file beside", ("location", "missing"));
    }

    [Theory]
    [InlineData("offset", "4", "needs 16 bytes at offset 4")]
    [InlineData("offset", "9223372036854775807", "offset 9223372036854775807")]
    [InlineData("offset", "-4", "no number")]
    [InlineData("offset", "1e3", "no number")]
    [InlineData("offset", "99999999999999999999", "no number")]
    [InlineData("length", "12", "has 12 bytes")]
    [InlineData("length", "17", "has 17 bytes")]
    public void Offset_and_length_are_checked(string key, string value, string about) => IsRefused(about, ("location", "data"), (key, value));

    [Fact]
    public void A_location_is_required() => IsRefused("no location", ("offset", "0"));

    [Fact]
    public void Offset_and_length_may_be_left_out()
    {
        using SourceCheckpoint checkpoint = CheckpointOpener.OpenFile(Write(("location", "data")));
        Assert.Equal(4, checkpoint.Tensors.Single().ElementCount);
    }

    private void IsRefused(string about, params (string Key, string Value)[] entries)
    {
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => CheckpointOpener.OpenFile(Write(entries)));
        Assert.Contains(about, exception.Message, StringComparison.OrdinalIgnoreCase);
    }

    private string Write(params (string Key, string Value)[] entries)
    {
        Protobuf graph = new Protobuf().Message(5, Protobuf.External("a.weight", 4, entries)).Message(1, Protobuf.Node("Mul", ["x", "a.weight"], ["y"]));
        return _directory.Write("model/model.onnx", Protobuf.Model(graph));
    }
}
