using System.Text.Json;
using PureClip.Labels;

namespace PureClip.Tests.Cli.Commands;

public sealed class ClassifyCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void Json_lines_hold_all_labels_by_probability_and_the_templates()
    {
        CommandResult result = CommandLine.Run(
            "classify", CommandLine.Cat, "--labels", "house, cat", "--labels", "fire engine", "--template", "a {}", "--template", "{}!");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement line = Assert.Single(result.Lines);
        Assert.Equal(CommandLine.Cat, line.GetProperty("input").GetString());
        Assert.Equal(["a {}", "{}!"], line.GetProperty("templates").EnumerateArray().Select(template => template.GetString()!));
        (string, float)[] labels =
        [
            .. line.GetProperty("labels").EnumerateArray()
                .Select(label => (label.GetProperty("label").GetString()!, label.GetProperty("probability").GetSingle())),
        ];

        string[] names = ["house", "cat", "fire engine"];
        float[] expected = ZeroShotClassifier.Create(model.Clip, names, [new("a {}"), new("{}!")])
            .Classify(model.Clip.EncodeImage(CommandLine.Cat));
        Assert.Equal(names.Zip(expected).OrderByDescending(pair => pair.Second), labels);
        Assert.Equal("cat", labels[0].Item1);
    }

    [Fact]
    public void Labels_may_come_from_a_file_and_the_default_prompt_is_the_label_alone()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("labels.txt", "house\n\n  cat \r\n"u8);
        JsonElement line = Assert.Single(CommandLine.Run("classify", CommandLine.Cat, "--labels-file", file).Lines);

        Assert.Equal(
            ["cat", "house"], line.GetProperty("labels").EnumerateArray().Select(label => label.GetProperty("label").GetString()!));
        Assert.Equal("{}", Assert.Single(line.GetProperty("templates").EnumerateArray()).GetString());
    }

    [Fact]
    public void A_table_shows_the_best_labels_and_the_prompts()
    {
        CommandResult result = CommandLine.Run(
            "classify", CommandLine.Cat, "--labels", "a,b,c,d,e,f,[g]", "--format", "table", "--template", "[a] {}");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("\"[a] {}\"", result.Output);
        Assert.Equal(3 + 1 + 5, result.Output.Trim('\n').Split('\n').Length);
    }

    [Theory]
    [InlineData("cat.", "cat", "dog", "cat")]
    [InlineData("cat = Cat = CAT.", "cat", "dog", "Cat", "CAT")]
    [InlineData("cat, dog = Dog.", "cat", "dog", "cat", "Dog")]
    [InlineData("fire engine = fire  engine.", "fire engine", "dog", "fire  engine")]
    public void Labels_that_the_model_reads_alike_count_once_and_that_is_said(string said, params string[] labels)
    {
        CommandResult result = CommandLine.Run("classify", CommandLine.Cat, "--labels", string.Join(',', labels));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(said, result.Error);
        Assert.Equal(CommandLine.Run("classify", CommandLine.Cat, "--labels", string.Join(',', labels[..2])).Output, result.Output);
    }

    [Fact]
    public void A_label_that_is_too_long_is_named_and_can_be_cut()
    {
        string label = string.Concat(Enumerable.Repeat("red ", 29)), longer = label + "red red";
        CommandLine.Run("classify", CommandLine.Cat, "--labels", $"cat,{longer}")
            .AssertFails(1, "The label \"red red", "31 tokens", "--truncate");
        CommandLine.Run("classify", CommandLine.Cat, "--labels", $"cat,{label}", "--template", "a photo of a {}")
            .AssertFails(1, "The label \"red red", "in \"a photo of a {}\"", "--truncate");
        Assert.Equal(0, CommandLine.Run("classify", CommandLine.Cat, "--labels", $"cat,{longer}", "--truncate").ExitCode);
    }

    [Fact]
    public void Without_labels_it_is_a_usage_error() =>
        CommandLine.Run("classify", CommandLine.Cat).AssertFails(2, "--labels", "--labels-file");

    [Fact]
    public void Without_pictures_it_is_a_usage_error() => CommandLine.Run("classify", "--labels", "cat").AssertFails(2, "classify");

    [Theory]
    [InlineData("a photo")]
    [InlineData("{} and {}")]
    public void A_template_needs_exactly_one_place(string template) =>
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", "--template", template).AssertFails(2, template);

    [Fact]
    public void A_list_of_no_labels_is_an_error() =>
        CommandLine.Run("classify", CommandLine.Cat, "--labels", " , ").AssertFails(1, "label");

    [Fact]
    public void A_missing_file_of_labels_is_an_error() =>
        CommandLine.Run("classify", CommandLine.Cat, "--labels-file", "no such file").AssertFails(1, "no such file");

    [Fact]
    public void Templates_may_come_from_a_published_list()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("templates.py", "templates = [\n    'a bad drawing of a {}.',\n    'the {}.',\n]\n"u8);
        JsonElement line = Assert.Single(
            CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", "--template", "{}", "--templates-file", file).Lines);
        Assert.Equal(
            ["{}", "a bad drawing of a {}.", "the {}."],
            line.GetProperty("templates").EnumerateArray().Select(template => template.GetString()!));
    }

    [Fact]
    public void A_classifier_made_once_says_none_of_these_where_nothing_stands_out()
    {
        using TemporaryFolder folder = Background();
        string file = folder["animals.safetensors"];
        CommandResult made = CommandLine.Run(
            "classify", "--labels", "cat,rocket", "--background-pictures", folder["background"], "--save", file);
        Assert.Equal((0, "", ""), (made.ExitCode, made.Error, made.Output));

        CommandResult result = CommandLine.Run(
            "classify", CommandLine.Cat, CommandLine.Picture("umbrella"), "--classifier", file, "--none", "0.1");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("cat", result.Lines[0].GetProperty("verdict").GetString());
        Assert.Equal(JsonValueKind.Null, result.Lines[1].GetProperty("verdict").ValueKind);

        JsonElement[] labels = [.. result.Lines[0].GetProperty("labels").EnumerateArray()];
        LabelScore score = Classifier.Load(file, model.Clip).Judge(model.Clip.EncodeImage(CommandLine.Cat))[0];
        Assert.Equal("cat", labels[0].GetProperty("label").GetString());
        Assert.Equal(
            (score.Probability, (float)score.ZScore, score.PValue, score.AdjustedPValue),
            (labels[0].GetProperty("probability").GetSingle(), labels[0].GetProperty("z").GetSingle(),
                labels[0].GetProperty("p").GetDouble(), labels[0].GetProperty("p_adjusted").GetDouble()));
    }

    [Fact]
    public void Of_several_labels_each_may_hold()
    {
        using TemporaryFolder folder = Background();
        string[] arguments =
        [
            "classify", CommandLine.Cat, "--labels", "cat,animal with whiskers,rocket", "--background-pictures", folder["background"],
            "--multi", "0.2",
        ];
        JsonElement line = Assert.Single(CommandLine.Run(arguments).Lines);
        string[] holding =
        [
            .. line.GetProperty("labels").EnumerateArray()
                .Where(label => label.GetProperty("p").GetDouble() <= 0.2)
                .Select(label => label.GetProperty("label").GetString()!),
        ];
        Assert.Equal(holding, line.GetProperty("verdict").EnumerateArray().Select(label => label.GetString()!));
        Assert.Contains("cat", holding);
        Assert.DoesNotContain("rocket", holding);
        Assert.DoesNotContain("probability", line.GetRawText());
        Assert.Contains("yes", CommandLine.Run([.. arguments, "--format", "table"]).Output);
    }

    [Fact]
    public void A_table_says_none_of_these()
    {
        using TemporaryFolder folder = Background();
        CommandResult result = CommandLine.Run(
            "classify", CommandLine.Picture("umbrella"), "--labels", "cat", "--background-pictures", folder["background"], "--format",
            "table", "--none");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"umbrella\.png +none of these +cat +100\.0 % ", result.Output);
    }

    [Theory]
    [InlineData("--none")]
    [InlineData("--multi")]
    public void Without_a_background_it_says_what_to_give(string option) =>
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", option)
            .AssertFails(2, option, "--background-pictures", "--classifier");

    [Theory]
    [InlineData("--none", "0")]
    [InlineData("--multi", "1")]
    [InlineData("--none", "many")]
    public void An_error_rate_is_between_0_and_1(string option, string rate) =>
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", option, rate).AssertFails(2, option, rate);

    [Fact]
    public void Options_that_contradict_one_another_are_usage_errors()
    {
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", "--none", "--multi").AssertFails(2, "--none", "--multi");
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", "--classifier", "x").AssertFails(2, "--classifier", "--labels");
        CommandLine.Run("classify", CommandLine.Cat, "--template", "a {}", "--probe", "x").AssertFails(2, "--classifier");
    }

    [Fact]
    public void Too_small_a_background_is_an_error() =>
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "cat", "--background-pictures", CommandLine.Cat, "--none")
            .AssertFails(1, "at least 20");

    [Fact]
    public void A_place_that_cannot_be_written_to_is_known_at_once() =>
        CommandLine.Run("classify", "--labels", "cat", "--save", Path.Combine("no such folder", "x")).AssertFails(1, "no such folder");

    [Fact]
    public void The_stored_classifiers_file_may_be_a_link_or_a_device()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using TemporaryFolder folder = new();
        string file = folder.Write("real/x", "older"u8), link = folder["link"];
        File.CreateSymbolicLink(link, file);
        Assert.Equal(0, CommandLine.Run("classify", "--labels", "cat,dog", "--save", link).ExitCode);
        Assert.Equal(file, new FileInfo(link).LinkTarget);
        Assert.Equal(["cat", "dog"], Classifier.Load(file, model.Clip).Labels);
        CommandLine.Run("classify", "--labels", "cat,dog", "--save", "/dev/full").AssertFails(1, "/dev/full");
        Assert.Equal(["/dev/full"], Directory.EnumerateFileSystemEntries("/dev", "*full*"));
    }

    [Fact]
    public void A_classifier_that_cannot_judge_is_not_stored()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("x", "older"u8);
        CommandLine.Run("classify", "--labels", "cat", "--save", file, "--multi").AssertFails(2, "--multi");
        Assert.Equal("older", File.ReadAllText(file));
        Assert.Equal(["x"], folder.Names);
    }

    /// <summary>40 pictures that are no cats and no rockets.</summary>
    private static TemporaryFolder Background()
    {
        TemporaryFolder folder = new();
        foreach (string picture in Directory.EnumerateFiles(TestData.PathOf("gallery"), "*.png").Order(StringComparer.Ordinal).Take(60)
            .Where(path => !Path.GetFileName(path).Contains("cat", StringComparison.Ordinal)).Take(40))
            folder.Copy(picture, Path.Combine("background", Path.GetFileName(picture)));
        return folder;
    }
}
