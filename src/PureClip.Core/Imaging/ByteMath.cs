namespace PureClip.Imaging;

/// <summary>Products of two bytes as fractions of 255, rounded as Pillow rounds them.</summary>
internal static class ByteMath
{
    /// <summary>Nearest integer to <paramref name="product"/> / 255; exact for 0 to 65,025 = 255 · 255 (no ties: 255 is odd).</summary>
    public static int DivideBy255(int product)
    {
        int t = product + 128;
        return ((t >> 8) + t) >> 8;
    }

    /// <summary>a · b / 255, both 0 to 255, to the nearest integer: Pillow's MULDIV255.</summary>
    public static int MulDiv255(int a, int b) => DivideBy255(a * b);
}
