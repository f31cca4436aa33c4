using System.Security.Cryptography;
using System.Text.Json;
using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

/// <summary>
/// Files that are odd, damaged or cut off show what Pillow shows of them; <c>tools/golden/make_odd.py</c> writes them. Where Pillow reads a
/// file that ends early, or decodes at reduced size, the options for that are given.
/// </summary>
public class OddPicturesTests
{
    private static readonly ImagePreprocessor Preprocessor = new(new ImagePreprocessorConfig());

    [Fact]
    public void Odd_pictures_are_what_Pillow_makes_of_them()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("pictures/odd/manifest.json")));
        List<string> failures = [];
        foreach (JsonElement entry in manifest.RootElement.EnumerateArray())
        {
            string expected = entry.TryGetProperty("refused", out _)
                ? "refused"
                : $"{entry.GetProperty("width")} x {entry.GetProperty("height")}, {entry.GetProperty("sha256")}";
            string found = Describe(entry);
            if (found != expected)
                failures.Add($"{entry.GetProperty("file")}: {found} instead of {expected}");
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(81, manifest.RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("cut-baseline.jpg", "truncated")]
    [InlineData("cut-rgb.png", "truncated")]
    [InlineData("cut-damaged.png", "damaged")]
    [InlineData("cut-8.bmp", "truncated")]
    [InlineData("cut-plain.gif", "truncated")]
    public void What_is_cut_off_is_refused_unless_it_is_asked_for(string name, string word)
    {
        byte[] file = File.ReadAllBytes(TestData.PathOf($"pictures/odd/{name}"));
        Assert.Contains(word, Assert.Throws<InvalidDataException>(() => ImageFormats.Decode(file)).Message);
        ImageFormats.Decode(file, new ImageDecoderOptions { Tolerant = true });
    }

    [Theory]
    [InlineData(224, false, null)]
    [InlineData(224, true, 448)]
    [InlineData(336, true, 672)]
    public void A_model_wants_twice_what_it_sees(int edge, bool fast, int? wanted)
    {
        ImagePreprocessorConfig config = ImagePreprocessorConfig.OpenAI(edge) with { FastDecode = fast, Tolerant = fast };
        ImageDecoderOptions options = config.DecoderOptions(new() { MaxPixels = 77 });
        Assert.Equal((wanted, fast, 77), (options.WantedSide, options.Tolerant, options.MaxPixels));
        Assert.Null((config with { DoResize = false }).DecoderOptions(options).WantedSide);
        Assert.Throws<ArgumentOutOfRangeException>(() => options with { WantedSide = 0 });
    }

    private static string Describe(JsonElement entry)
    {
        int wanted = entry.GetProperty("wanted").GetInt32();
        ImageDecoderOptions options = new()
        {
            Tolerant = entry.GetProperty("tolerant").GetBoolean(),
            WantedSide = wanted == 0 ? null : wanted,
        };
        try
        {
            byte[] file = File.ReadAllBytes(TestData.PathOf($"pictures/odd/{entry.GetProperty("file")}"));
            RgbImage image = Preprocessor.Decoded(ImageFormats.Decode(file, options));
            return $"{image.Width} x {image.Height}, {Convert.ToHexStringLower(SHA256.HashData(image.Pixels))}";
        }
        catch (InvalidDataException)
        {
            return "refused";
        }
    }
}
