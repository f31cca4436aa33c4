using System.Runtime.InteropServices;
using PureClip.Imaging;

namespace PureClip;

/// <summary>
/// What the bytes of a pixel mean, in the order in which they lie in memory, one byte a channel. Alpha is straight, not premultiplied.
/// </summary>
public enum PixelLayout
{
    /// <summary>3 bytes a pixel: red, green, blue. ImageSharp's Rgb24, WPF's Rgb24.</summary>
    Rgb,

    /// <summary>4 bytes a pixel: red, green, blue, alpha. SkiaSharp's Rgba8888, ImageSharp's Rgba32.</summary>
    Rgba,

    /// <summary>3 bytes a pixel: blue, green, red. System.Drawing's Format24bppRgb, WPF's Bgr24, OpenCV's usual order.</summary>
    Bgr,

    /// <summary>4 bytes a pixel: blue, green, red, alpha. SkiaSharp's Bgra8888, System.Drawing's Format32bppArgb, WPF's Bgra32.</summary>
    Bgra,

    /// <summary>1 byte a pixel: luminance. SkiaSharp's Gray8, ImageSharp's L8.</summary>
    Gray,
}

/// <summary>An application's pixels, as they lie in its memory.</summary>
internal sealed class GivenPixels
{
    private readonly ReadOnlyMemory<byte> _pixels;
    private readonly int _width, _height, _stride;
    private readonly PixelLayout _layout;

    /// <inheritdoc cref="ImageSource.FromPixels(ReadOnlyMemory{byte}, int, int, PixelLayout, int, string)"/>
    public GivenPixels(ReadOnlyMemory<byte> pixels, int width, int height, PixelLayout layout, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (!Enum.IsDefined(layout))
            throw new ArgumentOutOfRangeException(nameof(layout), layout, $"There are {string.Join(", ", Enum.GetNames<PixelLayout>())}.");
        long rowBytes = (long)width * ChannelsOf(layout);
        if (stride < 0)
            throw new ArgumentException(
                $"A stride of {stride} means rows from the bottom up, which are not supported. Copy the rows from the top down, and pass " +
                $"a stride of {-(long)stride}.",
                nameof(stride));
        if (stride != 0 && stride < rowBytes)
            throw new ArgumentException(
                $"{width} pixels of {layout} are {rowBytes} bytes a row, but the stride is {stride}.", nameof(stride));
        long rowStep = stride == 0 ? rowBytes : stride;
        Int128 needed = (Int128)(height - 1) * rowStep + rowBytes; // up to 2^64
        if (pixels.Length < needed)
            throw new ArgumentException(
                $"{width} x {height} pixels of {layout}, {rowStep} bytes from row to row, are {needed} bytes, but {pixels.Length} were " +
                "given.", nameof(pixels));
        (_pixels, _width, _height, _layout, _stride) = (pixels, width, height, layout, (int)rowStep);
    }

    private PixelMode Mode => _layout switch
    {
        PixelLayout.Rgb or PixelLayout.Bgr => PixelMode.Rgb,
        PixelLayout.Rgba or PixelLayout.Bgra => PixelMode.Rgba,
        _ => PixelMode.Gray,
    };

    /// <summary>The pixels row after row in the library's own order; not copied where they lie so already.</summary>
    /// <param name="memory">Where a copy lies.</param>
    public RasterImage ToRaster(PictureMemory memory)
    {
        int rowBytes = _width * ChannelsOf(_layout);
        if (_stride == rowBytes && _layout is PixelLayout.Rgb or PixelLayout.Rgba or PixelLayout.Gray
            && MemoryMarshal.TryGetArray(_pixels, out ArraySegment<byte> whole)
            && whole.Offset == 0 && whole.Array!.Length == rowBytes * _height)
            return new RasterImage(Mode, _width, _height, whole.Array);

        byte[] packed = memory.Take(rowBytes * _height);
        for (int y = 0; y < _height; y++)
        {
            Span<byte> row = packed.AsSpan(y * rowBytes, rowBytes);
            _pixels.Span.Slice(y * _stride, rowBytes).CopyTo(row);
            if (_layout is PixelLayout.Bgr or PixelLayout.Bgra)
                SwapRedAndBlue(row, ChannelsOf(_layout));
        }
        return new RasterImage(Mode, _width, _height, packed, memory);
    }

    private static void SwapRedAndBlue(Span<byte> row, int channels)
    {
        for (int i = 0; i < row.Length; i += channels)
            (row[i], row[i + 2]) = (row[i + 2], row[i]);
    }

    private static int ChannelsOf(PixelLayout layout) => layout switch
    {
        PixelLayout.Gray => 1,
        PixelLayout.Rgb or PixelLayout.Bgr => 3,
        _ => 4,
    };
}
