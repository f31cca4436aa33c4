using System.Text.Json;
using PureClip.Imaging;
using PureClip.Tests.Generation;

namespace PureClip.Tests.Cli.Commands;

public sealed class DrawCommandTests
{
    [Fact]
    public void Texts_and_sums_become_pictures()
    {
        using TemporaryFolder folder = new();
        string weights = Weights(folder);
        CommandResult result = CommandLine.Run(
            "draw", "a red hat", "--output", folder["hat.png"], "--generator", weights, "--steps", "3", "--count", "2", "--scale", "2",
            "--show-steps");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal([folder["hat-1.png"], folder["hat-2.png"]], result.Lines.Select(line => line.GetProperty("path").GetString()));
        RasterImage picture = ImageSource.FromFile(folder["hat-1.png"]).Decode(), steps = ImageSource.FromFile(folder["hat-2-steps.png"]).Decode();
        Assert.Equal((128, 128, 384, 128), (picture.Width, picture.Height, steps.Width, steps.Height));

        JsonElement second = result.Lines.ElementAt(1);
        CommandLine.Run(
            "draw", "a red hat", "--output", folder["again.png"], "--generator", weights, "--steps", "3", "--scale", "2", "--seed",
            second.GetProperty("seed").GetRawText());
        Assert.Equal(File.ReadAllBytes(folder["hat-2.png"]), File.ReadAllBytes(folder["again.png"]));

        string dog = TestData.PathOf("gallery/dog.png");
        Assert.Equal(0, CommandLine.Run(
            "draw", "--from", $"image({dog}) - text(dog) + 0.5 * text(a cat)", "--output", folder["sum.png"], "--generator", weights, "--steps",
            "2").ExitCode);
        Assert.Equal(0, CommandLine.Run(
            "draw", "--like", dog, "--output", folder["like.png"], "--generator", weights, "--steps", "2", "--style", "inky").ExitCode);
        Assert.NotEqual(File.ReadAllBytes(folder["sum.png"]), File.ReadAllBytes(folder["like.png"]));
    }

    [Fact]
    public void The_shipped_weights_draw_where_none_are_named()
    {
        using TemporaryFolder folder = new();
        CommandResult result = CommandLine.Run("draw", "a red apple", "--output", folder["apple.png"], "--steps", "2");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(0, CommandLine.Run(
            "draw", "a red apple", "--output", folder["same.png"], "--steps", "2", "--generator",
            Path.Combine(TestData.Weights("pictogram-draw"), "generator.safetensors")).ExitCode);
        Assert.Equal(File.ReadAllBytes(folder["same.png"]), File.ReadAllBytes(folder["apple.png"]));
    }

    [Fact]
    public void What_is_missing_or_wrong_is_said()
    {
        using TemporaryFolder folder = new();
        string output = folder["x.png"], weights = Weights(folder);
        CommandLine.Run("draw", "--output", output, "--generator", weights).AssertFails(2, "one thing to draw");
        CommandLine.Run("draw", "a", "--like", "b.png", "--output", output, "--generator", weights).AssertFails(2, "one thing to draw");
        CommandLine.Run("draw", "a", "--output", output, "--generator", folder["none"]).AssertFails(1, "no such file");
        CommandLine.Run("draw", "a", "--output", output, "--generator", weights, "--style", "oil").AssertFails(1, "inky, noto");
        foreach (string sum in (string[])["", "cat", "text(a) text(b)", "0 * text(a)", "text(a) +", "sound(a)", "text()"])
            CommandLine.Run("draw", "--from", sum, "--output", output, "--generator", weights).AssertFails(2, "is not understood");
        CommandLine.Run("draw", "--from", "image(no.png)", "--output", output, "--generator", weights).AssertFails(1, "no such picture");
        Assert.False(File.Exists(output));
    }

    private static string Weights(TemporaryFolder folder)
    {
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"));
        return TinyGenerator.Write(folder["net.safetensors"], clip.Fingerprint);
    }
}
