using System.Text.Json;
using PureClip.Imaging;

namespace PureClip.Tests.Cli.Commands;

[Collection(GalleryIndex.Collection)]
public sealed class DuplicatesCommandTests(GalleryIndex index)
{
    [Fact]
    public void Copies_are_found_whether_equal_scaled_or_stored_in_another_format()
    {
        using TemporaryFolder folder = new();
        string cat = folder.Copy(CommandLine.Cat, "cat.png"), equal = folder.Copy(CommandLine.Cat, "again/cat.png");
        string large = folder["large.bmp"];
        WriteTwiceAsLarge(CommandLine.Cat, large);
        folder.Copy(CommandLine.Picture("rocket"), "rocket.png");
        folder.Copy(CommandLine.Picture("guitar"), "guitar.png");
        CommandResult found = CommandLine.Run("duplicates", folder.Path);

        Assert.Equal((0, ""), (found.ExitCode, found.Error));
        JsonElement[] pictures = [.. Assert.Single(found.Lines).GetProperty("pictures").EnumerateArray()];
        Assert.Equal(large, pictures[0].GetProperty("path").GetString());
        Assert.Equal([equal, cat], pictures[1..].Select(picture => picture.GetProperty("path").GetString()).Order());
        Assert.All(pictures[1..], picture => Assert.InRange(picture.GetProperty("cosine").GetSingle(), 0.95f, 1f));
        Assert.Equal(new FileInfo(large).Length, pictures[0].GetProperty("bytes").GetInt64());
    }

    [Fact]
    public void Equal_files_belong_together_whatever_the_threshold()
    {
        using TemporaryFolder folder = new();
        folder.Copy(CommandLine.Cat, "a.png");
        folder.Copy(CommandLine.Cat, "b.png");
        CommandResult found = CommandLine.Run("duplicates", folder.Path, "--threshold", "1", "--format", "table");
        Assert.Contains("identical", found.Output);
        Assert.Equal(0, found.ExitCode);
    }

    [Fact]
    public void A_file_is_no_copy_of_itself()
    {
        using TemporaryFolder folder = new();
        string cat = folder.Copy(CommandLine.Cat, "sub/cat.png");
        folder.Copy(CommandLine.Picture("rocket"), "rocket.png");
        CommandResult found = CommandLine.Run("duplicates", folder.Path, folder["sub"], cat, folder["sub/../sub/cat.png"]);
        Assert.Equal((0, ""), (found.ExitCode, found.Output));
        Assert.Contains("no two of 2 pictures", found.Error);
    }

    [Theory]
    [InlineData("--model", "nowhere")]
    [InlineData("--weights", "f32")]
    [InlineData("--parity", "openai")]
    [InlineData("--background", "white")]
    [InlineData("--no-exif")]
    public void What_makes_vectors_does_not_go_with_an_index(params string[] option) =>
        CommandLine.Run(["duplicates", "--index", index.Path, .. option]).AssertFails(2, option[0], "index");

    [Fact]
    public void An_index_is_compared_as_it_is()
    {
        CommandResult strict = CommandLine.Run("duplicates", "--index", index.Path, "--threshold", "1");
        Assert.Equal((0, ""), (strict.ExitCode, strict.Output));
        Assert.Contains("no two of 400", strict.Error);
        CommandResult loose = CommandLine.Run("duplicates", "--index", index.Path, "--threshold", "0.8");
        Assert.NotEmpty(loose.Lines);
        Assert.All(loose.Lines, line => Assert.True(line.GetProperty("pictures").GetArrayLength() > 1));
    }

    [Fact]
    public void A_threshold_is_a_cosine() => CommandLine.Run("duplicates", ".", "--threshold", "95").AssertFails(2, "--threshold", "95");

    /// <summary>A bottom-up 24-bit BMP, each pixel four times.</summary>
    private static void WriteTwiceAsLarge(string picture, string path)
    {
        RasterImage image = ImageFormats.Decode(File.ReadAllBytes(picture));
        int width = 2 * image.Width, height = 2 * image.Height, rowBytes = (3 * width + 3) / 4 * 4;
        using BinaryWriter bmp = new(File.Create(path));
        bmp.Write("BM"u8);
        bmp.Write(54 + rowBytes * height);
        bmp.Write(0);
        bmp.Write(54);
        bmp.Write(40);
        bmp.Write(width);
        bmp.Write(height);
        bmp.Write((short)1);
        bmp.Write((short)24);
        bmp.Write(new byte[24]);
        for (int y = height - 1; y >= 0; y--)
        {
            byte[] row = new byte[rowBytes];
            for (int x = 0; x < width; x++)
                for (int channel = 0; channel < 3; channel++)
                    row[3 * x + channel] = image.Palette![3 * image.Pixels[y / 2 * image.Width + x / 2] + 2 - channel];
            bmp.Write(row);
        }
    }
}
