using PureClip.Cli.Arguments;
using PureClip.Imaging;
using PureClip.Search;

namespace PureClip.Cli.Output;

/// <summary>A picture as people see it, small.</summary>
internal static class PictureThumbnail
{
    private static readonly ImagePreprocessorConfig Seen = new() { Background = RgbColor.White, FastDecode = true, Tolerant = true };

    /// <summary>A picture that fits into a box, turned upright, on white; never enlarged.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="width">Most pixels of a row, 1 or more.</param>
    /// <param name="height">Most rows, 1 or more.</param>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    public static RgbImage Of(string path, int width, int height) => Fit(Decode(path, Math.Max(width, height)), width, height);

    /// <summary>The same; null where the file is gone, or is no picture that can be read.</summary>
    public static RgbImage? TryOf(string path, int width, int height) => Try(() => Of(path, width, height));

    /// <summary>The whole picture on white, perhaps decoded at a part of its size.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="side">Both edges have twice as many pixels at least, where the picture has them.</param>
    public static RgbImage? TryDecode(string path, int side) => Try(() => Decode(path, side));

    /// <summary>A picture made smaller, so that it fits into a box.</summary>
    private static RgbImage Fit(RgbImage image, int width, int height)
    {
        double scale = Math.Min(1.0, Math.Min((double)width / image.Width, (double)height / image.Height));
        return scale == 1
            ? image
            : new ImagePreprocessor(new()
            {
                ResizeMode = ResizeMode.Squash,
                OutputWidth = Math.Max(1, (int)Math.Round(image.Width * scale)),
                OutputHeight = Math.Max(1, (int)Math.Round(image.Height * scale)),
            }).Resized(image);
    }

    private static RgbImage Decode(string path, int side)
    {
        RasterImage raster = PictureArchive.SourceOf(path)
            .Decode(PictureFormats.DecodersWithPreviews, new() { WantedSide = 2 * side, Tolerant = true });
        return new ImagePreprocessor(Seen).Decoded(raster);
    }

    private static RgbImage? Try(Func<RgbImage> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
