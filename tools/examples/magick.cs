#:project ../../src/PureClip/PureClip.csproj
#:package Magick.NET-Q8-AnyCPU

// HEIC, AVIF, JPEG XL and camera raw through Magick.NET, which has native code: whatever the library does not read itself.
using ImageMagick;
using PureClip;
using PureClip.Imaging;

using Clip clip = Clip.Load("weights/pictogram-mini", new() { Decoders = [.. ImageFormats.BuiltIn, new MagickDecoder()] });
foreach (string file in args)
    Console.WriteLine($"{Path.GetFileName(file)}: {Similarity.Cosine(clip.EncodeImage(file), clip.EncodeText("a cat")):0.00}");

sealed class MagickDecoder : IImageDecoder
{
    public string FormatName => "whatever Magick.NET opens";

    public IReadOnlyList<string> Extensions => [".heic", ".heif", ".avif", ".jxl", ".dng", ".nef", ".cr2", ".cr3", ".arw"];

    public bool Recognizes(ReadOnlySpan<byte> head) => true; // it is asked last

    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
    {
        try
        {
            MagickImageInfo info = new(file);
            if ((long)info.Width * info.Height > options.MaxPixels)
                throw ImageFormats.Refuse($"{info.Width} x {info.Height} pixels are too many.", PictureRemedy.MorePixels);
            using MagickImage image = new(file);
            image.AutoOrient();
            byte[] rgb = image.GetPixels().ToByteArray(PixelMapping.RGB)!;
            return new RasterImage(PixelMode.Rgb, (int)image.Width, (int)image.Height, rgb);
        }
        catch (MagickException e)
        {
            throw new InvalidDataException(e.Message, e); // one picture's failure, not the program's
        }
    }
}
