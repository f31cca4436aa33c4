using System.Text.Json;

namespace PureClip.Tests.Cli.Commands;

public sealed class FineTuneCommandTests
{
    [Fact]
    public void Folders_become_a_model_that_other_commands_use()
    {
        using TemporaryFolder folder = Captions();
        CommandResult result = CommandLine.Run(
            "finetune", folder["pictures"], "--output", folder["tuned"], "--method", "lora", "--epochs", "10", "--rate", "0.003",
            "--targets", "q,v,out,mlp");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(11, result.Lines.Count());
        JsonElement chosen = Assert.Single(result.Lines, line => line.GetProperty("chosen").GetBoolean());
        Assert.InRange(chosen.GetProperty("accuracy").GetDouble(), result.Lines.First().GetProperty("accuracy").GetDouble() + 0.01, 1);
        Assert.True(chosen.GetProperty("low").GetDouble() < chosen.GetProperty("high").GetDouble());
        Assert.False(chosen.TryGetProperty("general_picture_to_text", out _));

        CommandResult labels = CommandLine.Run("classify", CommandLine.Picture("bus"), "--labels", "quax,zorp", "--model", folder["tuned"]);
        Assert.Equal("quax", Assert.Single(labels.Lines).GetProperty("labels")[0].GetProperty("label").GetString());

        // The adapters beside it make the same of the model as it was, in every command.
        CommandResult adapted = CommandLine.Run(
            "classify", CommandLine.Picture("bus"), "--labels", "quax,zorp", "--adapter", Path.Combine(folder["tuned"], "adapter"));
        Assert.Equal("quax", Assert.Single(adapted.Lines).GetProperty("labels")[0].GetProperty("label").GetString());
    }

    [Fact]
    public void Few_pictures_become_a_head_that_other_commands_use()
    {
        using TemporaryFolder folder = Captions();
        CommandResult result = CommandLine.Run("finetune", folder["pictures"], "--output", folder["tuned"], "--format", "table");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"Cross-validated over what it learnt from: \d+\.\d %", result.Output);
        Assert.Contains("search --head", result.Output);

        CommandResult labels = CommandLine.Run("classify", CommandLine.Picture("bus"), "--classifier", folder["tuned"]);
        Assert.Equal("quax", Assert.Single(labels.Lines).GetProperty("labels")[0].GetProperty("label").GetString());
        double Score(params string[] more) => CommandLine.Run(
            ["search", "quax", CommandLine.Picture("bus"), "--format", "jsonl", .. more]).Lines.Single().GetProperty("score").GetDouble();
        Assert.True(Score("--head", folder["tuned"]) > Score());
        float[][] vectors = [.. CommandLine.Run("embed", "--text", "quax", "--text", "a cat", "--head", folder["tuned"], "--format", "jsonl")
            .Lines.Select(line => line.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()).ToArray())];
        float[][] plain = [.. CommandLine.Run("embed", "--text", "quax", "--text", "a cat", "--format", "jsonl")
            .Lines.Select(line => line.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()).ToArray())];
        Assert.NotEqual(plain[0], vectors[0]);
        Assert.Equal(1, vectors[0].Sum(x => x * x), 1e-5);
        Assert.Equal(plain[1], vectors[1]);
    }

    [Fact]
    public void Long_captions_and_large_pictures_are_refused_by_name_and_with_the_option_that_helps()
    {
        using TemporaryFolder folder = Captions();
        string words = string.Join(' ', Enumerable.Repeat("quax", 40));
        folder.Write("captions.csv", System.Text.Encoding.UTF8.GetBytes($"{CommandLine.Picture("cow")},{words}\n"));
        CommandResult result = CommandLine.Run("finetune", folder["captions.csv"], "--output", folder["tuned"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cow.png: its caption has", result.Error);
        Assert.Contains("or cut it with --truncate", result.Error);
        Assert.Contains("There are 1 pictures", CommandLine.Run(
            "finetune", folder["captions.csv"], "--output", folder["tuned"], "--truncate").Error);

        result = CommandLine.Run("finetune", folder["pictures"], "--output", folder["tuned"], "--max-pixels", "9");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("--max-pixels", result.Error);
        Assert.Contains("--max-bytes", CommandLine.Run(
            "finetune", folder["pictures"], "--output", folder["tuned"], "--max-bytes", "9").Error);
    }

    [Fact]
    public void A_table_says_what_was_gained_and_forgotten()
    {
        using TemporaryFolder folder = Captions();
        folder.Write(
            "general.csv",
            System.Text.Encoding.UTF8.GetBytes(
                $"picture,caption\n{CommandLine.Picture("cow")},cow\n{CommandLine.Picture("bus")},bus, seen from ahead\n"));
        CommandResult result = CommandLine.Run(
            "finetune", folder["pictures"], "--output", folder["tuned"], "--method", "lora", "--epochs", "1", "--general", folder["general.csv"], "--format",
            "table");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"share +accuracy +general +text to picture", result.Output);
        Assert.Matches(@"Learnt from 12 pictures of 2 captions, measured on 4 others: \d+\.\d %", result.Output);
        Assert.Contains("Of 2 general pictures 100.0 %", result.Output);
        Assert.Matches(@"0\.\d .* written", result.Output);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        using TemporaryFolder folder = Captions();
        CommandLine.Run("finetune", folder["pictures"], "--output", folder["tuned"], "--method", "full", "--rank", "4")
            .AssertFails(2, "--method lora");
        CommandLine.Run("finetune", folder["pictures"], "--output", folder["tuned"], "--method", "head", "--targets", "q")
            .AssertFails(2, "--method lora");
        CommandLine.Run("finetune", folder["pictures"], "--output", folder["tuned"], "--targets", "q,w").AssertFails(2, "'w' is unknown");
        CommandLine.Run("finetune", folder["nothing.csv"], "--output", folder["tuned"]).AssertFails(1, "nothing.csv");
        string lines = folder.Write("lines.csv", "a.png\n"u8);
        CommandLine.Run("finetune", lines, "--output", folder["tuned"]).AssertFails(1, "line 1");
        CommandLine.Run("finetune", folder["pictures"], "--output", folder["pictures"]).AssertFails(1, "not empty");
    }

    /// <summary>Two new words, eight pictures each, the other way round than the shipped model would guess.</summary>
    private static TemporaryFolder Captions()
    {
        TemporaryFolder folder = new();
        foreach ((string kind, string word) in new[] { ("food", "zorp"), ("vehicle", "quax") })
            foreach (string file in Directory.GetFiles(TestData.PathOf($"classes/{kind}"), "*.png"))
                folder.Write($"pictures/{word}/{Path.GetFileName(file)}", File.ReadAllBytes(file));
        return folder;
    }
}
