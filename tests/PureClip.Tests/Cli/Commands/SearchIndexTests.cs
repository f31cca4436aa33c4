using System.Text.Json;
using PureClip.Search;

namespace PureClip.Tests.Cli.Commands;

/// <summary><c>search</c> with an index, with queries of several terms, and for other programs.</summary>
[Collection(GalleryIndex.Collection)]
public sealed class SearchIndexTests(GalleryIndex index)
{
    [Fact]
    public void An_index_is_searched_as_its_folder_is()
    {
        CommandResult stored = Search("birthday cake", "--top", "20");
        CommandResult computed = CommandLine.Run("search", "birthday cake", GalleryIndex.Gallery, "--top", "20");

        Assert.Equal((0, ""), (stored.ExitCode, stored.Error));
        Assert.Equal(20, stored.Lines.Length);
        Assert.Equal(Paths(computed).Select(Path.GetFullPath), Paths(stored).Select(Path.GetFullPath));
        foreach ((JsonElement a, JsonElement b) in stored.Lines.Zip(computed.Lines))
            Assert.Equal(b.GetProperty("score").GetSingle(), a.GetProperty("score").GetSingle(), 1e-5f);
    }

    [Fact]
    public void Terms_are_added_and_taken_away_by_weight()
    {
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"));
        float[] expected = new float[clip.EmbeddingWidth], dog = clip.EncodeImage(CommandLine.Picture("dog"));
        float[] cake = clip.EncodeText("cake"), cat = clip.EncodeText("cat");
        for (int i = 0; i < expected.Length; i++)
            expected[i] = 2 * cake[i] + dog[i] - 0.5f * cat[i];
        CommandResult found = Search("2:cake", "+", CommandLine.Picture("dog"), "-", "0.5:text:cat", "--top", "1");

        string best = Paths(found).Single();
        Assert.Equal(Similarity.Cosine(expected, clip.EncodeImage(best)), found.Lines[0].GetProperty("score").GetSingle(), 1e-5f);
    }

    [Fact]
    public void Folders_beside_an_index_choose_what_lies_below()
    {
        Assert.Equal(
            [CommandLine.Cat, CommandLine.Picture("dog")],
            Paths(Search("cat", CommandLine.Cat, CommandLine.Picture("dog"))).Select(Path.GetFullPath).Order());
        using TemporaryFolder elsewhere = new();
        Search("cat", elsewhere.Path).AssertFails(1, elsewhere.Path, "no picture there");
    }

    [Fact]
    public void Scores_below_the_minimum_are_not_shown()
    {
        CommandResult found = Search("birthday cake", "--top", "400", "--min-score", "0.25");
        Assert.InRange(found.Lines.Length, 2, 40);
        Assert.All(found.Lines, line => Assert.True(line.GetProperty("score").GetSingle() >= 0.25f));
        CommandResult none = Search("birthday cake", "--min-score", "0.99");
        Assert.Equal((0, ""), (none.ExitCode, none.Output));
        Assert.Contains("--min-score", none.Error);
    }

    [Theory]
    [InlineData("--paths", '\n')]
    [InlineData("--null", '\0')]
    [InlineData("-0", '\0')]
    public void Paths_alone_can_be_had(string option, char end)
    {
        CommandResult lines = Search("cat", "--top", "3"), paths = Search("cat", "--top", "3", option);
        Assert.Equal(string.Concat(Paths(lines).Select(path => path + end)), paths.Output);
        Search("cat", option, "--format", "table").AssertFails(2, "--format");
    }

    [Fact]
    public void A_picture_that_is_gone_is_left_off_the_page()
    {
        using TemporaryFolder folder = new();
        string kept = folder.Copy(CommandLine.Cat, "pictures/cat.png"), gone = folder.Copy(CommandLine.Picture("dog"), "pictures/dog.png");
        Assert.Equal(0, CommandLine.Run("index", folder["pictures"], "--index", folder["index"]).ExitCode);
        File.Delete(gone);
        CommandResult found = CommandLine.Run("search", "cat", "--index", folder["index"], "--html", folder["page.html"]);

        Assert.Equal((0, 2), (found.ExitCode, found.Lines.Length));
        Assert.Contains("dog.png: this file is gone", found.Error);
        Assert.Single(File.ReadAllText(folder["page.html"]).Split("<figure>")[1..]);
        Assert.True(File.Exists(kept));
    }

    [Fact]
    public void Another_models_index_is_refused()
    {
        using TemporaryFolder folder = new();
        EmbeddingIndexWriter.Create(folder["other"], new(new string('0', 32), 8) { ModelName = "other" }).Dispose();
        CommandLine.Run("search", "cat", "--index", folder["other"]).AssertFails(1, "other", "pictogram-mini");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_index_is_searched_by_as_many_threads_as_are_asked_for(int threads)
    {
        Assert.Equal(Search("cat").Output, Search("cat", "--threads", $"{threads}").Output);
    }

    [Fact]
    public void A_picture_is_compared_by_the_rules_of_the_index_only()
    {
        Search(CommandLine.Cat, "--no-exif").AssertFails(1, index.Path, "exif=on", "exif=off");
        Search("2:cake", "+", CommandLine.Picture("dog"), "--weights", "int8").AssertFails(1, "weights=as-stored", "weights=int8");
        Assert.Equal((0, ""), (Search("cat", "--no-exif").ExitCode, Search("cat", "--no-exif").Error)); // a text has no orientation
    }

    [Fact]
    public void Terms_that_cancel_out_are_an_error() => Search("cat", "-", "cat").AssertFails(1, "cancel out");

    [Fact]
    public void Without_an_index_it_is_said_how_to_make_one()
    {
        using TemporaryFolder folder = new();
        CommandLine.Run("search", "cat", "--index", folder["none"]).AssertFails(1, folder["none"], "index");
    }

    private CommandResult Search(params string[] arguments) => CommandLine.Run(["search", .. arguments, "--index", index.Path]);

    private static IEnumerable<string> Paths(CommandResult result) => result.Lines.Select(line => line.GetProperty("path").GetString()!);
}
