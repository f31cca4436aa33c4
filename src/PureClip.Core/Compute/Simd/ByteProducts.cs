using System.Runtime.Intrinsics;

namespace PureClip.Simd;

/// <summary>Products of an unsigned and a signed byte, four neighbours added to a 32-bit number, where the processor has no instruction for it.</summary>
internal static class ByteProducts
{
    /// <summary>256 bits.</summary>
    public static Vector256<int> Sum(Vector256<int> unsigned, Vector256<int> signed) =>
        One(unsigned, signed, 0) + One(unsigned, signed, 8) + One(unsigned, signed, 16) + One(unsigned, signed, 24);

    private static Vector256<int> One(Vector256<int> unsigned, Vector256<int> signed, int bit) =>
        (unsigned.AsUInt32() << (24 - bit) >> 24).AsInt32() * (signed << (24 - bit) >> 24);
}
