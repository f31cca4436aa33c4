namespace PureClip.Imaging;

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
            throw new ArgumentException($"{width} x {height} RGB pixels are {(long)width * height * 3} bytes, but {pixels.Length} were given.", nameof(pixels));
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
}
