using PureClip.Imaging;
using PureClip.Imaging.WebP;

namespace PureClip.Tests.Imaging.WebP;

public class WebPDecoderTests
{
    private const uint Red = 0xFFFF0000;

    private static readonly IImageDecoder Decoder = new WebPDecoder();

    [Fact]
    public void Committed_pictures_are_what_Pillow_makes_of_them()
    {
        List<string> failures = PictureManifest.Compare(TestData.PathOf("pictures/webp/checksums.json"), out int count);
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(26, count);
    }

    [PicturesFact("webp")]
    public void Pictures_of_every_kind_are_what_Pillow_makes_of_them()
    {
        string manifest = Path.Combine(PicturesFactAttribute.Directory, "webp", "manifest.json");
        List<string> failures = PictureManifest.Compare(manifest, out int count);
        Assert.True(failures.Count == 0, $"{failures.Count} of {count}:\n{string.Join('\n', failures)}");
        Assert.True(count >= 600);
    }

    [Theory]
    [InlineData("alpha-lossless")]
    [InlineData("lossy-odd")]
    [InlineData("lossless-palette-200")]
    [InlineData("lossless-rgba")]
    [InlineData("animation-offset")]
    [InlineData("animation-lossless")]
    public void A_picture_lies_in_borrowed_memory_as_in_its_own(string name)
    {
        byte[] file = Committed(name);
        using PictureMemory memory = PictureMemory.Borrow();
        RasterImage borrowed = new WebPDecoder().Decode(file, ImageDecoderOptions.Default, memory);
        Assert.Equal(Decoder.Decode(file, ImageDecoderOptions.Default).Pixels, borrowed.PixelSpan.ToArray());
    }

    [Fact]
    public void A_frame_is_placed_on_transparent_black()
    {
        RasterImage image = Decode(new WebPBuilder().Extended(WebPBuilder.AnimationFlag | WebPBuilder.AlphaFlag, 4, 3)
            .Chunk("ANIM", 255, 255, 255, 255, 0, 0).Frame(2, 2, 1, 1, new WebPBuilder().Plain(1, 1, Red)));
        Assert.Equal((PixelMode.Rgba, 4, 3), (image.Mode, image.Width, image.Height));
        Assert.Equal([255, 0, 0, 255], image.Pixels[40..44]);
        Assert.Equal(4, image.Pixels.Length - image.Pixels.AsSpan().Count((byte)0) + 2); // 255 twice, and nothing else
    }

    [Fact]
    public void A_frame_without_a_picture_is_passed_over()
    {
        RasterImage image = Decode(new WebPBuilder().Extended(WebPBuilder.AnimationFlag, 1, 1).Chunk("ANIM", 0, 0, 0, 0, 0, 0)
            .Frame(0, 0, 1, 1, new WebPBuilder().Chunk("ABCD")).Frame(0, 0, 1, 1, new WebPBuilder().Plain(1, 1, Red)));
        Assert.Equal([255, 0, 0], image.Pixels);
    }

    [Theory]
    [InlineData(WebPBuilder.ExifFlag, 6, 6)]
    [InlineData(0, 6, 1)] // without its flag EXIF does not count
    [InlineData(WebPBuilder.ExifFlag, 9, 1)]
    public void Orientation_comes_from_EXIF(int flags, byte stored, int expected)
    {
        byte[] exif = [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, stored, 0, 0, 0, 0, 0, 0, 0];
        WebPBuilder Extended() => new WebPBuilder().Extended(flags, 1, 1);
        Assert.Equal(expected, Decode(Extended().Chunk("EXIF", exif).Plain(1, 1, Red)).Orientation);
        Assert.Equal(expected, Decode(Extended().Plain(1, 1, Red).Chunk("EXIF", exif)).Orientation);
        Assert.Equal(expected, Decode(Extended().Plain(1, 1, Red).Chunk("EXIF", [.. "Exif\0\0"u8, .. exif])).Orientation);
    }

    [Fact]
    public void What_follows_the_announced_bytes_or_the_picture_is_passed_over()
    {
        Assert.Equal([255, 0, 0], Decode([.. new WebPBuilder().Plain(1, 1, Red).File(), 1, 2, 3]).Pixels);
        Assert.Equal([255, 0, 0], Decode(new WebPBuilder().Plain(1, 1, Red).Chunk("VP8 ", 1, 2)).Pixels);
    }

