using PureClip.Cli.Output;
using PureClip.Imaging;

namespace PureClip.Tests.Cli.Output;

public sealed class JpegWriterTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 16)]
    [InlineData(17, 33)]
    [InlineData(250, 99)]
    public void Smooth_pictures_come_back_nearly_as_they_were(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
            for (int channel = 0; channel < 3; channel++)
                pixels[3 * i + channel] = (byte)(128 + 100 * Math.Sin((i % width + channel * 30) / 40.0) * Math.Cos(i / width / 50.0));
        byte[] shown = Decode(new(width, height, pixels), 90, out _);
        Assert.InRange(pixels.Zip(shown, (a, b) => Math.Abs(a - b)).Max(), 0, 12);
        Assert.InRange(pixels.Zip(shown, (a, b) => (a - b) * (a - b)).Average(), 0, 4); // above 42 dB
    }

    [Fact]
    public void White_stays_white_and_more_quality_takes_more_bytes()
    {
        byte[] white = [.. Enumerable.Repeat((byte)255, 40 * 40 * 3)];
        Assert.Equal(white, Decode(new(40, 40, white), 78, out _));

        byte[] noise = new byte[64 * 64 * 3]; // every code there is, and bytes of ones
        new Random(1).NextBytes(noise);
        int[] lengths = [.. new[] { 1, 30, 60, 90, 100 }.Select(quality =>
        {
            Decode(new(64, 64, noise), quality, out int length);
            return length;
        })];
        Assert.Equal(lengths.Order(), lengths);
    }

    [Fact]
    public void A_picture_of_the_gallery_is_recognised()
    {
        RgbImage cat = PictureThumbnail.Of(CommandLine.Cat, 128, 128);
        byte[] shown = Decode(cat, 78, out int length);
        Assert.InRange(length, 500, 8000);
        Assert.InRange(cat.Pixels.Zip(shown, (a, b) => (a - b) * (a - b)).Average(), 0, 115); // libjpeg: 110.7, with colour at half resolution
    }

    private static byte[] Decode(RgbImage image, int quality, out int length)
    {
        using MemoryStream file = new();
        JpegWriter.Write(file, image, quality);
        length = (int)file.Length;
        RasterImage read = ImageFormats.Decode(file.ToArray());
        Assert.Equal((image.Width, image.Height), (read.Width, read.Height));
        return read.Pixels;
    }
}
