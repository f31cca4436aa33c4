using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class AtomicDirectoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Target => _directory.File("target");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_appears_with_its_commit_and_replaces_an_older_one()
    {
        for (int round = 1; round <= 2; round++)
        {
            using AtomicDirectory result = new(Target);
            File.WriteAllText(Path.Combine(result.Path, $"{round}"), "");
            Assert.Equal(round == 2, Directory.Exists(Target));
            result.Commit();
            Assert.Equal([$"{round}"], Directory.GetFileSystemEntries(Target).Select(Path.GetFileName));
            Assert.Equal(["target"], _directory.Names());
        }
    }

    [Fact]
    public void Without_a_commit_the_older_one_stays_and_nothing_else()
    {
        Directory.CreateDirectory(Path.Combine(Target, "older"));
        using (AtomicDirectory result = new(Target))
            File.WriteAllText(Path.Combine(result.Path, "newer"), "");
        Assert.True(Directory.Exists(Path.Combine(Target, "older")));
        Assert.Equal(["target"], _directory.Names());
    }

    [Fact]
    public void A_path_inside_is_written_inside_meanwhile()
    {
        using AtomicDirectory result = new(Target + Path.DirectorySeparatorChar);
        string inside = Path.Combine(Target, "a", "b"), beside = Target + "s";
        Assert.Equal((true, Path.Combine(result.Path, "a", "b")), (result.Holds(inside), result.PlaceOf(inside)));
        Assert.Equal((false, beside), (result.Holds(beside), result.PlaceOf(beside)));
    }

    [Fact]
    public void A_place_that_cannot_be_is_refused_at_once()
    {
        _directory.Write("file", [1]);
        Assert.Contains("is a file", Assert.Throws<IOException>(() => new AtomicDirectory(_directory.File("file"))).Message);
        Assert.Contains("its folder does not exist", Assert.Throws<IOException>(() => new AtomicDirectory(_directory.File("none/target"))).Message);
        Assert.Equal(["file"], _directory.Names());
    }
}
