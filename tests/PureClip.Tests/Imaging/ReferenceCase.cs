using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

/// <summary>
/// One case of <c>tests/data/pictures/resample/cases.json</c>: what to do with a computed picture, and the checksums that Pillow and
/// torchvision got. Written by <c>tools/golden/make_resample.py</c>.
/// </summary>
internal sealed record ReferenceCase(JsonElement Json)
{
    private static readonly Lazy<ReferenceCase[]> Cases = new(Load);

    public string Kind => Text("kind");

    public int OutWidth => Number("out_width");

    public int OutHeight => Number("out_height");

    public ResampleFilter Filter => Enum.Parse<ResampleFilter>(Text("filter"), ignoreCase: true);

    public static IEnumerable<ReferenceCase> Of(string kind) => Cases.Value.Where(c => c.Kind == kind);

    public int Number(string name) => Json.GetProperty(name).GetInt32();

    public string Text(string name) => Json.GetProperty(name).GetString()!;

    public RasterImage Picture() => ComputedPictures.Create(Mode(), Number("width"), Number("height"), Number("seed"));

    public bool HasChecksum(string name, ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data))[..16] == Text(name);

    public bool HasChecksum(string name, ReadOnlySpan<float> data) => HasChecksum(name, MemoryMarshal.AsBytes(data));

    /// <summary>Runs all cases of a kind; fails with the ones that do not hold.</summary>
    public static void AllHold(string kind, int atLeast, Func<ReferenceCase, bool> holds)
    {
        ReferenceCase[] cases = [.. Of(kind)];
        Assert.True(cases.Length >= atLeast, $"Only {cases.Length} cases of {kind}.");
        ReferenceCase[] failed = [.. cases.Where(c => !holds(c))];
        Assert.True(failed.Length == 0,
            $"{failed.Length} of {cases.Length} differ:\n{string.Join('\n', failed.Select(c => c.Json.GetRawText()))}");
    }

    private static ReferenceCase[] Load()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("pictures/resample/cases.json")));
        return [.. document.RootElement.EnumerateArray().Select(e => new ReferenceCase(e.Clone()))];
    }

    private PixelMode Mode() => Text("mode") switch
    {
        "1" => PixelMode.Bilevel,
        "L" => PixelMode.Gray,
        "LA" => PixelMode.GrayAlpha,
        "P" => PixelMode.Palette,
        "RGB" => PixelMode.Rgb,
        "RGBA" => PixelMode.Rgba,
        "CMYK" => PixelMode.Cmyk,
        string other => throw new InvalidDataException($"Unknown mode {other}."),
    };
}
