namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Rows of files with four components. Such files come from Adobe's programs, which store the inks inverted, and Pillow turns
/// them back whether or not the file says so; PureClip does as Pillow does.
/// </summary>
internal static class CmykRows
{
    /// <summary>Joins rows of inverted inks.</summary>
    /// <param name="c">Inverted cyan; at least a quarter as long as <paramref name="pixels"/>, as are the other three.</param>
    /// <param name="m">Inverted magenta.</param>
    /// <param name="y">Inverted yellow.</param>
    /// <param name="k">Inverted black.</param>
    /// <param name="pixels">[width, 4] inks, 255 is full.</param>
    public static void FromCmyk(ReadOnlySpan<byte> c, ReadOnlySpan<byte> m, ReadOnlySpan<byte> y, ReadOnlySpan<byte> k, Span<byte> pixels)
    {
        for (int x = 0; x < pixels.Length / 4; x++)
        {
            pixels[4 * x] = (byte)~c[x];
            pixels[4 * x + 1] = (byte)~m[x];
            pixels[4 * x + 2] = (byte)~y[x];
            pixels[4 * x + 3] = (byte)~k[x];
        }
    }

    /// <summary>Joins rows of inverted inks, the first three of which are stored like YCbCr.</summary>
    /// <param name="luma">At least a quarter as long as <paramref name="pixels"/>, as are the other three.</param>
    /// <param name="cb">Blue difference.</param>
    /// <param name="cr">Red difference.</param>
    /// <param name="k">Inverted black.</param>
    /// <param name="pixels">[width, 4] inks, 255 is full.</param>
    public static void FromYcck(ReadOnlySpan<byte> luma, ReadOnlySpan<byte> cb, ReadOnlySpan<byte> cr, ReadOnlySpan<byte> k, Span<byte> pixels)
    {
        for (int x = 0; x < pixels.Length / 4; x++)
        {
            // The conversion takes C, M and Y for 255 - red and so on; inverting them again leaves red, green and blue.
            (pixels[4 * x], pixels[4 * x + 1], pixels[4 * x + 2]) = YcbcrToRgb.Convert(luma[x], cb[x], cr[x]);
            pixels[4 * x + 3] = (byte)~k[x];
        }
    }
}
