using PureClip.Cli;

namespace PureClip.Tests.Cli.Commands;

/// <summary>What people read after an index was made.</summary>
public sealed class IndexSummaryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_summary_says_in_words_what_can_be_searched_what_was_passed_over_and_what_comes_next()
    {
        _folder.Copy(CommandLine.Picture("cat"), "photos/cat.png");
        _folder.Copy(CommandLine.Picture("dog"), "photos/dog.png");
        string broken = _folder.Write("photos/broken.png", File.ReadAllBytes(CommandLine.Cat).AsSpan(0, 300));
        _folder.Write("photos/a.heic", [0]);
        _folder.Write("photos/b.heic", [0]);
        _folder.Write("photos/c.jxl", [0]);

        CommandResult first = Index("photos");
        Assert.Equal(0, first.ExitCode);
        Assert.Equal($"2 pictures are searchable (2 new). 3 files of other formats passed over: 2 .heic, 1 .jxl. 1 is damaged or cannot be read: "
            + $"{broken}.\n\nNext: pureclip search \"a beach\" --index {_folder["pureclip.index"]}  (searches them)\n", first.Output);
        Assert.StartsWith($"pureclip: {broken}: ", first.Error);
        Assert.Equal(1, Index("photos", "--strict").ExitCode);

        File.Delete(broken);
        File.Delete(_folder["photos/dog.png"]);
        Assert.StartsWith("1 picture is searchable (1 as before, 1 gone). 3 files", Index("photos").Output);
    }

    [Fact]
    public void Where_no_picture_can_be_read_the_command_has_failed()
    {
        _folder.Write("photos/broken.png", File.ReadAllBytes(CommandLine.Cat).AsSpan(0, 300));
        Assert.Equal(1, Index("photos").ExitCode);
    }

    private CommandResult Index(string folder, params string[] options) => CommandLine.Run(
        ["index", _folder[folder], "--index", _folder["pureclip.index"], .. options],
        (output, error) => new Shell(TextReader.Null, output, error) { OutputIsTerminal = true, Width = 1000 });
}
