namespace PureClip.Imaging.Resampling;

/// <summary>Between straight and premultiplied alpha, rounded as Pillow's RGBA ↔ RGBa and LA ↔ La. The last channel is alpha.</summary>
internal static class PremultipliedAlpha
{
    /// <summary>c · α / 255 to the nearest integer.</summary>
    public static void Multiply(ReadOnlySpan<byte> straight, int channels, Span<byte> premultiplied)
    {
        for (int pixel = 0; pixel < straight.Length; pixel += channels)
        {
            byte alpha = straight[pixel + channels - 1];
            for (int c = 0; c < channels - 1; c++)
                premultiplied[pixel + c] = (byte)ByteMath.MulDiv255(straight[pixel + c], alpha);
            premultiplied[pixel + channels - 1] = alpha;
        }
    }

    /// <summary>255 · c / α cut to an integer and to 255, in place; colours under an alpha of 0 or 255 stay.</summary>
    public static void Divide(Span<byte> pixels, int channels)
    {
        for (int pixel = 0; pixel < pixels.Length; pixel += channels)
        {
            int alpha = pixels[pixel + channels - 1];
            if (alpha is 0 or 255)
                continue;
            for (int c = 0; c < channels - 1; c++)
                pixels[pixel + c] = (byte)Math.Min(255, 255 * pixels[pixel + c] / alpha);
        }
    }
}
