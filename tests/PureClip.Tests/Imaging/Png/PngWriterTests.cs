using PureClip.Imaging;

namespace PureClip.Tests.Imaging.Png;

public sealed class PngWriterTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(64, 65)]
    public void What_is_written_is_read_again(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(width).NextBytes(pixels);
        pixels.AsSpan(0, pixels.Length / 2).Fill(77); // something to compress, too
        using MemoryStream stream = new();
        new RgbImage(width, height, pixels).WritePng(stream);
        RasterImage read = ImageFormats.Decode(stream.ToArray());
        Assert.Equal((PixelMode.Rgb, width, height), (read.Mode, read.Width, read.Height));
        Assert.Equal(pixels, read.Pixels);
        Assert.Throws<ArgumentNullException>(() => new RgbImage(width, height, pixels).WritePng(null!));
    }
}
