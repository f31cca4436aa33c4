using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests;

public sealed class ContainerSnifferTests
{
    [Theory]
    [InlineData("views_zip.pt", ContainerKind.TorchArchive)]
    [InlineData("script.pt", ContainerKind.TorchArchive)]
    [InlineData("views_legacy.pt", ContainerKind.TorchStream)]
    [InlineData("clip_cpp.gguf", ContainerKind.Gguf)]
    [InlineData("merged.onnx", ContainerKind.Onnx)]
    public void Containers_are_known_by_their_first_bytes(string name, object kind) =>
        Assert.Equal(kind, ContainerSniffer.Sniff(Lease.FromBytes(Fixture.Bytes(name), "no-name")));

    [Theory]
    [InlineData("{}")]
    [InlineData(" {}")]
    [InlineData("\t\r\n{}")]
    public void Safetensors_is_known_with_white_space_before_its_header(string header) =>
        Assert.Equal(ContainerKind.Safetensors, ContainerSniffer.Sniff(Lease.FromBytes(new Bytes().U64((ulong)header.Length).Text(header).ToArray())));

    [Fact]
    public void Safetensors_with_a_header_of_8_bytes_is_not_taken_for_onnx() =>
        Assert.Equal(ContainerKind.Safetensors, ContainerSniffer.Sniff(Lease.FromBytes(new Bytes().U64(8).Text("{}      ").ToArray())));

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer")]
    [InlineData("<!DOCTYPE html>", "web page")]
    [InlineData("\u0089HDF\r\n\u001A\n", "HDF5")]
    [InlineData("hello world", "68656C6C6F20776F")]
    [InlineData("x", "no known checkpoint")]
    public void Other_files_are_refused_with_what_they_are(string text, string about) => Hostile.IsRefused(new Bytes().Text(text).ToArray(), about);

    [Fact]
    public void Tar_files_are_refused_with_what_to_do()
    {
        byte[] file = new byte[1024];
        "storages"u8.CopyTo(file);
        "ustar"u8.CopyTo(file.AsSpan(257));
        Hostile.IsRefused(file, "before 0.1.10");
    }

    [Fact]
    public void Empty_files_are_refused()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("empty.pt", []);
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => CheckpointOpener.OpenFile(path)).Message);
    }
}
