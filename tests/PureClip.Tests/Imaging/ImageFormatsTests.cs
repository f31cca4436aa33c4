using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class ImageFormatsTests
{
    [Theory]
    [InlineData("png/rgb8-plain-4.png")]
    [InlineData("bmp/bottom-up-24.bmp")]
    public void The_signature_finds_the_decoder(string file) =>
        Assert.Equal(PixelMode.Rgb, ImageFormats.Decode(File.ReadAllBytes(TestData.PathOf("pictures/" + file))).Mode);

    [Theory]
    [InlineData("JPEG", "image/jpeg", ".jpg .jpeg .jpe .jfif .mpo")]
    [InlineData("PNG", "image/png", ".png .apng")]
    [InlineData("BMP", "image/bmp", ".bmp .dib")]
    [InlineData("WebP", "image/webp", ".webp")]
    [InlineData("GIF", "image/gif", ".gif")]
    public void A_built_in_format_says_its_extensions_and_its_media_type(string name, string mediaType, string extensions)
    {
        IImageDecoder format = Assert.Single(ImageFormats.BuiltIn, format => format.FormatName == name);
        Assert.Equal((mediaType, extensions), (format.MediaType, string.Join(' ', format.Extensions)));
    }

    [Fact]
    public void Every_format_of_the_library_is_in_the_list()
    {
        IEnumerable<Type> formats =
            typeof(IPictureFormat).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IPictureFormat)));
        Assert.Equal(
            formats.OrderBy(type => type.Name),
            ImageFormats.BuiltIn.Append(ImageFormats.CameraPreviews).Select(format => format.GetType()).OrderBy(type => type.Name));
    }

    [Fact]
    public void Formats_tell_themselves_apart()
    {
        string[] extensions = [.. ImageFormats.BuiltIn.SelectMany(format => format.Extensions)];
        Assert.Equal(extensions.Distinct(), extensions);
        Assert.All(extensions, extension => Assert.Matches(@"^\.[a-z0-9]+$", extension));
        Assert.All(ImageFormats.BuiltIn, format => Assert.Matches("^image/[a-z0-9.+-]+$", format.MediaType));
        foreach (IImageDecoder format in ImageFormats.BuiltIn)
            foreach (string file in Directory.EnumerateFiles(TestData.PathOf("pictures"), "*", SearchOption.AllDirectories))
                if (format.Recognizes(File.ReadAllBytes(file)))
                    Assert.Same(format, ImageFormats.Find(File.ReadAllBytes(file)));
    }

    [Fact]
    public void A_head_of_any_length_may_be_asked_about()
    {
        foreach (string file in (string[])["png/rgb8-plain-4.png", "bmp/bottom-up-24.bmp"])
        {
            byte[] head = File.ReadAllBytes(TestData.PathOf("pictures/" + file))[..20];
            for (int length = 0; length <= head.Length; length++)
                foreach (IImageDecoder format in ImageFormats.BuiltIn)
                    Assert.True(!format.Recognizes(head.AsSpan(0, length)) || format.Recognizes(head));
        }
    }

    [Fact]
    public void A_file_s_format_is_found_by_its_content()
    {
        Assert.Equal("image/png", ImageFormats.Find(File.ReadAllBytes(TestData.PathOf("pictures/png/rgb8-plain-4.png")))?.MediaType);
        Assert.Equal("image/gif", ImageFormats.Find("GIF89a"u8)?.MediaType);
        Assert.Equal("image/webp", ImageFormats.Find("RIFF1234WEBPVP8 "u8)?.MediaType);
        Assert.Null(ImageFormats.Find("RIFF1234WAVE"u8));
        Assert.Null(ImageFormats.Find([]));
    }

    [Fact]
    public void A_decoder_of_the_application_need_not_say_more_than_it_did()
    {
        IImageDecoder decoder = new SevenDecoder();
        Assert.Empty(decoder.Extensions);
        Assert.Null(decoder.MediaType);
    }

    [Theory]
    [InlineData("\u0089PNG\n\u001a\n", "a PNG that was damaged on its way")]
    [InlineData("II*\0", "a TIFF")]
    [InlineData("MM\0*", "a TIFF")]
    [InlineData("II+\0", "a BigTIFF")]
    [InlineData("MM\0+", "a BigTIFF")]
    [InlineData("1234ftypavif", "an AVIF")]
    [InlineData("1234ftypavis", "an AVIF")]
    [InlineData("1234ftypheic", "a HEIC")]
    [InlineData("1234ftyphevc", "a HEIC;")]
    [InlineData("1234ftypmif1", "a HEIC or AVIF")]
    [InlineData("1234ftypmsf1", "a HEIC or AVIF")]
    [InlineData("\0\0\0\u0014ftypmif1\0\0\0\0avif", "an AVIF")]
    [InlineData("\0\0\0\u0014ftypmif1\0\0\0\0heic", "a HEIC;")]
    [InlineData("\0\0\0\u0010ftypmif1\0\0\0\0heic", "a HEIC or AVIF")]
    [InlineData("1234ftypcrx ", "a camera's raw file (Canon CR3)")]
    [InlineData("II*\0\u0010\0\0\0CR\u0002\0", "a camera's raw file (Canon CR2)")]
    [InlineData("IIRO\u0008\0\0\0", "a camera's raw file (Olympus ORF)")]
    [InlineData("IIRS\u0008\0\0\0", "a camera's raw file (Olympus ORF)")]
    [InlineData("MMOR\0\0\0\u0008", "a camera's raw file (Olympus ORF)")]
    [InlineData("IIU\0\u0018\0\0\0", "a camera's raw file (Panasonic RW2)")]
    [InlineData("FUJIFILMCCD-RAW 0201", "a camera's raw file (Fujifilm RAF)")]
    [InlineData("FOVb\0\0\u0002\0", "a camera's raw file (Sigma X3F)")]
    [InlineData("II*\0\u0008\0\0\0\u0001\0\u0012\u00c6\u0001\0\u0004\0\0\0\u0001\u0004\0\0", "a camera's raw file (DNG)")]
    [InlineData("MM\0*\0\0\0\u0008\0\u0001\0\u00fe\0\u0004\0\0\0\u0001\0\0\0\u0001", "a camera's raw file (in TIFF's form")]
    [InlineData("II*\0\u0008\0\0\0\u0001\0\u0000\u0001\u0003\0\u0001\0\0\0\u0004\0\0\0", "a TIFF;")]
    [InlineData("II*\0\u00ff\u00ff\u00ff\u00ff", "a TIFF (or a camera's raw file)")]
    [InlineData("II*\0\u0008\0\0\0", "a TIFF (or a camera's raw file)")]
    [InlineData("II*\0\u0008\0\0\0\u0002\0\u0012\u00c6", "a TIFF;")]
    [InlineData("8BPS\0\u0001", "a PSD")]
    [InlineData("P4\n8 8\n", "a PBM, PGM or PPM")]
    [InlineData("P6 8 8 255\n", "a PBM, PGM or PPM")]
    [InlineData("P9\n8 8\n", "no known picture format")]
    [InlineData("\0\0\0\u000cjP  \r\n", "a JPEG 2000")]
    [InlineData("\u00ff\u004f\u00ff\u0051", "a JPEG 2000")]
    [InlineData("1234ftypisom", "a video")]
    [InlineData("\u00ff\n", "a JPEG XL")]
    [InlineData("\0\0\0\u000cJXL \r\n", "a JPEG XL")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer in place of the picture")]
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
        Assert.Equal([7], ImageFormats.Decode(png, decoders: [new SevenDecoder()]).Pixels);
        string message = Assert.Throws<InvalidDataException>(() => ImageFormats.Decode("BM"u8, decoders: [new SevenDecoder()])).Message;
        Assert.Contains("looks like a BMP; the decoders at hand read Seven.", message);
    }

    [Fact]
    public void A_decoder_that_gives_nothing_is_named()
    {
        string message = Assert.Throws<InvalidDataException>(() => ImageFormats.Decode("N"u8, decoders: [new NothingDecoder()])).Message;
        Assert.Equal("The decoder of Nothing gave no picture.", message);
    }

    private static string Rejection(byte[] file) => Assert.Throws<InvalidDataException>(() => ImageFormats.Decode(file)).Message;

    private sealed class SevenDecoder : IImageDecoder
    {
        public string FormatName => "Seven";

        public bool Recognizes(ReadOnlySpan<byte> head) => head[0] == 0x89;

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options) => new(PixelMode.Gray, 1, 1, [7]);
    }

    private sealed class NothingDecoder : IImageDecoder
    {
        public string FormatName => "Nothing";

        public bool Recognizes(ReadOnlySpan<byte> head) => true;

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options) => null!;
    }
}
