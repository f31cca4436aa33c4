using System.Text.Json;
using PureClip.Imaging;

namespace PureClip.Tests.Cli.Commands;

public sealed class ExplainCommandTests
{
    [Fact]
    public void Texts_have_maps_in_lines_in_a_file_and_over_the_picture()
    {
        using TemporaryFolder folder = new();
        string png = folder["map.png"], npy = folder["map.npy"];
        CommandResult result = CommandLine.Run("explain", CommandLine.Cat, "ear", "tail", "--output", png, "--npy", npy);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(["ear", "tail"], result.Lines.Select(line => line.GetProperty("text").GetString()!));
        JsonElement ear = result.Lines[0];
        Assert.Equal(["input", "text", "cosine", "method", "x", "y", "rows", "columns", "values"],
            ear.EnumerateObject().Select(field => field.Name));
        float[] values = [.. ear.GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        Assert.Equal((8, 8, 64), (ear.GetProperty("rows").GetInt32(), ear.GetProperty("columns").GetInt32(), values.Length));
        int hottest = Array.IndexOf(values, values.Max());
        Assert.Equal((hottest % 8 + 0.5) / 8, ear.GetProperty("x").GetDouble(), 1e-9); // a square picture is seen whole
        byte[] numbers = File.ReadAllBytes(npy);
        Assert.Equal(values, Enumerable.Range(0, 64).Select(i => BitConverter.ToSingle(numbers, numbers.Length - 128 * 4 + i * 4)));
        RasterImage drawn = ImageSource.FromFile(png).Decode();
        Assert.Equal(2 * drawn.Height, drawn.Width);
        Assert.Equal(["map.npy", "map.png"], folder.Names);
    }

    [Theory]
    [InlineData("value-path")]
    [InlineData("surgery")]
    [InlineData("occlusion")]
    public void Other_methods(string method)
    {
        JsonElement line = Assert.Single(CommandLine.Run("explain", CommandLine.Cat, "cat", "--method", method).Lines);
        Assert.Equal((method, 64), (line.GetProperty("method").GetString(), line.GetProperty("values").GetArrayLength()));
    }

    [Fact]
    public void A_wide_picture_is_seen_in_its_middle()
    {
        using TemporaryFolder folder = new();
        byte[] rgba = new byte[300 * 100 * 4];
        Array.Fill(rgba, (byte)200);
        using (FileStream file = File.Create(folder["wide.png"]))
            PureClip.Imaging.Png.PngWriter.Write(file, rgba, 300, 100);
        JsonElement line = Assert.Single(CommandLine.Run("explain", folder["wide.png"], "cat", "--output", folder["map.png"]).Lines);
        Assert.InRange(line.GetProperty("x").GetDouble(), 1 / 3.0, 2 / 3.0);
        RasterImage map = ImageSource.FromFile(folder["map.png"]).Decode();
        Assert.Equal((384, 128), (map.Width, map.Height));
        Assert.Equal(80, map.Pixels[0]); // 200 · 0.4: not seen
    }

    [Fact]
    public void What_cannot_be_explained_is_refused()
    {
        using TemporaryFolder folder = new();
        CommandLine.Run("explain", CommandLine.Cat, "").AssertFails(2, "empty");
        CommandLine.Run("explain", CommandLine.Cat, "cat", "--window", "2").AssertFails(2, "occlusion");
        CommandLine.Run("explain", folder["none.png"], "cat").AssertFails(1, "none.png");
        CommandLine.Run(["explain", CommandLine.Cat, .. Enumerable.Repeat("cat", 9)]).AssertFails(2, "at most 8");
        folder.Write("broken.png", [1, 2, 3]);
        CommandLine.Run("explain", folder["broken.png"], "cat", "--output", folder["map.png"]).AssertFails(1, "broken.png");
        Assert.Equal(["broken.png"], folder.Names);
    }
}
