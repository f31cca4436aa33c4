using System.Buffers.Binary;
using PureClip.Imaging;
using PureClip.Imaging.Bmp;

namespace PureClip.Tests.Imaging.Bmp;

public class BmpDecoderTests
{
    private static readonly IImageDecoder Decoder = new BmpDecoder();

    [Fact]
    public void Committed_pictures_are_what_Pillow_makes_of_them()
    {
        List<string> failures = PictureManifest.Compare(TestData.PathOf("pictures/bmp/checksums.json"), out int count);
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(4, count);
    }

    [Fact]
    public void Rows_are_stored_from_the_bottom_and_colours_from_blue()
    {
        RasterImage image = Decode(File(1, 2, 24, [1, 2, 3, 0, 4, 5, 6, 0]));
        Assert.Equal(PixelMode.Rgb, image.Mode);
        Assert.Equal([6, 5, 4, 3, 2, 1], image.Pixels);
    }

    [Fact]
    public void A_negative_height_means_rows_from_the_top() =>
        Assert.Equal([3, 2, 1, 6, 5, 4], Decode(File(1, -2, 24, [1, 2, 3, 0, 4, 5, 6])).Pixels);

    [Fact]
    public void The_fourth_byte_is_not_alpha_without_a_mask() =>
        Assert.Equal([3, 2, 1], Decode(File(1, 1, 32, [1, 2, 3, 4])).Pixels);

    [Theory]
    [InlineData(16, "16 bits a pixel")]
    [InlineData(2, "2 bits a pixel")]
    [InlineData(0, "0 bits a pixel")]
    public void Other_depths_are_rejected(int bits, string because) => Rejects(because, File(1, 1, bits, new byte[2000]));

    [Theory]
    [InlineData(1, "8-bit run lengths")]
    [InlineData(2, "4-bit run lengths")]
    [InlineData(4, "JPEG")]
    [InlineData(77, "method 77")]
    public void Compressed_pictures_are_rejected_by_name(int compression, string because)
    {
        byte[] file = File(1, 1, 8, new byte[2000]);
        file[30] = (byte)compression;
        Rejects(because, file);
    }

    [Fact]
    public void Masks_that_are_not_whole_bytes_are_rejected()
    {
        byte[] file = File(1, 1, 32, [0xFF, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file[30] = 3;
        Rejects("masks", file);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(-1, 1)]
    [InlineData(1, int.MinValue)]
    public void Impossible_sizes_are_rejected(int width, int height) => Rejects("damaged", File(width, height, 24, [0, 0, 0, 0]));

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, 1)]
    [InlineData(20_000, -20_000)]
    public void A_giant_picture_is_rejected(int width, int height) => Rejects("limit", File(width, height, 1, new byte[100]));

    [Fact]
    public void A_giant_picture_in_a_tiny_file_is_rejected() => Rejects("truncated", File(14_000, 14_000, 1, new byte[100]));

    [Fact]
    public void No_limit_does_not_overflow()
    {
        byte[] file = File(int.MaxValue, int.MaxValue, 32, new byte[100]);
        Assert.Throws<InvalidDataException>(() => Decoder.Decode(file, new ImageDecoderOptions { MaxPixels = long.MaxValue }));
    }

    [Fact]
    public void An_unknown_header_is_rejected()
    {
        byte[] file = File(1, 1, 24, [1, 2, 3]);
        file[14] = 41;
        Rejects("header of 41 bytes", file);
    }

    [Theory]
    [InlineData("bottom-up-24")]
    [InlineData("palette-4")]
    [InlineData("masks-bgra")]
    public void A_file_cut_off_anywhere_is_rejected(string name)
    {
        byte[] file = System.IO.File.ReadAllBytes(TestData.PathOf($"pictures/bmp/{name}.bmp"));
        int padding = name == "palette-4" || name == "bottom-up-24" ? 3 : 0;
        for (int length = 0; length < file.Length - padding; length++)
            Assert.Throws<InvalidDataException>(() => Decode(file[..length]));
    }

    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data()
    {
        byte[][] originals = [.. Directory.GetFiles(TestData.PathOf("pictures/bmp"), "*.bmp").Order().Select(System.IO.File.ReadAllBytes)];
        Random random = new(1);
        int mutants = int.Parse(Environment.GetEnvironmentVariable("PURECLIP_MUTANTS") ?? "2000");
        int decoded = 0;
        for (int i = 0; i < mutants; i++)
            try
            {
                Decode(Mutator.Mutate(originals[i % originals.Length], random));
                decoded++;
            }
            catch (InvalidDataException)
            {
            }
        Assert.InRange(decoded, mutants / 20, mutants);
    }

    // A file with the 40-byte header; the pixels follow it, or the palette where there is one.
    private static byte[] File(int width, int height, int bits, byte[] rest)
    {
        byte[] headers = new byte[54];
        "BM"u8.CopyTo(headers);
        headers[10] = 54;
        headers[14] = 40;
        BinaryPrimitives.WriteInt32LittleEndian(headers.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(headers.AsSpan(22), height);
        headers[26] = 1;
        headers[28] = (byte)bits;
        return [.. headers, .. rest];
    }

    private static RasterImage Decode(byte[] file) => Decoder.Decode(file, ImageDecoderOptions.Default);

    private static void Rejects(string because, byte[] file) =>
        Assert.Contains(because, Assert.Throws<InvalidDataException>(() => Decode(file)).Message);
}
