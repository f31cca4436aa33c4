using System.Text.Json;
using PureClip.Tests.Search;

namespace PureClip.Tests.Cli;

public sealed class MergeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parts_by_content_make_the_index_of_one_run()
    {
        for (int i = 1; i <= 3; i++)
        {
            CommandResult part = CommandLine.Run("index", GalleryIndex.Gallery, "--shard", $"{i}/3", "--index", _folder[$"part-{i}.index"]);
            Assert.Equal((0, ""), (part.ExitCode, part.Error));
            JsonElement facts = Assert.Single(part.Lines);
            Assert.Equal(400, facts.GetProperty("added").GetInt32() + facts.GetProperty("of_other_shards").GetInt32());
        }
        CommandLine.Run("index", GalleryIndex.Gallery, "--index", _folder["whole.index"]);
        CommandResult merged = CommandLine.Run(
            "merge", _folder["part-3.index"], _folder["part-1.index"], _folder["part-2.index"], "--output", _folder["merged.index"]);
        Assert.Equal((0, ""), (merged.ExitCode, merged.Error));
        Assert.Equal(400, Assert.Single(merged.Lines).GetProperty("entries").GetInt32());
        TarPicturesTests.AssertSame(_folder["whole.index"], _folder["merged.index"]);
        Assert.Equal(
            "400 pictures are searchable, of 1 index (0 new, 400 there more than once).\n",
            CommandLine.Run("merge", _folder["whole.index"], "--output", _folder["merged.index"], "--format", "table").Output);
    }

    [Fact]
    public void Conflicts_name_the_option_that_settles_them()
    {
        string picture = _folder.Copy(CommandLine.Cat, "photos/a.png");
        CommandLine.Run("index", picture, "--index", _folder["a.index"]);
        _folder.Copy(CommandLine.Picture("dog"), "photos/a.png");
        File.SetLastWriteTimeUtc(picture, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        CommandLine.Run("index", picture, "--index", _folder["b.index"]);
        CommandLine.Run("merge", _folder["a.index"], _folder["b.index"], "--output", _folder["c.index"])
            .AssertFails(1, "photos/a.png", "a.index", "b.index", "(--newest)");
        Assert.False(Directory.Exists(_folder["c.index"]));
        Assert.Equal(0, CommandLine.Run("merge", _folder["a.index"], _folder["b.index"], "--output", _folder["c.index"], "--newest").ExitCode);
        TarPicturesTests.AssertSame(_folder["b.index"], _folder["c.index"]);
    }

    [Fact]
    public void Wrong_command_lines_say_what_is_missing()
    {
        CommandLine.Run("merge", "a.index").AssertFails(2, "--output DIR");
        CommandLine.Run("merge", "", "--output", "c.index").AssertFails(2, "empty");
        CommandLine.Run("merge", _folder["none.index"], "--output", _folder["c.index"]).AssertFails(1, "none.index");
        Assert.Equal(2, CommandLine.Run("merge", "--output", "c.index").ExitCode);
        foreach (string shard in new[] { "0/3", "4/3", "x", "" })
            CommandLine.Run("index", CommandLine.Cat, "--shard", shard, "--index", _folder["d.index"]).AssertFails(2, $"--shard '{shard}'", "2/8");
        Assert.Empty(_folder.Names);
    }
}
