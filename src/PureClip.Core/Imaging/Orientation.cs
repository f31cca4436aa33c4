using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Imaging;

/// <summary>
/// Turns a picture the way its EXIF tag 0x0112 says, as Pillow's <c>ImageOps.exif_transpose</c> does: 1 as stored, 2 mirrored,
/// 3 turned by 180°, 4 upside down, 5 transposed, 6 turned 90° clockwise, 7 transposed over the other diagonal, 8 turned 90°
/// counter-clockwise.
/// </summary>
internal static class Orientation
{
    /// <summary>Whether turning swaps width and height.</summary>
    public static bool SwapsAxes(int orientation) => orientation is >= 5 and <= 8;

    /// <summary>The picture as it is meant to be seen; the same object where there is nothing to turn.</summary>
    public static RasterImage Apply(RasterImage image)
    {
        if (!Turns(image.Orientation))
            return image;
        byte[] turned = new byte[image.PixelSpan.Length];
        PixelView view = Apply(PixelView.Of(image), image.Orientation, turned);
        return new RasterImage(view.Mode, view.Width, view.Height, turned)
        {
            Palette = image.Palette,
            PaletteAlpha = image.PaletteAlpha,
            TransparentColor = image.TransparentColor,
        };
    }

    /// <summary>Whether a tag's value asks for anything; values that EXIF does not define do not, as in Pillow.</summary>
    public static bool Turns(int orientation) => orientation is >= 2 and <= 8;

    /// <summary>Turns pixels into another buffer of the same length.</summary>
    public static PixelView Apply(PixelView source, int orientation, Span<byte> destination)
    {
        bool swap = SwapsAxes(orientation);
        int width = swap ? source.Height : source.Width;
        int height = swap ? source.Width : source.Height;
        Walk walk = Walk.Of(orientation, source.Width, source.Height);
        switch (source.Channels)
        {
            case 1: Copy<byte>(source.Pixels, walk, width, height, destination); break;
            case 2: Copy<ushort>(source.Pixels, walk, width, height, destination); break;
            case 3: Copy<Triple>(source.Pixels, walk, width, height, destination); break;
            default: Copy<uint>(source.Pixels, walk, width, height, destination); break;
        }
        return new PixelView(source.Mode, width, height, destination);
    }

    private static void Copy<TPixel>(ReadOnlySpan<byte> source, Walk walk, int width, int height, Span<byte> destination)
        where TPixel : unmanaged
    {
        ReadOnlySpan<TPixel> from = MemoryMarshal.Cast<byte, TPixel>(source);
        Span<TPixel> to = MemoryMarshal.Cast<byte, TPixel>(destination);
        for (int y = 0; y < height; y++)
        {
            int position = walk.Origin + y * walk.Down;
            Span<TPixel> row = to.Slice(y * width, width);
            for (int x = 0; x < row.Length; x++, position += walk.Right)
                row[x] = from[position];
        }
    }

    /// <summary>Where in the source the pixels of the turned picture lie, in pixels: the first, and the steps to its neighbours.</summary>
    private readonly record struct Walk(int Origin, int Right, int Down)
    {
        public static Walk Of(int orientation, int width, int height)
        {
            int lastColumn = width - 1;
            int lastRow = width * (height - 1);
            return orientation switch
            {
                2 => new(lastColumn, -1, width),
                3 => new(lastRow + lastColumn, -1, -width),
                4 => new(lastRow, 1, -width),
                5 => new(0, width, 1),
                6 => new(lastRow, -width, 1),
                7 => new(lastRow + lastColumn, -width, -1),
                8 => new(lastColumn, width, -1),
                _ => new(0, 1, width),
            };
        }
    }

    /// <summary>Three bytes that move together.</summary>
    [InlineArray(3)]
    private struct Triple
    {
        private byte _first;
    }
}
