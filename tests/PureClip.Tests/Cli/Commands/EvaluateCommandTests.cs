using System.Text.Json;

namespace PureClip.Tests.Cli.Commands;

public sealed class EvaluateCommandTests
{
    private static readonly string[] Names = ["cat", "dog", "airplane", "red-apple", "house", "zebra", "umbrella", "train"];

    [Fact]
    public void Folders_are_told_apart_by_their_names()
    {
        CommandResult result = CommandLine.Run("evaluate", TestData.PathOf("classes"), "--template", "a drawing of a {}");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement report = Assert.Single(result.Lines);
        Assert.Equal(["dataset", "model", "task", "pictures", "metrics", "intervals", "published", "confusions"],
            report.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("classes", "pictogram-mini", "zeroshot_classification", 24), (
            report.GetProperty("dataset").GetString(), report.GetProperty("model").GetString(), report.GetProperty("task").GetString(),
            report.GetProperty("pictures").GetInt32()));
        JsonElement metrics = report.GetProperty("metrics");
        Assert.Equal(["acc1", "mean_per_class_recall", "ece", "temperature", "ece_at_temperature"],
            metrics.EnumerateObject().Select(field => field.Name));
        // The same answers as classify's.
        CommandResult judged = CommandLine.Run(
            "classify", TestData.PathOf("classes"), "--labels", "animal,food,vehicle", "--template", "a drawing of a {}");
        int right = judged.Lines.Count(line => line.GetProperty("input").GetString()!.Contains(
            $"{Path.DirectorySeparatorChar}{line.GetProperty("labels")[0].GetProperty("label").GetString()}{Path.DirectorySeparatorChar}"));
        Assert.Equal(right / 24.0, metrics.GetProperty("acc1").GetDouble(), 1e-12);
        Assert.Equal(24 - right, report.GetProperty("confusions").EnumerateArray().Sum(row => row.GetProperty("count").GetInt32()));
    }

    [Fact]
    public void Captions_find_their_pictures()
    {
        using TemporaryFolder folder = Captions(out string file, twice: true);
        JsonElement report = Assert.Single(CommandLine.Run("evaluate", file).Lines);
        Assert.Equal(("zeroshot_retrieval", Names.Length), (
            report.GetProperty("task").GetString(), report.GetProperty("pictures").GetInt32()));
        JsonElement metrics = report.GetProperty("metrics");
        Assert.InRange(metrics.GetProperty("image_retrieval_recall@1").GetDouble(), 0.8, 1); // the gallery's own pictures
        Assert.InRange(metrics.GetProperty("text_retrieval_recall@1").GetDouble(), 0.8, 1);
        Assert.Equal(1, metrics.GetProperty("image_retrieval_recall@10").GetDouble()); // of eight pictures
        Assert.Equal(2, report.GetProperty("intervals").GetProperty("image_retrieval_recall@1").GetArrayLength());
    }

    [Fact]
    public void The_published_figure_stands_beside()
    {
        using TemporaryFolder folder = Captions(out string file);
        foreach (string path in Directory.EnumerateFiles(TestData.Weights("pictogram-mini")))
            folder.Copy(path, $"openai-b32/{Path.GetFileName(path)}"); // a directory of that name stands for it
        JsonElement report = Assert.Single(CommandLine.Run(
            "evaluate", file, "--dataset", "flickr30k", "--model", folder["openai-b32"]).Lines);
        JsonElement published = report.GetProperty("published").GetProperty("text_retrieval_recall@1");
        Assert.Equal((0.789, "open_clip"), (published.GetProperty("value").GetDouble(), published.GetProperty("source").GetString()));
        Assert.Contains("78.9 % (open_clip)", CommandLine.Run(
            "evaluate", file, "--dataset", "flickr30k", "--model", folder["openai-b32"], "--format", "table").Output);
    }

    [Fact]
    public void A_probe_and_a_few_pictures()
    {
        JsonElement probe = Assert.Single(CommandLine.Run("evaluate", TestData.PathOf("classes"), "--task", "probe", "--train",
            TestData.PathOf("classes")).Lines);
        Assert.Equal("linear_probe", probe.GetProperty("task").GetString());
        Assert.InRange(probe.GetProperty("metrics").GetProperty("acc1").GetDouble(), 0.9, 1); // judged on what it was trained on
        JsonElement few = Assert.Single(CommandLine.Run(
            "evaluate", TestData.PathOf("classes"), "--task", "few-shot", "--shots", "1,4", "--name-share", "0").Lines);
        Assert.Equal(["acc1@1", "acc1@4"], few.GetProperty("metrics").EnumerateObject().Select(field => field.Name));
        Assert.InRange(few.GetProperty("metrics").GetProperty("acc1@4").GetDouble(), 0.6, 1); // a third by chance
    }

    [Fact]
    public void A_table_says_how_sure_it_is()
    {
        string output = CommandLine.Run(
            "evaluate", TestData.PathOf("classes"), "--templates", "openai-imagenet-7", "--format", "table").Output;
        Assert.Matches(@"classes, zeroshot_classification, pictogram-mini, 24 pictures\n", output);
        Assert.Matches(@"acc1 +\d+\.\d % +\d+\.\d % to \d+\.\d %", output);
        Assert.Matches(@"ece +\d\.\d{3}", output);
    }

    [Fact]
    public void A_picture_that_cannot_be_read_is_named_and_left_out()
    {
        using TemporaryFolder folder = Captions(out string file);
        folder.Write("zebra.png", [1, 2, 3]);
        CommandResult result = CommandLine.Run("evaluate", file);
        Assert.Contains("zebra.png", result.Error);
        Assert.Equal(Names.Length - 1, Assert.Single(result.Lines).GetProperty("pictures").GetInt32());
    }

    [Fact]
    public void What_cannot_be_measured_is_refused()
    {
        using TemporaryFolder folder = Captions(out string file);
        string classes = TestData.PathOf("classes");
        CommandLine.Run("evaluate", classes, "--task", "probe").AssertFails(2, "--train");
        CommandLine.Run("evaluate", classes, "--train", classes).AssertFails(2, "--task probe");
        CommandLine.Run("evaluate", classes, "--task", "retrieval").AssertFails(2, "captions");
        CommandLine.Run("evaluate", classes, "--shots", "2").AssertFails(2, "few-shot");
        CommandLine.Run("evaluate", file, "--template", "a {}").AssertFails(2, "templates");
        CommandLine.Run("evaluate", classes, "--templates", "imagenet").AssertFails(2, "openai-imagenet-80");
        CommandLine.Run("evaluate", classes, "--task", "few-shot", "--shots", "8").AssertFails(1, "at least one more");
        CommandLine.Run("evaluate", folder["nothing"]).AssertFails(1, "nothing");
        string two = folder.Write("two.csv", "cat.png,animal\ncat.png,food\ndog.png,animal\n"u8.ToArray());
        CommandLine.Run("evaluate", two, "--task", "zero-shot").AssertFails(1, "a picture has one");
    }

    private static TemporaryFolder Captions(out string file, bool twice = false)
    {
        TemporaryFolder folder = new();
        List<string> lines = ["picture,caption"];
        foreach (string name in Names)
        {
            folder.Copy(CommandLine.Picture(name), $"{name}.png");
            lines.Add($"{name}.png,{name.Replace('-', ' ')}");
            if (twice)
                lines.Add($"{name}.png,a picture of a {name.Replace('-', ' ')}");
        }
        file = folder["captions.csv"];
        File.WriteAllLines(file, lines);
        return folder;
    }
}
