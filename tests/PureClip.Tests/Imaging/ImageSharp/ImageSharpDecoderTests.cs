using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PureClip.ImageSharp;
using PureClip.Imaging;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.ImageSharp;

/// <summary>What ImageSharp reads for the library, beside what Pillow shows; <c>tools/golden/make_imagesharp.py</c> writes the files.</summary>
public class ImageSharpDecoderTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<IImageDecoder> Decoders = [.. ImageFormats.BuiltIn, .. ImageSharpDecoder.All];

    private static readonly ImagePreprocessor Preprocessor = new(new ImagePreprocessorConfig());

    [Fact]
    public void Pictures_are_what_Pillow_shows_or_what_the_table_of_differences_says()
    {
        string readme = File.ReadAllText(Path.Combine(TestData.Root, "src/PureClip.ImageSharp/README.md"));
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("pictures/imagesharp.json")));
        List<string> failures = [];
        foreach (JsonElement entry in manifest.RootElement.EnumerateArray())
        {
            string file = entry.GetProperty("file").GetString()!, answer = entry.GetProperty("answer").GetString()!;
            string kind = entry.GetProperty("kind").GetString()!, found = AnswerTo(entry, file);
            if (found != answer)
                failures.Add($"{file}: {found} instead of {answer}");
            if (answer != "equal" && !readme.Contains($"| {kind} |", StringComparison.Ordinal))
                failures.Add($"{kind}: not in the README's table");
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(81, manifest.RootElement.GetArrayLength());
    }

    [Fact]
    public void The_three_are_all_that_this_ImageSharp_reads_beside_the_library() =>
        Assert.Equal([ImageSharpDecoder.Tiff, ImageSharpDecoder.Netpbm, ImageSharpDecoder.Tga], ImageSharpDecoder.All);

    [Theory]
    [InlineData("TIFF", "image/tiff", ".tif .tiff")]
    [InlineData("PBM/PGM/PPM", "image/x-portable-anymap", ".ppm .pgm .pbm .pnm")]
    [InlineData("TGA", "image/x-tga", ".tga")]
    public void A_format_says_its_name_extensions_and_media_type(string name, string mediaType, string extensions)
    {
        ImageSharpDecoder format = Assert.Single(ImageSharpDecoder.All, format => format.FormatName == name);
        Assert.Equal((mediaType, extensions), (format.MediaType, string.Join(' ', format.Extensions)));
    }

    [Fact]
    public void Formats_without_a_signature_are_not_taken_for_others()
    {
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf("pictures"), "*", SearchOption.AllDirectories))
        {
            string name = ImageFormats.Find(File.ReadAllBytes(file), Decoders)?.FormatName ?? "none";
            string expected = Path.GetExtension(file) switch
            {
                ".tif" => "TIFF",
                ".tga" => "TGA",
                ".ppm" or ".pbm" => "PBM/PGM/PPM",
                _ => ImageFormats.Find(File.ReadAllBytes(file))?.FormatName ?? "none",
            };
            Assert.Equal((file, expected), (file, name));
        }
    }

    [Theory]
    [InlineData("000001000100202010000100040028010000160000002800000020000000")] // an icon
    [InlineData("000002000100202000000f001000a810000016000000")] // a cursor
    [InlineData("0001000000120100000400204646544d")] // a TrueType font
    [InlineData("00000018667479706d703432000000006d70343269736f6d")] // a video
    [InlineData("0000020000000000000000000000090018")] // a TGA of no rows, cut off
    [InlineData("000002000000000000000000000009001800")] // and of no columns
    public void What_only_begins_like_a_TGA_is_none(string head) => Assert.False(ImageSharpDecoder.Tga.Recognizes(Convert.FromHexString(head)));

    [Fact]
    public void A_camera_s_raw_file_is_no_TIFF()
    {
        byte[] dng = [.. "II*\0\u0008\0\0\0\u0001\0"u8, 0x12, 0xC6, 1, 0, 4, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0];
        Assert.False(ImageSharpDecoder.Tiff.Recognizes(dng));
        Assert.Throws<InvalidDataException>(() => ImageSharpDecoder.Tiff.Decode(dng, ImageDecoderOptions.Default));
        string message = Assert.Throws<InvalidDataException>(() => ImageFormats.Decode(dng, decoders: Decoders)).Message;
        Assert.Contains("a camera's raw file (DNG)", message);
    }

    [Theory]
    [InlineData("tif/rgb-lzw.tif")]
    [InlineData("tga/rgb-rle-top.tga")]
    [InlineData("ppm/rgb.ppm")]
    public void The_limit_of_pixels_is_looked_at_first(string name)
    {
        byte[] file = File.ReadAllBytes(TestData.PathOf("pictures/" + name));
        Assert.Equal(33 * 17 * 3, ImageFormats.Decode(file, new() { MaxPixels = 33 * 17 }, Decoders).Pixels.Length);
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(
            () => ImageFormats.Decode(file, new() { MaxPixels = 33 * 17 - 1 }, Decoders));
        Assert.Contains("561 pixels, but 560 is the limit; reduce the picture, or raise the limit of pixels", refusal.Message);
        Assert.Equal(PictureRemedy.MorePixels, ImageFormats.RemedyFor(refusal));
    }

    [Fact]
    public void Bombs_are_refused_before_they_take_memory()
    {
        foreach ((string name, byte[] file) in Bombs())
        {
            long before = Environment.WorkingSet, allocated = GC.GetAllocatedBytesForCurrentThread();
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => ImageFormats.Decode(file, decoders: Decoders));
            long taken = Math.Max(Environment.WorkingSet - before, GC.GetAllocatedBytesForCurrentThread() - allocated);
            output.WriteLine($"{name}: {file.Length} bytes, {taken >> 20} MB; {error.Message}");
            Assert.True(taken < 300 << 20, $"{name} took {taken >> 20} MB.");
        }
    }

    [Theory]
    [InlineData("tif")]
    [InlineData("tga")]
    [InlineData("ppm")]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data(string folder)
    {
        string name = folder switch { "tif" => "TIFF", "tga" => "TGA", _ => "PBM/PGM/PPM" };
        MutationRun.Run(ImageSharpDecoder.All.Single(format => format.FormatName == name), folder, bytesPerPixel: 16, output);
    }

    private static string AnswerTo(JsonElement entry, string file)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(TestData.PathOf("pictures/" + file));
            RgbImage image = Preprocessor.Decoded(ImageFormats.Decode(bytes, decoders: Decoders));
            Assert.Equal((entry.GetProperty("width").GetInt32(), entry.GetProperty("height").GetInt32()), (image.Width, image.Height));
            return Convert.ToHexStringLower(SHA256.HashData(image.Pixels)) == entry.GetProperty("sha256").GetString() ? "equal" : "differs";
        }
        catch (InvalidDataException)
        {
            return "refused";
        }
    }

    // Small files that declare much: pixels beyond the limit, and within it strips, counts and palettes of gigabytes.
    private static IEnumerable<(string, byte[])> Bombs()
    {
        yield return ("PGM of 60,000 x 60,000", Encoding.ASCII.GetBytes("P5 60000 60000 255\n1234"));
        yield return ("PPM of 2^31 rows", Encoding.ASCII.GetBytes("P6 1 2147483647 255\n1234"));
        yield return ("TGA of 65,535 x 65,535", Tga(65535, 65535, 10));
        yield return ("TIFF of 60,000 x 60,000", Tiff(60_000, 60_000, 1, 100));
        yield return ("LZW TIFF of 30,000 x 30,000", Tiff(30_000, 30_000, 5, 100));
        yield return ("TIFF of 2^31 x 2^31", Tiff(int.MaxValue, int.MaxValue, 1, 100));
        yield return ("TIFF with a strip of 2 GB", Tiff(100, 100, 5, int.MaxValue));
        yield return ("TIFF with a palette of 2^29 colours", Tiff(33, 17, 5, 100, bits: 29, photometric: 3));
        yield return ("TIFF with 2^32 values", Tiff(100, 100, 5, 100, stripCount: uint.MaxValue));
    }

    private static byte[] Tga(ushort width, ushort height, byte type)
    {
        byte[] file = new byte[40];
        file[2] = type;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(12), width);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(14), height);
        file[16] = 24;
        return file;
    }

    private static byte[] Tiff(
        uint width, uint height, uint compression, uint stripBytes, uint stripCount = 1, uint bits = 8, uint photometric = 1)
    {
        (ushort Tag, uint Count, uint Value)[] entries =
        [
            (256, 1, width), (257, 1, height), (258, 1, bits), (259, 1, compression), (262, 1, photometric), (273, stripCount, 8),
            (277, 1, 1), (278, 1, height), (279, stripCount, stripBytes),
        ];
        byte[] file = new byte[200];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), 8);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), (ushort)entries.Length);
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = file.AsSpan(10 + 12 * i, 12);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)(entries[i].Value <= ushort.MaxValue ? 3 : 4));
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], entries[i].Count);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], entries[i].Value);
        }
        return file;
    }
}
