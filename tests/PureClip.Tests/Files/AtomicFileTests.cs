using System.IO.Pipes;
using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    /// <summary>A device that takes nothing: what is written to it fails, and what is renamed over it does not.</summary>
    private const string Full = "/dev/full";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_appears_when_it_is_committed()
    {
        using (AtomicFile file = new(_directory.File("a")))
        {
            file.Stream.Write([1, 2]);
            Assert.False(File.Exists(_directory.File("a")));
            file.Commit();
        }
        AssertAlone("a", [1, 2]);
    }

    [Fact]
    public void Nothing_is_left_of_a_file_that_is_not_committed()
    {
        string path = _directory.Write("a", [7]);
        using (AtomicFile file = new(path))
            file.Stream.Write([1, 2]);
        AssertAlone("a", [7]);
    }

    [Fact]
    public void Room_that_was_reserved_and_not_used_is_given_back()
    {
        using (AtomicFile file = new(_directory.File("a"), size: 1 << 20))
        {
            file.Stream.Write([1, 2]);
            file.Commit();
        }
        AssertAlone("a", [1, 2]);
    }

    [Fact]
    public void A_place_that_cannot_be_written_to_is_known_at_once()
    {
        Directory.CreateDirectory(_directory.File("folder"));
        Assert.Equal($"{_directory.File("folder")} is a folder. Give the name of a file to write.", RefusalOf(_directory.File("folder")));
        Assert.Equal($"{_directory.File("none/a")} cannot be written: its folder does not exist.", RefusalOf(_directory.File("none/a")));
        Assert.Equal(["folder"], _directory.Names());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_link_stays_a_link(bool leadsToAFile)
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        string real = _directory.File("real"), link = _directory.File("link"), linkToLink = _directory.File("link to link");
        if (leadsToAFile)
            File.WriteAllBytes(real, [7]);
        File.CreateSymbolicLink(link, real);
        File.CreateSymbolicLink(linkToLink, link);
        using (AtomicFile file = new(linkToLink))
        {
            file.Stream.Write([1]);
            file.Commit();
        }
        Assert.Equal((real, link), (new FileInfo(link).LinkTarget, new FileInfo(linkToLink).LinkTarget));
        Assert.Equal([1], File.ReadAllBytes(real));
        Assert.Equal(["link", "link to link", "real"], _directory.Names());
    }

    [Fact]
    public void A_device_is_written_to_and_not_replaced()
    {
        if (!File.Exists(Full))
            return; // Linux has it
        using (AtomicFile file = new(Full))
        {
            file.Stream.Write([1]);
            Assert.Throws<IOException>(file.Commit);
        }
        File.CreateSymbolicLink(_directory.File("link"), Full);
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(_directory.File("link"), [TensorSource.FromFloats("a", [1], new[] { 1f })]));
        Assert.Equal(["link"], _directory.Names());
        Assert.Equal([Full], Directory.EnumerateFileSystemEntries("/dev", "*full*"));
    }

    [Fact]
    public void A_pipe_without_a_name_is_written_to()
    {
        if (OperatingSystem.IsWindows())
            return; // no /dev/fd there, which /dev/stdout is a link into
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        using (AtomicFile file = new($"/dev/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}"))
        {
            file.Stream.Write([1, 2]);
            file.Commit();
        }
        pipe.DisposeLocalCopyOfClientHandle();
        byte[] read = new byte[3];
        Assert.Equal(2, pipe.ReadAtLeast(read, 3, throwOnEndOfStream: false));
        Assert.Equal([1, 2, 0], read);
    }

    [Fact]
    public void Shared_memory_holds_files_like_others()
    {
        if (!Directory.Exists("/dev/shm"))
            return;
        string path = $"/dev/shm/pureclip-{Guid.NewGuid():N}";
        try
        {
            SafetensorsWriter.Write(path, [TensorSource.FromFloats("a", [1], new[] { 1f })]);
            Assert.True(File.Exists(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string RefusalOf(string path) => Assert.Throws<IOException>(() => new AtomicFile(path)).Message;

    private void AssertAlone(string name, byte[] content)
    {
        Assert.Equal([name], _directory.Names());
        Assert.Equal(content, File.ReadAllBytes(_directory.File(name)));
    }
}
