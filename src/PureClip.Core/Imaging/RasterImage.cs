using System.IO.Compression;
using PureClip.Imaging.Png;
using PureClip.Imaging.Resampling;

namespace PureClip.Imaging;

/// <summary>
/// A decoded picture in the colour model of its file, before orientation, conversion to RGB or resizing.
/// CLIP's two reference pipelines differ in when they convert to RGB, so a decoder must not do it for them.
/// </summary>
public sealed class RasterImage
{
    /// <summary>Wraps decoded pixels; nothing is copied.</summary>
    /// <param name="mode">What the bytes of a pixel mean.</param>
    /// <param name="width">Pixels a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">[height, width, channels], row-major and interleaved; exactly that many bytes.</param>
    /// <exception cref="ArgumentException">The size is not positive or the byte count does not fit it.</exception>
    public RasterImage(PixelMode mode, int width, int height, byte[] pixels)
        : this(mode, width, height, pixels, PictureMemory.Owned)
    {
    }

    /// <summary>As the public one, but pixels in borrowed memory may be followed by other bytes.</summary>
    internal RasterImage(PixelMode mode, int width, int height, byte[] pixels, PictureMemory memory)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        long expected = (long)width * height * ChannelsOf(mode);
        if (memory.IsBorrowed ? pixels.Length < expected : pixels.Length != expected)
            throw new ArgumentException(
                $"{width} x {height} pixels of {mode} are {expected} bytes, but {pixels.Length} were given.", nameof(pixels));
        Mode = mode;
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>The bytes that are the picture.</summary>
    internal ReadOnlySpan<byte> PixelSpan => Pixels.AsSpan(0, Width * Height * Channels);

    /// <summary>What the bytes of a pixel mean.</summary>
    public PixelMode Mode { get; }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>[height, width, channels], row-major and interleaved.</summary>
    public byte[] Pixels { get; }

    /// <summary>Bytes a pixel.</summary>
    public int Channels => ChannelsOf(Mode);

    /// <summary>[entries, 3] red, green, blue of each index; null unless <see cref="Mode"/> is <see cref="PixelMode.Palette"/>.</summary>
    public byte[]? Palette { get; init; }

    /// <summary>[entries] straight alpha of the first palette entries (further ones are opaque); null where the file gives none.</summary>
    public byte[]? PaletteAlpha { get; init; }

    /// <summary>
    /// The one colour that the file declares transparent, [channels] 8-bit values; null where it declares none. Only for grey and RGB.
    /// </summary>
    /// <exception cref="ArgumentException">It has not one value a channel.</exception>
    public byte[]? TransparentColor
    {
        get;
        init => field = value is null || value.Length == Channels
            ? value
            : throw new ArgumentException(
                $"A pixel of {Mode} has {Channels} bytes, but the transparent colour has {value.Length}.", nameof(value));
    }

    /// <summary>EXIF orientation, 1 to 8 (1: as stored). Nothing has been turned yet.</summary>
    public int Orientation { get; init; } = 1;

    /// <summary>Bytes a pixel of a mode.</summary>
    public static int ChannelsOf(PixelMode mode) => mode switch
    {
        PixelMode.Bilevel or PixelMode.Gray or PixelMode.Palette => 1,
        PixelMode.GrayAlpha => 2,
        PixelMode.Rgb => 3,
        PixelMode.Rgba or PixelMode.Cmyk => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a pixel mode."),
    };
}

/// <summary>What the bytes of a decoded pixel mean. The name in brackets is Pillow's mode for the same thing.</summary>
public enum PixelMode
{
    /// <summary>One byte a pixel, 0 or 255 (<c>1</c>).</summary>
    Bilevel,

    /// <summary>One byte a pixel: luminance (<c>L</c>).</summary>
    Gray,

    /// <summary>Two bytes a pixel: luminance and straight alpha (<c>LA</c>).</summary>
    GrayAlpha,

    /// <summary>Three bytes a pixel: red, green, blue (<c>RGB</c>).</summary>
    Rgb,

    /// <summary>Four bytes a pixel: red, green, blue and straight alpha (<c>RGBA</c>).</summary>
    Rgba,

    /// <summary>One byte a pixel: an index into the picture's palette (<c>P</c>).</summary>
    Palette,

    /// <summary>Four bytes a pixel: cyan, magenta, yellow, black; 255 is full ink (<c>CMYK</c>).</summary>
    Cmyk,
}

/// <summary>Red, green and blue bytes of a picture, ready for resizing or as the result of it.</summary>
public sealed class RgbImage
{
    /// <summary>Wraps pixels; nothing is copied.</summary>
    /// <param name="width">Pixels a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">[height, width, 3], row-major; exactly that many bytes.</param>
    /// <exception cref="ArgumentException">The size is not positive or the byte count does not fit it.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (pixels.Length != (long)width * height * 3)
            throw new ArgumentException(
                $"{width} x {height} RGB pixels are {(long)width * height * 3} bytes, but {pixels.Length} were given.", nameof(pixels));
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>[height, width, 3], row-major.</summary>
    public byte[] Pixels { get; }

    /// <summary>Writes the picture as PNG, quickly rather than small: to be looked at, not to be kept.</summary>
    public void WritePng(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PngWriter.Write(stream, Pixels, Width, Height, channels: 3, CompressionLevel.Fastest);
    }
}

/// <summary>Borrowed pixels: what a <see cref="RasterImage"/> holds, without owning it.</summary>
/// <param name="mode">What the bytes of a pixel mean.</param>
/// <param name="width">Pixels a row.</param>
/// <param name="height">Rows.</param>
/// <param name="pixels">[height, width, channels], row-major and interleaved.</param>
internal readonly ref struct PixelView(PixelMode mode, int width, int height, ReadOnlySpan<byte> pixels)
{
    public PixelMode Mode { get; } = mode;

    public int Width { get; } = width;

    public int Height { get; } = height;

    public ReadOnlySpan<byte> Pixels { get; } = pixels;

    public int Channels => RasterImage.ChannelsOf(Mode);

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride => Width * Channels;

    /// <summary>The same as rows of bytes.</summary>
    public SourceRows Rows => new(Pixels, Stride);

    /// <summary>The pixels of a decoded picture, as stored.</summary>
    public static PixelView Of(RasterImage image) => new(image.Mode, image.Width, image.Height, image.PixelSpan);
}
