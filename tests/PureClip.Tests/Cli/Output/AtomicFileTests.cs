using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class AtomicFileTests
{
    [Fact]
    public void A_file_appears_when_it_is_committed()
    {
        using TemporaryFolder folder = new();
        using (AtomicFile file = new(folder["a"]))
        {
            file.Stream.Write([1, 2]);
            Assert.False(File.Exists(folder["a"]));
            file.Commit();
        }
        Assert.Equal(["a"], folder.Names);
        Assert.Equal([1, 2], File.ReadAllBytes(folder["a"]));
    }

    [Fact]
    public void Nothing_is_left_of_a_file_that_is_not_committed()
    {
        using TemporaryFolder folder = new();
        folder.Write("a", [7]);
        using (AtomicFile file = new(folder["a"]))
            file.Stream.Write([1, 2]);
        Assert.Equal(["a"], folder.Names);
        Assert.Equal([7], File.ReadAllBytes(folder["a"]));
    }

    [Fact]
    public void A_link_stays_a_link()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        using TemporaryFolder folder = new();
        folder.Write("real/a", [7]);
        File.CreateSymbolicLink(folder["link"], folder["real/a"]);
        using (AtomicFile file = new(folder["link"]))
        {
            file.Stream.Write([1]);
            file.Commit();
        }
        Assert.NotNull(File.ResolveLinkTarget(folder["link"], returnFinalTarget: false));
        Assert.Equal([1], File.ReadAllBytes(folder["real/a"]));
    }
}
