using System.Buffers.Binary;
using PureClip.Imaging;
using PureClip.Imaging.Bmp;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.Bmp;

public class BmpDecoderTests(ITestOutputHelper output)
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
    [InlineData(15, "15 bits a pixel")]
    [InlineData(2, "2 bits a pixel")]
    [InlineData(0, "0 bits a pixel")]
    public void Other_depths_are_rejected(int bits, string because) => Rejects(because, File(1, 1, bits, new byte[2000]));

    [Theory]
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

    // Run lengths that end early leave what a few bytes declare.
    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data() =>
        MutationRun.Run(new BmpDecoder(), "bmp", bytesPerPixel: 4, output);

    [Fact]
    public void A_tolerant_reading_leaves_missing_rows_black()
    {
        byte[] file = File(1, 3, 24, [1, 2, 3, 0, 4, 5, 6, 0, 7, 8]);
        Rejects("truncated", file);
        Assert.Equal([0, 0, 0, 6, 5, 4, 3, 2, 1], Decoder.Decode(file, new ImageDecoderOptions { Tolerant = true }).Pixels);
    }

    [Theory]
    [InlineData(new byte[] { 3, 9, 0, 2, 1, 1, 2, 7, 0, 1 }, new byte[] { 9, 9, 9, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0 })] // a jump
    [InlineData(new byte[] { 2, 4, 0, 1 }, new byte[] { 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })] // an early end
    [InlineData(new byte[] { 200, 4, 0, 0, 9, 1, 0, 1 }, new byte[] { 4, 4, 4, 4, 4, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0 })] // too long
    [InlineData(new byte[] { 0, 3, 5, 6, 7, 0, 1, 8, 0, 1 }, new byte[] { 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })] // one by one
    [InlineData(new byte[] { 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 1 }, new byte[] { 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 2, 200, 0, 2, 9, 0, 1 }, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })] // beyond the row
    [InlineData(new byte[] { 0, 2, 0, 200, 2, 9 }, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })] // beyond all
    public void Run_lengths_are_those_of_Windows(byte[] data, byte[] stored)
    {
        RasterImage image = Decode(Runs(1, 8, 5, 3, data));
        byte[] rows = [.. stored[10..], .. stored[5..10], .. stored[..5]];
        Assert.Equal(rows, image.Pixels);
    }

    [Fact]
    public void Stretches_of_4_bits_are_filled_up_to_whole_words() => Assert.Equal(
        [1, 2, 3, 10, 11, 10, 0], Decode(Runs(2, 4, 7, 1, [0, 3, 0x12, 0x30, 3, 0xAB, 0, 1])).Pixels);

    [Fact]
    public void Run_lengths_that_end_without_a_mark_are_truncated()
    {
        byte[] file = Runs(1, 8, 5, 3, [5, 1, 0, 0, 5, 2]);
        Rejects("row 2 of 3", file);
        Assert.Equal(
            [0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1], Decoder.Decode(file, new ImageDecoderOptions { Tolerant = true }).Pixels);
        Assert.Equal([3, 3, 3, 3, 3], Decode(Runs(1, 8, 5, 1, [5, 3])).Pixels);
    }

    [Fact]
    public void What_begins_with_the_second_header_is_known_by_its_planes_and_depth()
    {
        byte[] file = File(1, 1, 24, [1, 2, 3])[14..];
        Assert.True(Decoder.Recognizes(file));
        Assert.Equal([3, 2, 1], Decode(file).Pixels);
        file[12] = 2;
        Assert.False(Decoder.Recognizes(file));
        Assert.False(Decoder.Recognizes(file.AsSpan(0, 15)));
    }

    // A file of run lengths with a palette of one colour.
    private static byte[] Runs(byte compression, int bits, int width, int height, byte[] data)
    {
        byte[] file = File(width, height, bits, [0, 0, 0, 0, .. data]);
        file[10] += 4;
        file[30] = compression;
        file[46] = 1;
        return file;
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
