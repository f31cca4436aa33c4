using PureClip.Imaging.Resampling;

namespace PureClip.Imaging;

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
