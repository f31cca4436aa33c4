using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class ImageDecoderTests
{
    [Theory]
    [InlineData("png/rgb8-plain-4.png")]
    [InlineData("bmp/bottom-up-24.bmp")]
    public void The_signature_finds_the_decoder(string file) =>
        Assert.Equal(PixelMode.Rgb, ImageDecoder.Decode(File.ReadAllBytes(TestData.PathOf("pictures/" + file))).Mode);

    [Theory]
    [InlineData("GIF89a", "a GIF")]
    [InlineData("RIFF1234WEBPVP8 ", "a WebP")]
    [InlineData("II*\0", "a TIFF")]
    [InlineData("MM\0*", "a TIFF")]
    [InlineData("1234ftypavif", "an AVIF")]
    [InlineData("1234ftypheic", "a HEIC")]
    [InlineData("1234ftypmif1", "a HEIC or AVIF")]
    [InlineData("1234ftypisom", "a video")]
    [InlineData("\u00ff\n", "a JPEG XL")]
    [InlineData("%PDF-1.7", "a PDF")]
    [InlineData("  \r\n<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG")]
    [InlineData("\u00ef\u00bb\u00bf<?xml version='1.0'?><svg/>", "an SVG")]
    [InlineData("<?xml version='1.0'?>", "an XML document")]
    [InlineData("<!DOCTYPE html>", "an HTML page")]
    [InlineData("RIFF1234WAVE", "no known picture format (it begins with 5249464631323334)")]
    [InlineData("a", "no known picture format (it begins with 61)")]
    public void Another_format_is_named_together_with_what_to_do(string head, string name)
    {
        string message = Rejection(System.Text.Encoding.Latin1.GetBytes(head));
        Assert.Contains($"looks like {name}", message);
        Assert.Contains("PNG, ", message);
        Assert.Contains("Convert it to PNG", message);
    }

    [Fact]
    public void An_empty_file_is_called_empty() => Assert.Contains("empty", Rejection([]));

    [Fact]
    public void Decoders_that_are_passed_replace_the_built_in_ones()
    {
        byte[] png = File.ReadAllBytes(TestData.PathOf("pictures/png/rgb8-plain-4.png"));
        Assert.Equal([7], ImageDecoder.Decode(png, decoders: [new SevenDecoder()]).Pixels);
        string message = Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode("BM"u8, decoders: [new SevenDecoder()])).Message;
        Assert.Contains("looks like a BMP; the decoders at hand read Seven.", message);
    }

    private static string Rejection(byte[] file) => Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(file)).Message;

    private sealed class SevenDecoder : IImageDecoder
    {
        public string FormatName => "Seven";

        public bool Recognizes(ReadOnlySpan<byte> head) => head[0] == 0x89;

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options) => new(PixelMode.Gray, 1, 1, [7]);
    }
}
