namespace PureClip.Simd;

/// <summary>
/// How the bits of a half become those of a float 2¹¹² times smaller: sign, 5 bits of exponent and 10 of mantissa move three places down
/// from the top of the word. The shift is arithmetic; the mask removes the copies of the sign that it leaves.
/// </summary>
internal static class HalfBits
{
    /// <summary>By how much a half in the upper 16 bits of a word is shifted, with its sign.</summary>
    public const int Shift = 3;

    /// <summary>Sign, and the 15 other bits of the half in their new place.</summary>
    public const int MaskInSingle = unchecked((int)0x8FFF_E000);

    /// <summary>What makes up for the smaller numbers: 2¹¹².</summary>
    public const float Restore = 5.192296858534827628530496329220096e33f;

    /// <summary>One finite half, times 2⁻¹¹².</summary>
    public static float ToSmallSingle(ushort half) => BitConverter.Int32BitsToSingle(((half << 16) >> Shift) & MaskInSingle);
}