    [Fact]
    public void Every_truncated_file_is_rejected()
    {
        foreach (string name in (string[])["lossy-1x1", "lossless-palette-4", "alpha-raw-gradient", "animation-offset"])
        {
            byte[] file = Committed(name);
            for (int length = 0; length < file.Length; length++)
                Assert.Throws<InvalidDataException>(() => Decode(file[..length]));
        }
    }

    [Fact]
    public void Damaged_containers_are_rejected_with_what_is_wrong()
    {
        static WebPBuilder Animation() =>
            new WebPBuilder().Extended(WebPBuilder.AnimationFlag, 4, 4).Chunk("ANIM", 0, 0, 0, 0, 0, 0);
        static WebPBuilder WithAlpha(params ReadOnlySpan<byte> alpha) =>
            new WebPBuilder().Extended(WebPBuilder.AlphaFlag, 1, 1).Chunk("ALPH", alpha).Chunk("VP8 ", Lossy1x1());
        AssertRejected("has 2 x 1 pixels, but the file's header says 1 x 1", new WebPBuilder().Extended(0, 1, 1).Plain(2, 1, Red));
        AssertRejected("reaches beyond", Animation().Frame(2, 4, 1, 1, new WebPBuilder().Plain(1, 1, Red)));
        AssertRejected("no frame", Animation().Plain(4, 4, Red));
        AssertRejected("no picture", new WebPBuilder().Extended(0, 1, 1).Chunk("ABCD", 1, 2, 3));
        AssertRejected("9 bytes instead of 10", new WebPBuilder().Chunk("VP8X", new byte[9]).Plain(1, 1, Red));
        AssertRejected("0x30 instead of 0x2F", new WebPBuilder().Chunk("VP8L", 0x30, 0, 0, 0, 0, 0));
        AssertRejected("version 1", new WebPBuilder().Chunk("VP8L", new LosslessWriter().Header(1, 1, version: 1).Bytes()));
        AssertRejected("stored in a way that does not exist (0x02)", WithAlpha(2, 0));
        AssertRejected("where alpha was expected", WithAlpha(0));
    }

    [Fact]
    public void Damaged_lossy_headers_are_rejected_with_what_is_wrong()
    {
        AssertRejected("key frames only", Damaged(0, 1));
        AssertRejected("profile 7", Damaged(0, 0x0E));
        AssertRejected("not to be shown", Damaged(0, 0x10));
        AssertRejected("start code", Damaged(3, 0xFF));
        AssertRejected("0 x 1 pixels", Damaged(6, 1));
        AssertRejected("the first partition", Damaged(2, 0xFF));
        AssertRejected("a VP8 frame was expected", new WebPBuilder().Chunk("VP8 ", Lossy1x1()[..9]));

        static WebPBuilder Damaged(int position, byte flipped)
        {
            byte[] data = Lossy1x1();
            data[position] ^= flipped;
            return new WebPBuilder().Chunk("VP8 ", data);
        }
    }

    [Fact]
    public void A_size_beyond_the_limit_is_rejected_before_memory_is_taken()
    {
        WebPBuilder canvas = new WebPBuilder().Extended(WebPBuilder.AnimationFlag, 1 << 24, 1 << 24).Chunk("ANIM", 0, 0, 0, 0, 0, 0)
            .Frame(0, 0, 1, 1, new WebPBuilder().Plain(1, 1, Red));
        byte[] lossy = Lossy1x1();
        (lossy[6], lossy[7], lossy[8], lossy[9]) = (0xFF, 0x3F, 0x00, 0x2F); // 16,383 x 12,032 pixels: within the limit
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRejected("is the limit", canvas);
        AssertRejected("is the limit", new WebPBuilder().Plain(16384, 16384, Red));
        AssertRejected("bytes cannot hold the modes", new WebPBuilder().Chunk("VP8 ", lossy));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static byte[] Committed(string name) => File.ReadAllBytes(TestData.PathOf($"pictures/webp/{name}.webp"));

    private static byte[] Lossy1x1() => Committed("lossy-1x1")[20..];

    private static RasterImage Decode(WebPBuilder builder) => Decode(builder.File());

    private static RasterImage Decode(byte[] file) => Decoder.Decode(file, ImageDecoderOptions.Default);

    private static void AssertRejected(string what, WebPBuilder builder) =>
        Assert.Contains(what, Assert.Throws<InvalidDataException>(() => Decode(builder)).Message);
}
