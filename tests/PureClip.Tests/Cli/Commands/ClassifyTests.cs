using System.Text.Json;
using PureClip.Labels;

namespace PureClip.Tests.Cli.Commands;

public sealed class ClassifyTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void Json_lines_hold_all_labels_by_probability_and_the_templates()
    {
        CommandResult result = CommandLine.Run("classify", CommandLine.Cat, "--labels", "house, cat", "--labels", "fire engine", "--template", "a {}", "--template", "{}!");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement line = Assert.Single(result.Lines);
        Assert.Equal(CommandLine.Cat, line.GetProperty("input").GetString());
        Assert.Equal(["a {}", "{}!"], line.GetProperty("templates").EnumerateArray().Select(template => template.GetString()!));
        (string, float)[] labels = [.. line.GetProperty("labels").EnumerateArray().Select(label => (label.GetProperty("label").GetString()!, label.GetProperty("probability").GetSingle()))];

        string[] names = ["house", "cat", "fire engine"];
        float[] expected = ZeroShotClassifier.Create(model.Clip, names, [new("a {}"), new("{}!")]).Classify(model.Clip.EncodeImage(CommandLine.Cat));
        Assert.Equal(names.Zip(expected).OrderByDescending(pair => pair.Second), labels);
        Assert.Equal("cat", labels[0].Item1);
    }

    [Fact]
    public void Labels_may_come_from_a_file_and_the_default_prompt_is_the_label_alone()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("labels.txt", "house\n\n  cat \r\n"u8);
        JsonElement line = Assert.Single(CommandLine.Run("classify", CommandLine.Cat, "--labels-file", file).Lines);

        Assert.Equal(["cat", "house"], line.GetProperty("labels").EnumerateArray().Select(label => label.GetProperty("label").GetString()!));
        Assert.Equal("{}", Assert.Single(line.GetProperty("templates").EnumerateArray()).GetString());
    }

    [Fact]
    public void A_table_shows_the_best_labels_and_the_prompts()
    {
        CommandResult result = CommandLine.Run("classify", CommandLine.Cat, "--labels", "a,b,c,d,e,f,[g]", "--format", "table", "--template", "[a] {}");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("\"[a] {}\"", result.Output);
        Assert.Equal(3 + 1 + 5, result.Output.Trim('\n').Split('\n').Length);
    }

    [Fact]
    public void Without_labels_it_is_a_usage_error() => CommandLine.Run("classify", CommandLine.Cat).AssertFails(2, "--labels", "--labels-file");

    [Fact]
    public void Without_pictures_it_is_a_usage_error() => CommandLine.Run("classify", "--labels", "cat").AssertFails(2, "classify");

    [Theory]
    [InlineData("a photo")]
    [InlineData("{} and {}")]
    public void A_template_needs_exactly_one_place(string template) =>
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", "--template", template).AssertFails(2, template);

    [Fact]
    public void A_list_of_no_labels_is_an_error() => CommandLine.Run("classify", CommandLine.Cat, "--labels", " , ").AssertFails(1, "label");

    [Fact]
    public void A_missing_file_of_labels_is_an_error() => CommandLine.Run("classify", CommandLine.Cat, "--labels-file", "no such file").AssertFails(1, "no such file");
}
