using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

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
            Vector256<short> centre = Vector256.Create((short)Center);
            (Vector256<int> b0, Vector256<int> b1) = Vector256.Widen(Widen(Vector128.LoadUnsafe(ref cbSource, (nuint)x)) - centre);
            (Vector256<int> r0, Vector256<int> r1) = Vector256.Widen(Widen(Vector128.LoadUnsafe(ref crSource, (nuint)x)) - centre);
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

/// <summary>Joins rows of red, green and blue to a row of pixels.</summary>
internal static class RgbInterleaver
{
    /// <summary>Joins three rows.</summary>
    /// <param name="red">At least a third as long as <paramref name="pixels"/>, as are the other two.</param>
    /// <param name="green">Green.</param>
    /// <param name="blue">Blue.</param>
    /// <param name="pixels">[width, 3] red, green, blue.</param>
    public static void Interleave(ReadOnlySpan<byte> red, ReadOnlySpan<byte> green, ReadOnlySpan<byte> blue, Span<byte> pixels)
    {
        for (int x = 0; x < pixels.Length / 3; x++)
        {
            pixels[3 * x] = red[x];
            pixels[3 * x + 1] = green[x];
            pixels[3 * x + 2] = blue[x];
        }
    }

    /// <summary>Writes sixteen pixels: 48 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> red, Vector128<byte> green, Vector128<byte> blue, ref byte target)
    {
        // Each vector of pixels takes from each colour those that belong there; index 255 leaves a zero for the others.
        const byte o = 255;
        (Vector128.Shuffle(red, Vector128.Create(0, o, o, 1, o, o, 2, o, o, 3, o, o, 4, o, o, 5))
            | Vector128.Shuffle(green, Vector128.Create(o, 0, o, o, 1, o, o, 2, o, o, 3, o, o, 4, o, o))
            | Vector128.Shuffle(blue, Vector128.Create(o, o, 0, o, o, 1, o, o, 2, o, o, 3, o, o, 4, o))).StoreUnsafe(ref target);
        (Vector128.Shuffle(red, Vector128.Create(o, o, 6, o, o, 7, o, o, 8, o, o, 9, o, o, 10, o))
            | Vector128.Shuffle(green, Vector128.Create(5, o, o, 6, o, o, 7, o, o, 8, o, o, 9, o, o, 10))
            | Vector128.Shuffle(blue, Vector128.Create(o, 5, o, o, 6, o, o, 7, o, o, 8, o, o, 9, o, o))).StoreUnsafe(ref target, 16);
        (Vector128.Shuffle(red, Vector128.Create(o, 11, o, o, 12, o, o, 13, o, o, 14, o, o, 15, o, o))
            | Vector128.Shuffle(green, Vector128.Create(o, o, 11, o, o, 12, o, o, 13, o, o, 14, o, o, 15, o))
            | Vector128.Shuffle(blue, Vector128.Create(10, o, o, 11, o, o, 12, o, o, 13, o, o, 14, o, o, 15))).StoreUnsafe(ref target, 32);
    }
}

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
    public static void FromYcck(
        ReadOnlySpan<byte> luma, ReadOnlySpan<byte> cb, ReadOnlySpan<byte> cr, ReadOnlySpan<byte> k, Span<byte> pixels)
    {
        for (int x = 0; x < pixels.Length / 4; x++)
        {
            // The conversion takes C, M and Y for 255 - red and so on; inverting them again leaves red, green and blue.
            (pixels[4 * x], pixels[4 * x + 1], pixels[4 * x + 2]) = YcbcrToRgb.Convert(luma[x], cb[x], cr[x]);
            pixels[4 * x + 3] = (byte)~k[x];
        }
    }
}

/// <summary>Alternates the elements of two vectors. The portable vector API has no such operation, both instruction sets do.</summary>
internal static class Zip
{
    /// <summary>Whether the operations below exist on this CPU.</summary>
    public static bool IsSupported => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>a0 b0 a1 b1 ... of the lower halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Low(Vector128<byte> a, Vector128<byte> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    /// <summary>a0 b0 a1 b1 ... of the upper halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> High(Vector128<byte> a, Vector128<byte> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    /// <inheritdoc cref="Low(Vector128{byte}, Vector128{byte})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Low(Vector128<short> a, Vector128<short> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    /// <inheritdoc cref="High(Vector128{byte}, Vector128{byte})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> High(Vector128<short> a, Vector128<short> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    /// <inheritdoc cref="Low(Vector128{byte}, Vector128{byte})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Low(Vector128<int> a, Vector128<int> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    /// <inheritdoc cref="High(Vector128{byte}, Vector128{byte})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> High(Vector128<int> a, Vector128<int> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
