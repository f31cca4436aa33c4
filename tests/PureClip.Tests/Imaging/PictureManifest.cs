using System.Security.Cryptography;
using System.Text.Json;
using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

/// <summary>Pictures and what Pillow decodes them to, as <c>tools/golden/make_png.py</c> describes them.</summary>
internal static class PictureManifest
{
    /// <summary>Decodes every picture of a manifest and gives one line for each that is not what Pillow says.</summary>
    /// <param name="manifest">Path of the manifest; the pictures' names are relative to it.</param>
    /// <param name="count">How many pictures were compared.</param>
    public static List<string> Compare(string manifest, out int count)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(manifest));
        string folder = Path.GetDirectoryName(manifest)!;
        List<string> failures = [];
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
        {
            string file = entry.GetProperty("file").GetString()!;
            try
            {
                RasterImage image = ImageFormats.Decode(File.ReadAllBytes(Path.Combine(folder, file)));
                failures.AddRange(Differences(image, entry).Select(difference => $"{file}: {difference}"));
            }
            catch (InvalidDataException e)
            {
                failures.Add($"{file}: {e.Message}");
            }
        }
        count = document.RootElement.GetArrayLength();
        return failures;
    }

    private static IEnumerable<string> Differences(RasterImage image, JsonElement entry)
    {
        string size = $"{image.Width} x {image.Height}";
        string expectedSize = $"{entry.GetProperty("width")} x {entry.GetProperty("height")}";
        if (size != expectedSize)
            yield return $"size {size} instead of {expectedSize}";
        if (image.Mode.ToString() != entry.GetProperty("mode").GetString())
            yield return $"mode {image.Mode} instead of {entry.GetProperty("mode")}";
        if (Sha256(image.Pixels) != entry.GetProperty("pixels_sha256").GetString())
            yield return "other pixels";
        if (Sha256(ToRgb(image)) != entry.GetProperty("rgb_sha256").GetString())
            yield return "other colours";
        if (image.Orientation != entry.GetProperty("orientation").GetInt32())
            yield return $"orientation {image.Orientation} instead of {entry.GetProperty("orientation")}";
        if (!Opaque(image.PaletteAlpha).SequenceEqual(Opaque(Bytes(entry, "palette_alpha"))))
            yield return "other alphas of the palette";
        if (Convert.ToHexString(image.TransparentColor ?? []) != Convert.ToHexString(Bytes(entry, "transparent_color")))
            yield return "another transparent colour";
    }

    private static byte[] Bytes(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out JsonElement hex) ? Convert.FromHexString(hex.GetString()!) : [];

    // Entries without alpha are opaque, so lists of different lengths may say the same.
    private static IEnumerable<byte> Opaque(byte[]? alphas)
    {
        alphas ??= [];
        return alphas.Concat(Enumerable.Repeat((byte)255, 256 - alphas.Length));
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    // Plain on purpose: an independent statement of what the modes mean.
    private static byte[] ToRgb(RasterImage image)
    {
        byte[] rgb = new byte[image.Width * image.Height * 3];
        for (int i = 0; i < rgb.Length / 3; i++)
            for (int channel = 0; channel < 3; channel++)
                rgb[3 * i + channel] = image.Mode switch
                {
                    PixelMode.Palette => image.Palette![3 * image.Pixels[i] + channel],
                    PixelMode.Rgb or PixelMode.Rgba => image.Pixels[i * image.Channels + channel],
                    _ => image.Pixels[i * image.Channels],
                };
        return rgb;
    }
}
