using System.Text.Json;

namespace PureClip.Tests.Cli.Commands;

public sealed class SimilarityCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void A_file_that_exists_is_a_picture_and_everything_else_a_text()
    {
        CommandResult result = CommandLine.Run("similarity", CommandLine.Cat, "a cat");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement line = Assert.Single(result.Lines);
        Assert.Equal(["a", "a_kind", "b", "b_kind", "cosine"], line.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("image", "text"), (line.GetProperty("a_kind").GetString(), line.GetProperty("b_kind").GetString()));
        Assert.Equal(
            Similarity.Cosine(model.Clip.EncodeImage(CommandLine.Cat), model.Clip.EncodeText("a cat")),
            line.GetProperty("cosine").GetSingle());
    }

    [Fact]
    public void A_table_says_what_was_taken_for_what()
    {
        CommandResult result = CommandLine.Run("similarity", "a dog", "a cat", "--format", "table");
        Assert.Equal(2, result.Output.Split("text").Length - 1);
    }

    [Fact]
    public void A_missing_file_with_a_pictures_name_is_an_error_and_no_text() =>
        CommandLine.Run("similarity", "missing.PNG", "a cat").AssertFails(1, "missing.PNG");

    [Fact]
    public void A_broken_picture_is_an_error()
    {
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.png", [1, 2, 3]);
        CommandLine.Run("similarity", broken, "a cat").AssertFails(1, broken);
    }

    [Fact]
    public void A_text_that_is_too_long_can_be_cut()
    {
        string text = string.Concat(Enumerable.Repeat("red ", 40));
        CommandLine.Run("similarity", "a cat", text).AssertFails(1, "\"red red", "40 tokens", "--truncate");
        Assert.Equal(0, CommandLine.Run("similarity", "a cat", text, "--truncate").ExitCode);
    }

    [Fact]
    public void One_argument_is_a_usage_error() => CommandLine.Run("similarity", "a cat").AssertFails(2, "similarity");
}
