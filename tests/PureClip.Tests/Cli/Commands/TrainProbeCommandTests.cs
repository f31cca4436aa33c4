using System.Text.Json;
using PureClip.Labels;

namespace PureClip.Tests.Cli.Commands;

public sealed class TrainProbeCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void Folders_become_a_classifier_that_classify_uses()
    {
        using TemporaryFolder folder = Classes();
        string file = folder["food.safetensors"];
        CommandResult trained = CommandLine.Run("train-probe", folder["classes"], "--output", file, "--folds", "3");
        Assert.Equal((0, ""), (trained.ExitCode, trained.Error));
        JsonElement report = Assert.Single(trained.Lines);
        Assert.Equal(
            [("animals", 6), ("vehicles", 5)],
            report.GetProperty("classes").EnumerateArray()
                .Select(row => (row.GetProperty("label").GetString()!, row.GetProperty("pictures").GetInt32())));
        Assert.Equal(
            ("logistic", 3, "prototype"),
            (report.GetProperty("method").GetString(), report.GetProperty("folds").GetInt32(),
                report.GetProperty("other").GetProperty("method").GetString()));
        Assert.Equal(13, report.GetProperty("settings").GetArrayLength());

        Classifier stored = Classifier.Load(file, model.Clip);
        Assert.Equal(
            (ClassifierKind.LinearProbe, report.GetProperty("accuracy").GetDouble()), (stored.Kind, stored.Validation!.Value.Accuracy));
        CommandResult result = CommandLine.Run("classify", CommandLine.Picture("bus"), CommandLine.Picture("cow"), "--classifier", file);
        Assert.Equal(["vehicles", "animals"], result.Lines.Select(line => line.GetProperty("labels")[0].GetProperty("label").GetString()!));
        Assert.All(result.Lines, line => Assert.Empty(line.GetProperty("templates").EnumerateArray()));
        Assert.DoesNotContain(
            "prompts", CommandLine.Run("classify", CommandLine.Picture("bus"), "--probe", file, "--format", "table").Output);
    }

    [Fact]
    public void Equal_pictures_give_equal_files()
    {
        using TemporaryFolder folder = Classes();
        foreach (string name in new[] { "a", "b" })
            Assert.Equal(
                0,
                CommandLine.Run("train-probe", folder["classes"], "--output", folder[name], "--threads", name == "a" ? "1" : "2").ExitCode);
        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
        Assert.Equal(["a", "b", "classes"], folder.Names);
    }

    [Fact]
    public void A_table_shows_classes_settings_and_the_accuracy()
    {
        using TemporaryFolder folder = Classes();
        string output = CommandLine.Run(
            "train-probe", folder["classes"], "--output", folder["x"], "--method", "prototype", "--format", "table").Output;
        Assert.Matches(@"animals +6\n +vehicles +5\n", output);
        Assert.Matches(@"\d\.\d % +\d+\.\d % +\d\.\d+ +chosen", output);
        Assert.Matches(@"prototypes: \d+\.\d % ± \d+\.\d % right, cross-validated in 5 parts; logistic regression: ", output);
        Assert.Contains("Stored in", output);
    }

    [Fact]
    public void Names_can_be_blended_into_prototypes()
    {
        using TemporaryFolder folder = Classes();
        string[] arguments =
        [
            "train-probe", folder["classes"], "--output", folder["x"], "--method", "prototype", "--name-share", "100", "--template",
            "a drawing of {}",
        ];
        Assert.Equal(0, CommandLine.Run(arguments).ExitCode);
        Classifier blended = Classifier.Load(folder["x"], model.Clip);
        Classifier names = ZeroShotClassifier.Create(model.Clip, ["animals", "vehicles"], [new("a drawing of {}")]);
        float[] x = model.Clip.EncodeImage(CommandLine.Cat);
        Assert.Equal(names.Logits(x)[0] / names.Logits(x)[1], blended.Logits(x)[0] / blended.Logits(x)[1], 1e-3f);
    }

    [Fact]
    public void Broken_pictures_are_reported_and_left_out()
    {
        using TemporaryFolder folder = Classes();
        string broken = folder.Write("classes/animals/broken.png", "no picture"u8);
        CommandResult result = CommandLine.Run("train-probe", folder["classes"], "--output", folder["x"]);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith($"pureclip: {broken}: ", result.Error);
        Assert.Equal(6, result.Lines[0].GetProperty("classes")[0].GetProperty("pictures").GetInt32());
    }

    [Fact]
    public void A_class_with_one_picture_is_an_error_and_nothing_is_left()
    {
        using TemporaryFolder folder = Classes();
        folder.Copy(CommandLine.Cat, "classes/lonely/cat.png");
        CommandLine.Run("train-probe", folder["classes"], "--output", folder["x"]).AssertFails(1, "\"lonely\"", "takes two");
        Assert.Equal(["classes"], folder.Names);
    }

    [Fact]
    public void One_folder_is_not_enough()
    {
        using TemporaryFolder folder = new();
        folder.Copy(CommandLine.Cat, "a/cat.png");
        CommandLine.Run("train-probe", folder.Path, "--output", folder["x"]).AssertFails(1, "at least two");
        CommandLine.Run("train-probe", folder["none"], "--output", folder["x"]).AssertFails(1, "no such folder");
    }

    [Fact]
    public void A_name_that_the_model_cannot_take_whole_is_an_error_unless_it_is_cut()
    {
        using TemporaryFolder folder = Classes();
        string[] line =
        [
            "train-probe", folder["classes"], "--output", folder["x"], "--method", "prototype", "--name-share", "30",
            "--template", string.Join(' ', Enumerable.Repeat("red", 100)) + " {}",
        ];
        CommandLine.Run(line).AssertFails(1, "The label", "--truncate");
        Assert.Equal(0, CommandLine.Run([.. line, "--truncate"]).ExitCode);
    }

    [Fact]
    public void Wrong_options_are_usage_errors()
    {
        CommandLine.Run("train-probe", ".").AssertFails(2, "--output");
        CommandLine.Run("train-probe", ".", "--output", "x", "--method", "svm").AssertFails(2, "svm", "logistic", "prototype");
        CommandLine.Run("train-probe", ".", "--output", "x", "--name-share", "30").AssertFails(2, "--method prototype");
        CommandLine.Run("train-probe", ".", "--output", "x", "--method", "prototype", "--template", "a {}").AssertFails(2, "--name-share");
    }

    [Fact]
    public void The_classifiers_file_may_be_a_link_or_a_device()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using TemporaryFolder folder = Classes();
        string file = folder.Write("real/x", "older"u8), link = folder["link"];
        File.CreateSymbolicLink(link, file);
        Assert.Equal(0, CommandLine.Run("train-probe", folder["classes"], "--output", link, "--method", "prototype").ExitCode);
        Assert.Equal(file, new FileInfo(link).LinkTarget);
        Assert.Equal(["animals", "vehicles"], Classifier.Load(file, model.Clip).Labels);
        CommandLine.Run("train-probe", folder["classes"], "--output", "/dev/full", "--method", "prototype").AssertFails(1, "/dev/full");
        Assert.Equal(["/dev/full"], Directory.EnumerateFileSystemEntries("/dev", "*full*"));
    }

    [Fact]
    public void An_interruption_leaves_no_file()
    {
        using TemporaryFolder folder = Classes();
        using CancellationTokenSource interrupted = new();
        interrupted.Cancel();
        Assert.Equal(130, CommandLine.Run("", interrupted.Token, "train-probe", folder["classes"], "--output", folder["x"]).ExitCode);
        Assert.Equal(["classes"], folder.Names);
    }

    private static TemporaryFolder Classes()
    {
        TemporaryFolder folder = new();
        foreach (string name in new[] { "cat", "dog", "deer", "giraffe", "rabbit", "otter" })
            folder.Copy(CommandLine.Picture(name), $"classes/animals/{name}.png");
        foreach (string name in new[] { "ambulance", "automobile", "airplane", "rocket", "fire-engine" })
            folder.Copy(CommandLine.Picture(name), $"classes/vehicles/{name}.png");
        return folder;
    }
}
