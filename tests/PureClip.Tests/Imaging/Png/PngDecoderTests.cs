using PureClip.Imaging;
using PureClip.Imaging.Png;

namespace PureClip.Tests.Imaging.Png;

public class PngDecoderTests
{
    private static readonly IImageDecoder Decoder = new PngDecoder();

    [Fact]
    public void Committed_pictures_are_what_Pillow_makes_of_them()
    {
        List<string> failures = PictureManifest.Compare(TestData.PathOf("pictures/png/checksums.json"), out int count);
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(14, count);
    }

    [PicturesFact]
    public void Pictures_of_every_kind_are_what_Pillow_makes_of_them()
    {
        List<string> failures = PictureManifest.Compare(Path.Combine(PicturesFactAttribute.Directory, "manifest.json"), out int count);
        Assert.True(failures.Count == 0, $"{failures.Count} of {count}:\n{string.Join('\n', failures)}");
        Assert.True(count >= 250);
    }

    [Theory]
    [InlineData(1, new byte[] { 0b10110000 }, new byte[] { 255, 0, 255, 255 })]
    [InlineData(2, new byte[] { 0b00011011 }, new byte[] { 0, 85, 170, 255 })]
    [InlineData(4, new byte[] { 0x01, 0xEF }, new byte[] { 0, 17, 238, 255 })]
    [InlineData(8, new byte[] { 1, 2, 3, 4 }, new byte[] { 1, 2, 3, 4 })]
    [InlineData(16, new byte[] { 0x00, 0xFF, 0x12, 0x34, 0x80, 0x00, 0xFF, 0x01 }, new byte[] { 0x00, 0x12, 0x80, 0xFF })]
    public void Gray_samples_are_scaled_to_8_bits_and_16_bits_keep_their_high_byte(int depth, byte[] row, byte[] pixels)
    {
        RasterImage image = Decode(PngBuilder.File(4, 1, depth, 0, [0, .. row]));
        Assert.Equal(depth == 1 ? PixelMode.Bilevel : PixelMode.Gray, image.Mode);
        Assert.Equal(pixels, image.Pixels);
    }

    [Fact]
    public void An_index_beyond_the_palette_is_the_gray_of_its_number()
    {
        RasterImage image = Decode(new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", 9, 8, 7).Pixels(0, 0, 200).End());
        Assert.Equal([0, 200], image.Pixels);
        Assert.Equal(256 * 3, image.Palette!.Length);
        Assert.Equal([9, 8, 7], image.Palette[..3]);
        Assert.Equal([200, 200, 200], image.Palette[600..603]);
    }

    [Theory]
    [InlineData(1, 1, 255)]
    [InlineData(2, 2, 170)]
    [InlineData(4, 0xFF3, 51)]
    [InlineData(8, 77, 77)]
    [InlineData(16, 0x1234, 0x12)]
    public void A_transparent_gray_is_given_in_8_bits(int depth, int stored, byte expected)
    {
        RasterImage image = Decode(new PngBuilder().Header(1, 1, depth, 0).Chunk("tRNS", (byte)(stored >> 8), (byte)stored).Pixels(0, 0, 0)
            .End());
        Assert.Equal([expected], image.TransparentColor!);
    }

    [Fact]
    public void Alphas_that_no_index_can_reach_are_left_out()
    {
        byte[] file = new PngBuilder().Header(1, 1, 1, 3).Chunk("tRNS", 1, 2, 3).Chunk("PLTE", 1, 2, 3).Pixels(0, 0).End();
        Assert.Equal([1, 2], Decode(file).PaletteAlpha!);
    }

    [Fact]
    public void Data_behind_the_last_row_is_ignored()
    {
        byte[] stream = [.. PngBuilder.Deflate([0, 42, 0, 1, 2, 3]), 1, 2, 3];
        Assert.Equal([42], Decode(new PngBuilder().Header(1, 1, 8, 0).Chunk("IDAT", stream).End()).Pixels);
    }

    [Fact]
    public void Rows_missing_at_the_end_of_a_valid_stream_are_rejected() =>
        Rejects("ends before its last row", PngBuilder.File(1, 3, 8, 0, [0, 42, 0, 43]));

    [Fact]
    public void A_wrong_checksum_of_the_compressed_data_is_rejected()
    {
        byte[] stream = PngBuilder.Deflate([0, 42]);
        stream[^1] ^= 1;
        Rejects("not a valid zlib stream", new PngBuilder().Header(1, 1, 8, 0).Chunk("IDAT", stream).End());
    }

    [Fact]
    public void A_stream_that_asks_for_a_dictionary_is_rejected() =>
        Rejects("not a valid zlib stream", new PngBuilder().Header(1, 1, 8, 0).Chunk("IDAT", 0x78, 0xBB, 0, 0, 0, 1, 3, 0).End());

    [Fact]
    public void A_wrong_filter_is_rejected() => Rejects("filter 5", PngBuilder.File(1, 1, 8, 0, [5, 42]));

    [Theory]
    [InlineData("gray1-adam7-mixed")]
    [InlineData("gray4-plain-mixed")]
    [InlineData("rgb8-plain-4")]
    [InlineData("palette8-trns")]
    [InlineData("rgba8-idat-each-byte")]
    public void A_file_cut_off_anywhere_is_rejected_or_complete(string name)
    {
        byte[] file = File.ReadAllBytes(TestData.PathOf($"pictures/png/{name}.png"));
        byte[] pixels = Decode(file).Pixels;
        int complete = 0;
        for (int length = 0; length < file.Length; length++)
            try
            {
                Assert.Equal(pixels, Decode(file[..length]).Pixels);
                complete++;
            }
            catch (InvalidDataException)
            {
                Assert.Equal(0, complete); // once all rows are there, more of the file does not harm
            }
        Assert.InRange(complete, 12, 100); // IEND, and zlib's checksum, of which each byte may be a chunk of 13
    }

    [Fact]
    public void A_giant_picture_in_a_tiny_file_is_rejected_before_memory_is_taken()
    {
        byte[] file = PngBuilder.File(14_000, 14_000, 8, 6, new byte[100_000]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Rejects("truncated", file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void A_zip_bomb_behind_the_last_row_is_not_inflated()
    {
        byte[] file = PngBuilder.File(4, 4, 8, 0, new byte[20_000_000]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(new byte[16], Decode(file).Pixels);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void A_picture_over_the_limit_is_rejected()
    {
        byte[] file = PngBuilder.File(4, 4, 8, 0, new byte[20]);
        Assert.Equal(16, Decoder.Decode(file, new ImageDecoderOptions { MaxPixels = 16 }).Pixels.Length);
        Assert.Contains("15 is the limit", Assert.Throws<InvalidDataException>(
            () => Decoder.Decode(file, new ImageDecoderOptions { MaxPixels = 15 })).Message);
    }

    private static RasterImage Decode(byte[] file) => Decoder.Decode(file, ImageDecoderOptions.Default);

    private static void Rejects(string because, byte[] file) =>
        Assert.Contains(because, Assert.Throws<InvalidDataException>(() => Decode(file)).Message);
}
