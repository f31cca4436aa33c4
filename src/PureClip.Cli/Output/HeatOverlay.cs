using PureClip.Imaging;

namespace PureClip.Cli.Output;

/// <summary>A heat map over its picture: the hotter a place, the more of the ramp's colour; what the model does not see is darker.</summary>
internal static class HeatOverlay
{
    private const int MostPixelsOfASide = 1024, Channels = 3;
    private const double MostHeat = 0.75, Unseen = 0.4;

    // Dark blue, violet, red, orange, yellow: brighter as well as warmer, so that it reads in grey too.
    private static readonly (double Red, double Green, double Blue)[] Ramp =
        [(20, 11, 53), (101, 21, 110), (188, 55, 84), (243, 120, 25), (252, 233, 79)];

    /// <summary>Draws maps side by side.</summary>
    /// <param name="stream">Receives a PNG.</param>
    /// <param name="raster">The picture.</param>
    /// <param name="preprocessor">What the model sees of it.</param>
    /// <param name="maps">At least one.</param>
    public static void Write(Stream stream, RasterImage raster, ImagePreprocessor preprocessor, IReadOnlyList<HeatMap> maps)
    {
        SeenPart seen = preprocessor.SeenOf(raster);
        RgbImage picture = Shrunk(preprocessor.Decoded(raster));
        int width = picture.Width, height = picture.Height;
        byte[] sheet = new byte[maps.Count * width * height * Channels];
        for (int i = 0; i < maps.Count; i++)
        {
            float least = maps[i].Values.Min(), range = maps[i].Values.Max() - least;
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    double across = ((x + 0.5) / width - seen.Left) / seen.Width, down = ((y + 0.5) / height - seen.Top) / seen.Height;
                    bool isSeen = across is >= 0 and <= 1 && down is >= 0 and <= 1;
                    double heat = isSeen && range > 0 ? (maps[i].At(across, down) - least) / range : 0;
                    Mix(picture.Pixels.AsSpan((y * width + x) * Channels, Channels), heat, isSeen,
                        sheet.AsSpan(((y * maps.Count + i) * width + x) * Channels, Channels));
                }
        }
        new RgbImage(maps.Count * width, height, sheet).WritePng(stream);
    }

    private static void Mix(ReadOnlySpan<byte> pixel, double heat, bool isSeen, Span<byte> to)
    {
        double place = heat * (Ramp.Length - 1);
        int below = Math.Min((int)place, Ramp.Length - 2);
        double part = place - below, share = isSeen ? MostHeat * Math.Sqrt(heat) : 0, light = isSeen ? 1 : Unseen;
        byte Of(byte color, double low, double high) =>
            (byte)Math.Round(light * ((1 - share) * color + share * (low + part * (high - low))));
        to[0] = Of(pixel[0], Ramp[below].Red, Ramp[below + 1].Red);
        to[1] = Of(pixel[1], Ramp[below].Green, Ramp[below + 1].Green);
        to[2] = Of(pixel[2], Ramp[below].Blue, Ramp[below + 1].Blue);
    }

    /// <summary>Small enough to look at; small pictures are enlarged, so that the heat is smooth.</summary>
    private static RgbImage Shrunk(RgbImage picture)
    {
        const int Smallest = 384;
        double longer = Math.Max(picture.Width, picture.Height), wanted = Math.Clamp(longer, Smallest, MostPixelsOfASide);
        int width = Math.Max(1, (int)Math.Round(picture.Width * wanted / longer));
        int height = Math.Max(1, (int)Math.Round(picture.Height * wanted / longer));
        return width == picture.Width && height == picture.Height
            ? picture
            : new ImagePreprocessor(new()
            {
                ResizeMode = ResizeMode.Squash,
                DoCenterCrop = false,
                OutputWidth = width,
                OutputHeight = height,
            }).Resized(picture);
    }
}
