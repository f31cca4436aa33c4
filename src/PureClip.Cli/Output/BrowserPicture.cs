using PureClip.Cli.Arguments;
using PureClip.Imaging;
using PureClip.Search;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace PureClip.Cli.Output;

/// <summary>Pictures as browsers can show them.</summary>
internal static class BrowserPicture
{
    // The short side of a picture that is made for a page.
    private const int Side = 448;

    private static readonly ImagePreprocessor Smaller = new(new() { ShortestEdge = Side, DoCenterCrop = false });

    /// <summary>The file as it is where browsers know its format; else a JPEG of what it shows, made small.</summary>
    /// <param name="path">The picture.</param>
    /// <param name="mediaType">By content: browsers go by this type, and names may lie.</param>
    public static Stream Open(string path, out string mediaType)
    {
        Stream file = PictureArchive.Open(path);
        byte[] head = new byte[ImageFormats.HeadBytes];
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        mediaType = ImageFormats.Find(head.AsSpan(0, read))?.MediaType ?? "image/jpeg";
        if (ImageFormats.Find(head.AsSpan(0, read)) is not null || Shown(path) is not RgbImage image)
            return file;
        file.Dispose();
        MemoryStream jpeg = new();
        using Image<Rgb24> pixels = Image.LoadPixelData<Rgb24>(image.Pixels, image.Width, image.Height);
        pixels.SaveAsJpeg(jpeg);
        jpeg.Position = 0;
        return jpeg;
    }

    private static RgbImage? Shown(string path)
    {
        try
        {
            RasterImage raster = PictureArchive.SourceOf(path).Decode(PictureFormats.DecodersWithPreviews);
            return Math.Min(raster.Width, raster.Height) > Side ? Smaller.Resized(raster) : Smaller.Decoded(raster);
        }
        catch (InvalidDataException)
        {
            return null; // as the browser shows what is damaged
        }
    }
}
