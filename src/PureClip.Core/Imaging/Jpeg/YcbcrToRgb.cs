using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>
/// YCbCr to RGB (JFIF 1.02) in libjpeg's fixed-point arithmetic with 16 fraction bits, exact to the bit. The rounding of green
/// is done once for the sum of its two terms.
/// </summary>
internal static class YcbcrToRgb
{
    private const int FractionBits = 16;
    private const int Half = 1 << (FractionBits - 1);
    private const int Center = 128;

    // round(x * 2^16)
    private const int RedFromCr = 91881; // 1.402
    private const int BlueFromCb = 116130; // 1.772
    private const int GreenFromCb = -22554; // -0.34414
    private const int GreenFromCr = -46802; // -0.71414

    /// <summary>Converts a row.</summary>
    /// <param name="y">Luminance; at least a third as long as <paramref name="pixels"/>, as are the other two.</param>
    /// <param name="cb">Blue difference.</param>
    /// <param name="cr">Red difference.</param>
    /// <param name="pixels">[width, 3] red, green, blue.</param>
    public static void Convert(ReadOnlySpan<byte> y, ReadOnlySpan<byte> cb, ReadOnlySpan<byte> cr, Span<byte> pixels)
    {
        int width = pixels.Length / 3;
        y = y[..width];
        cb = cb[..width];
        cr = cr[..width];
        int x = Vector128.IsHardwareAccelerated ? ConvertVectors(y, cb, cr, pixels) : 0;
        for (; x < width; x++)
            (pixels[3 * x], pixels[3 * x + 1], pixels[3 * x + 2]) = Convert(y[x], cb[x], cr[x]);
    }

    /// <summary>Converts a pixel.</summary>
    public static (byte Red, byte Green, byte Blue) Convert(byte y, byte cb, byte cr)
    {
        int b = cb - Center;
        int r = cr - Center;
        return (
            Clamp(y + ((RedFromCr * r + Half) >> FractionBits)),
            Clamp(y + ((GreenFromCb * b + GreenFromCr * r + Half) >> FractionBits)),
            Clamp(y + ((BlueFromCb * b + Half) >> FractionBits)));
    }

    private static byte Clamp(int value) => (byte)Math.Clamp(value, byte.MinValue, byte.MaxValue);

    /// <summary>Converts as many pixels as fill vectors and returns their number.</summary>
    private static int ConvertVectors(ReadOnlySpan<byte> y, ReadOnlySpan<byte> cb, ReadOnlySpan<byte> cr, Span<byte> pixels)
    {
        ref byte ySource = ref MemoryMarshal.GetReference(y);
        ref byte cbSource = ref MemoryMarshal.GetReference(cb);
        ref byte crSource = ref MemoryMarshal.GetReference(cr);
        ref byte target = ref MemoryMarshal.GetReference(pixels);
        int x = 0;
        for (; x <= y.Length - Vector128<byte>.Count; x += Vector128<byte>.Count)
        {
            Vector256<short> luma = Widen(Vector128.LoadUnsafe(ref ySource, (nuint)x));
            (Vector256<int> b0, Vector256<int> b1) = Vector256.Widen(Widen(Vector128.LoadUnsafe(ref cbSource, (nuint)x)) - Vector256.Create((short)Center));
            (Vector256<int> r0, Vector256<int> r1) = Vector256.Widen(Widen(Vector128.LoadUnsafe(ref crSource, (nuint)x)) - Vector256.Create((short)Center));
            Vector128<byte> red = Add(luma, r0 * RedFromCr, r1 * RedFromCr);
            Vector128<byte> green = Add(luma, b0 * GreenFromCb + r0 * GreenFromCr, b1 * GreenFromCb + r1 * GreenFromCr);
            Vector128<byte> blue = Add(luma, b0 * BlueFromCb, b1 * BlueFromCb);
            RgbInterleaver.Store(red, green, blue, ref Unsafe.Add(ref target, 3 * x));
        }
        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Widen(Vector128<byte> value) => Vector256.WidenLower(value.ToVector256Unsafe()).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Add(Vector256<short> luma, Vector256<int> low, Vector256<int> high)
    {
        Vector256<int> half = Vector256.Create(Half);
        Vector256<short> sum = luma + Vector256.Narrow((low + half) >> FractionBits, (high + half) >> FractionBits);
        // Sums lie within -227..482, so that a maximum and a saturating narrowing clamp them.
        Vector256<ushort> positive = Vector256.Max(sum, Vector256<short>.Zero).AsUInt16();
        return Vector128.NarrowWithSaturation(positive.GetLower(), positive.GetUpper());
    }
}
