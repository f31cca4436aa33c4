using PureClip.Imaging;
using PureClip.Imaging.Gif;

namespace PureClip.Tests.Imaging.Gif;

public class GifDecoderTests
{
    private static readonly byte[] Colors = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    private static readonly byte[] Ramp = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3];

    [Fact]
    public void Committed_pictures_are_what_Pillow_makes_of_them()
    {
        List<string> failures = PictureManifest.Compare(TestData.PathOf("pictures/gif/checksums.json"), out int count);
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(17, count);
    }

    [PicturesFact("gif")]
    public void Pictures_of_every_kind_are_what_Pillow_makes_of_them()
    {
        string manifest = Path.Combine(PicturesFactAttribute.Directory, "gif", "manifest.json");
        List<string> failures = PictureManifest.Compare(manifest, out int count);
        Assert.True(failures.Count == 0, $"{failures.Count} of {count}:\n{string.Join('\n', failures)}");
        Assert.True(count >= 600);
    }

    [Fact]
    public void The_canvas_is_filled_with_the_transparent_index_and_grows_to_hold_the_frame()
    {
        RasterImage image = Decode(new GifBuilder(2, 1, Colors).Transparent(3).Frame(1, 1, 2, 1).Pixels(1, 2));
        Assert.Equal((3, 2), (image.Width, image.Height));
        Assert.Equal([3, 3, 3, 3, 1, 2], image.Pixels);
        Assert.Equal([255, 255, 255, 0], image.PaletteAlpha!);
        Assert.Equal([0, 0, 0, 0, 1, 2], Decode(new GifBuilder(0, 0, Colors).Frame(1, 1, 2, 1).Pixels(1, 2)).Pixels);
    }

    [Fact]
    public void The_last_index_that_is_declared_transparent_counts()
    {
        GifBuilder Start() => new GifBuilder(1, 1, Colors).Transparent(1).Transparent(2);
        Assert.Equal([255, 255, 0], Decode(Start().Frame(0, 0, 1, 1).Pixels(0)).PaletteAlpha!);
        Assert.Equal([255, 255, 0], Decode(Start().Bytes((byte)'!', 0xF9, 4, 0, 0, 0, 1, 0).Frame(0, 0, 1, 1).Pixels(0)).PaletteAlpha!);
        Assert.Null(Decode(new GifBuilder(1, 1, Colors).Frame(0, 0, 1, 1).Pixels(0)).PaletteAlpha);
    }

    [Fact]
    public void A_frame_s_own_palette_comes_first_and_a_ramp_is_grey()
    {
        byte[] own = [.. Colors.Reverse()];
        Assert.Equal(own, Decode(new GifBuilder(1, 1, Colors).Frame(0, 0, 1, 1, false, own).Pixels(0)).Palette![..12]);
        Assert.Equal(Colors, Decode(new GifBuilder(1, 1, Colors).Frame(0, 0, 1, 1).Pixels(0)).Palette![..12]);
        Assert.Equal([200, 200, 200], Decode(new GifBuilder(1, 1, Colors).Frame(0, 0, 1, 1).Pixels(0)).Palette![600..603]);
        RasterImage gray = Decode(new GifBuilder(1, 1, Colors).Transparent(2).Frame(0, 0, 1, 1, false, Ramp).Pixels(3));
        Assert.Equal((PixelMode.Gray, 3, 2), (gray.Mode, gray.Pixels[0], gray.TransparentColor![0]));
        Assert.Equal(PixelMode.Gray, Decode(new GifBuilder(1, 1, Ramp).Frame(0, 0, 1, 1).Pixels(0)).Mode);
        Assert.Equal(PixelMode.Gray, Decode(new GifBuilder(1, 1).Frame(0, 0, 1, 1).Pixels(0)).Mode);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(3, 0, 2, 1)]
    [InlineData(5, 0, 4, 2, 1, 3)]
    [InlineData(9, 0, 8, 4, 2, 6, 1, 3, 5, 7)]
    public void Interlaced_rows_come_in_four_passes(int height, params int[] order)
    {
        byte[] stored = [.. order.Select(y => (byte)(y % 4))];
        RasterImage image = Decode(new GifBuilder(1, height, Colors).Frame(0, 0, 1, height, isInterlaced: true).Pixels(stored));
        Assert.Equal(Enumerable.Range(0, height).Select(y => (byte)(y % 4)), image.Pixels);
    }

    [Fact]
    public void Extensions_and_unknown_bytes_before_the_frame_are_passed_over()
    {
        GifBuilder start = new GifBuilder(1, 1, Colors).Bytes((byte)'!', 0xFE, 2, (byte)',', (byte)';', 1, 9, 0).Bytes(7, 7);
        Assert.Equal([2], Decode(start.Frame(0, 0, 1, 1).Pixels(2)).Pixels);
    }

    [Fact]
    public void Damaged_files_are_rejected_with_what_is_wrong()
    {
        AssertRejected("without a frame", new GifBuilder(1, 1, Colors));
        AssertRejected("0 x 1 pixels", new GifBuilder(1, 1, Colors).Frame(0, 0, 0, 1).Pixels(0));
        AssertRejected("13 bits a symbol", new GifBuilder(1, 1, Colors).Frame(0, 0, 1, 1).Codes(13, 3, 4, 0));
        AssertRejected("ends after 2 of 3", new GifBuilder(3, 1, Colors).Frame(0, 0, 3, 1).Pixels(0, 1));
        AssertRejected("0 bytes of data cannot hold", new GifBuilder(3, 1, Colors).Frame(0, 0, 3, 1).Codes(2, 3));
        AssertRejected("code 6", new GifBuilder(3, 1, Colors).Frame(0, 0, 3, 1).Codes(2, 3, 4, 6));
        byte[] cut = new GifBuilder(1, 1, Colors).Frame(0, 0, 1, 1).File()[..^1];
        Assert.Contains("the pixels of its first frame were expected", Rejection(cut));
    }

    [Fact]
    public void Every_truncated_file_is_rejected()
    {
        byte[] file = new GifBuilder(3, 3, Colors).Transparent(1).Frame(0, 0, 3, 3).Pixels(0, 1, 2, 3, 2, 1, 0, 1, 2).File();
        for (int length = 0; length < file.Length - 3; length++) // from there on end code, last block and trailer are missing
            Rejection(file[..length]);
    }

    [Fact]
    public void A_size_beyond_the_limit_or_the_data_is_rejected_before_memory_is_taken()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRejected("is the limit", new GifBuilder(65535, 65535, Colors).Frame(0, 0, 1, 1).Pixels(0));
        AssertRejected("bytes of data cannot hold", new GifBuilder(1, 1, Colors).Frame(0, 0, 10_000, 10_000).Pixels(0));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static RasterImage Decode(GifBuilder builder) => Decode(builder.File());

    private static RasterImage Decode(byte[] file) => ((IImageDecoder)new GifDecoder()).Decode(file, ImageDecoderOptions.Default);

    private static string Rejection(byte[] file) => Assert.Throws<InvalidDataException>(() => Decode(file)).Message;

    private static void AssertRejected(string what, GifBuilder builder) => Assert.Contains(what, Rejection(builder.File()));
}
