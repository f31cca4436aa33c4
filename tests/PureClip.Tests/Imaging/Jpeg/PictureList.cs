using System.Security.Cryptography;
using System.Text.Json;
using PureClip.Imaging;

namespace PureClip.Tests.Imaging.Jpeg;

/// <summary>What Pillow decodes from the files of a folder, as <c>tools/golden/make_jpeg.py</c> lists it.</summary>
internal static class PictureList
{
    /// <summary>Decodes every file of a list and compares size, mode, orientation and pixels; returns the number of files.</summary>
    public static int Check(string folder, string list)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, list)));
        var misses = new List<string>();
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
        {
            string file = entry.GetProperty("file").GetString()!;
            RasterImage image = ImageFormats.Decode(File.ReadAllBytes(Path.Combine(folder, file)));
            string found = Describe(
                image.Width, image.Height, ModeOf(image), image.Orientation, Convert.ToHexStringLower(SHA256.HashData(image.Pixels)));
            string expected = Describe(
                entry.GetProperty("width").GetInt32(), entry.GetProperty("height").GetInt32(), entry.GetProperty("mode").GetString()!,
                entry.GetProperty("orientation").GetInt32(), entry.GetProperty("sha256").GetString()!);
            if (found != expected)
                misses.Add($"{file}: expected {expected}, found {found}");
        }
        Assert.Empty(misses);
        return document.RootElement.GetArrayLength();
    }

    private static string Describe(int width, int height, string mode, int orientation, string checksum) =>
        $"{width} x {height} {mode} {orientation} {checksum}";

    private static string ModeOf(RasterImage image) => image.Mode switch
    {
        PixelMode.Gray => "L",
        PixelMode.Rgb => "RGB",
        PixelMode.Cmyk => "CMYK",
        _ => image.Mode.ToString(),
    };
}
