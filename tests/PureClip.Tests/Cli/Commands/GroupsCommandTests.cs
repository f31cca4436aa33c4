using System.Text.Json;

namespace PureClip.Tests.Cli.Commands;

[Collection(GalleryIndex.Collection)]
public sealed class GroupsCommandTests(GalleryIndex index)
{
    private const string Words = "fruit\n# a comment\n\nanimal\nvehicle\nmusic\nbuilding\nface\nclock\nweather\n";

    [Fact]
    public void Every_picture_is_in_one_group_and_groups_have_names()
    {
        using TemporaryFolder folder = new();
        string words = folder.Write("words.txt", System.Text.Encoding.UTF8.GetBytes(Words));
        CommandResult found = CommandLine.Run("groups", "--index", index.Path, "--words", words);

        Assert.Equal((0, ""), (found.ExitCode, found.Error));
        Assert.Equal(14, found.Lines.Length); // the root of 200
        Assert.Equal(PureClip.Tests.Support.ShippedModel.Gallery.Order(), found.Lines.SelectMany(Paths).Select(Path.GetFullPath).Order());
        Assert.All(found.Lines, line => Assert.Equal(3, line.GetProperty("names").GetArrayLength()));
        Assert.All(found.Lines, line => Assert.Equal(line.GetProperty("size").GetInt32(), Paths(line).Length));
        int[] sizes = [.. found.Lines.Select(line => line.GetProperty("size").GetInt32())];
        Assert.Equal(sizes.OrderDescending(), sizes);
        Assert.Equal(found.Output, CommandLine.Run("groups", "--index", index.Path, "--words", words, "--threads", "1").Output);
    }

    [Fact]
    public void Folders_are_grouped_too()
    {
        using TemporaryFolder folder = new();
        string words = folder.Write("words.txt", System.Text.Encoding.UTF8.GetBytes(Words));
        foreach (string name in (string[])["cat", "dog", "rocket", "airplane"])
            folder.Copy(CommandLine.Picture(name), name + ".png");
        CommandResult found = CommandLine.Run("groups", folder.Path, "--count", "2", "--words", words, "--format", "table");
        Assert.Equal((0, ""), (found.ExitCode, found.Error));
        Assert.Contains("most central pictures", found.Output);
        Assert.Equal(5, found.Output.Split('\n').Length);
    }

    [Fact]
    public void A_list_of_one_word_is_refused()
    {
        using TemporaryFolder folder = new();
        string words = folder.Write("words.txt", "fruit"u8);
        CommandLine.Run("groups", "--index", index.Path, "--words", words).AssertFails(1, words, "two");
    }

    [Fact]
    public void A_word_that_the_model_cannot_take_whole_is_an_error_unless_it_is_cut()
    {
        using TemporaryFolder folder = new();
        string text = string.Join(' ', Enumerable.Repeat("red", 100));
        string words = folder.Write("words.txt", System.Text.Encoding.UTF8.GetBytes($"fruit\n{text}\n"));
        string[] line = ["groups", "--index", index.Path, "--count", "2", "--words", words];
        CommandLine.Run(line).AssertFails(1, "The word \"red red", "--truncate");
        Assert.Equal(0, CommandLine.Run([.. line, "--truncate"]).ExitCode);
    }

    [Fact]
    public void A_list_that_is_not_there_is_an_error_before_the_work() =>
        CommandLine.Run("groups", CommandLine.Cat, "--words", "nowhere.txt", "--model", "not looked at").AssertFails(1, "nowhere.txt");

    [Fact]
    public void A_model_without_words_is_an_error_before_the_work()
    {
        using TinyModel model = TinyModel.VisionOnly();
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.png", [1, 2, 3]), words = folder.Write("words.txt", "fruit\nanimal"u8);
        foreach (string[] option in (string[][])[[], ["--words", words]])
        {
            CommandResult result = CommandLine.Run(["groups", broken, "--model", model.Save(), .. option]);
            result.AssertFails(1, "vision tower only");
            Assert.DoesNotContain(broken, result.Error);
        }
    }

    private static string[] Paths(JsonElement line) =>
        [.. line.GetProperty("pictures").EnumerateArray().Select(picture => picture.GetProperty("path").GetString()!)];
}
