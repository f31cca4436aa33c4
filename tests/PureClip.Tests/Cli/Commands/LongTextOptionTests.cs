using System.Text.Json;
using Shipped = PureClip.Tests.Support.ShippedModel;

namespace PureClip.Tests.Cli.Commands;

/// <summary>Texts with more tokens than the model takes, in the commands that take texts.</summary>
public sealed class LongTextOptionTests
{
    private static readonly string Long = string.Join(' ', Enumerable.Range(0, 60).Select(static i => $"A small cat beside house number {i}."));

    [Fact]
    public void Embed_pools_them_and_says_in_how_many_windows()
    {
        CommandLine.Run("embed", "--text", Long).AssertFails(1, "the model takes");
        CommandResult result = CommandLine.Run("embed", "--text", Long, "--long-texts", "mean", "--overlap", "8", "--format", "jsonl");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("windows of at most", result.Error, StringComparison.Ordinal);
        using Clip clip = Shipped.Load();
        float[] expected = clip.EncodeLongText(Long, new() { Overlap = 8 }).Embedding!;
        float[] found = [.. result.Lines[0].GetProperty("embedding").EnumerateArray().Select(static x => x.GetSingle())];
        TensorAssert.SameBits(expected, found);
    }

    [Fact]
    public void Search_can_take_the_window_that_is_nearest_to_each_picture()
    {
        string[] pictures = [CommandLine.Cat, CommandLine.Picture("house"), CommandLine.Picture("airplane")];
        CommandResult result = CommandLine.Run(
            ["search", "text:" + Long, .. pictures, "--long-texts", "best", "--format", "jsonl", "--no-index"]);
        Assert.True(result.ExitCode == 0, result.Error);
        using Clip clip = Shipped.Load();
        LongText text = clip.EncodeLongText(Long, new() { Pooling = LongTextPooling.Best });
        foreach (JsonElement line in result.Lines)
            Assert.Equal(
                text.Similarity(clip.EncodeImage(line.GetProperty("path").GetString()!)), line.GetProperty("score").GetSingle(), 1e-5);
        Assert.Equal(3, result.Lines.Length);
        Assert.Equal(0, CommandLine.Run(
            ["search", "text:" + Long, .. pictures, "--long-texts", "token-mean", "--format", "jsonl", "--no-index"]).ExitCode);
        CommandLine.Run("search", "text:" + Long, "+", "dog", pictures[0], "--long-texts", "best").AssertFails(2, "one text alone");
    }

    [Fact]
    public void Classify_takes_long_labels()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder["labels.txt"], [Long, "an airplane"]);
        CommandResult result = CommandLine.Run(
            "classify", CommandLine.Cat, "--labels-file", folder["labels.txt"], "--long-texts", "max", "--format", "jsonl");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("windows of at most", result.Error, StringComparison.Ordinal);
        CommandLine.Run("classify", CommandLine.Cat, "--labels-file", folder["labels.txt"]).AssertFails(1, "the model takes");
        CommandLine.Run("classify", CommandLine.Cat, "--labels", "a,b", "--long-texts", "best").AssertFails(2, "mean or token-mean");
    }

    [Fact]
    public void Positions_can_be_stretched_instead()
    {
        Assert.Equal(0, CommandLine.Run("embed", "--text", Long, "--context-length", "1000", "--format", "jsonl").ExitCode);
        CommandLine.Run("embed", "--text", "a", "--context-length", "5").AssertFails(1, "stretched, not shortened");
        CommandLine.Run("embed", "--text", "a", "--overlap", "5").AssertFails(2, "--long-texts");
    }
}
