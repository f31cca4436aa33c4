using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Dequantisation and inverse DCT of a block into 4 x 4, 2 x 2 or 1 x 1 samples: the transforms by which libjpeg decodes at 1/2, 1/4 and
/// 1/8 of a picture's size (jidctred.c), exact to the bit. The low frequencies alone would do for a smaller block; these also let the higher
/// ones that fold onto it count. Values between the passes are 16 bits wide as in libjpeg-turbo's vector code for x86, which only damaged
/// files notice.
/// </summary>
internal static class ReducedInverseDct
{
    private const int Side = InverseDct.Side;
    private const int ConstantBits = 13;
    private const int MiddleBits = 2;
    private const int Center = 128;

    // round(x * 2^13)
    private const int C0211164243 = 1730;
    private const int C0509795579 = 4176;
    private const int C0601344887 = 4926;
    private const int C0720959822 = 5906;
    private const int C0765366865 = 6270;
    private const int C0850430095 = 6967;
    private const int C0899976223 = 7373;
    private const int C1061594337 = 8697;
    private const int C1272758580 = 10426;
    private const int C1451774981 = 11893;
    private const int C1847759065 = 15137;
    private const int C2172734803 = 17799;
    private const int C2562915447 = 20995;
    private const int C3624509785 = 29692;

    /// <summary>Transforms a block.</summary>
    /// <param name="coefficients">[64] row-major quantised coefficients.</param>
    /// <param name="table">[64] row-major quantisation table.</param>
    /// <param name="side">Samples in each direction: 1, 2 or 4.</param>
    /// <param name="samples">Where the block's rows go; at least side - 1 strides and side bytes.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    public static void Transform(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> table, int side, Span<byte> samples, int stride)
    {
        if (side == 1)
            samples[0] = Average(coefficients[0] * table[0]);
        else if (side == 2)
            ToTwo(coefficients[..InverseDct.BlockSize], table[..InverseDct.BlockSize], samples, stride);
        else
            ToFour(coefficients[..InverseDct.BlockSize], table[..InverseDct.BlockSize], samples, stride);
    }

    // An eighth of the DC coefficient. libjpeg looks it up by ten bits, so that values far outside come round again.
    private static byte Average(int dc)
    {
        int value = (dc + 4) >> 3 << 22 >> 22;
        return (byte)Math.Clamp(value + Center, byte.MinValue, byte.MaxValue);
    }

    private static void ToFour(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> table, Span<byte> samples, int stride)
    {
        Span<short> middle = stackalloc short[4 * Side];
        ref short source = ref MemoryMarshal.GetReference(coefficients);
        ref short factors = ref MemoryMarshal.GetReference(table);
        if (IsFlat(ref source))
        {
            Vector128<short> scaled = Vector128.LoadUnsafe(ref source) * Vector128.LoadUnsafe(ref factors) << MiddleBits;
            if (Zip.IsSupported)
            {
                FinishFour(scaled, scaled, scaled, scaled, ref MemoryMarshal.GetReference(samples), stride);
                return;
            }
            for (int y = 0; y < 4; y++)
                scaled.CopyTo(middle[(y * Side)..]);
        }
        else
        {
            DctLane8 x0 = Dequantize(ref source, ref factors, 0), x1 = Dequantize(ref source, ref factors, 1);
            DctLane8 x2 = Dequantize(ref source, ref factors, 2), x3 = Dequantize(ref source, ref factors, 3);
            DctLane8 x5 = Dequantize(ref source, ref factors, 5), x6 = Dequantize(ref source, ref factors, 6);
            DctLane8 x7 = Dequantize(ref source, ref factors, 7);
            FourPass(ref x0, ref x1, ref x2, ref x3, x5, x6, x7, ConstantBits - MiddleBits + 1);
            if (Zip.IsSupported)
            {
                FinishFour(Narrow(x0), Narrow(x1), Narrow(x2), Narrow(x3), ref MemoryMarshal.GetReference(samples), stride);
                return;
            }
            Narrow(x0).CopyTo(middle);
            Narrow(x1).CopyTo(middle[Side..]);
            Narrow(x2).CopyTo(middle[(2 * Side)..]);
            Narrow(x3).CopyTo(middle[(3 * Side)..]);
        }
        for (int y = 0; y < 4; y++)
        {
            ReadOnlySpan<short> row = middle.Slice(y * Side, Side);
            DctLane1 a = new(row[0]), b = new(row[1]), c = new(row[2]), d = new(row[3]);
            FourPass(ref a, ref b, ref c, ref d, new(row[5]), new(row[6]), new(row[7]), ConstantBits + MiddleBits + 3 + 1);
            Span<byte> target = samples.Slice(y * stride, 4);
            (target[0], target[1], target[2], target[3]) = (Sample(a), Sample(b), Sample(c), Sample(d));
        }
    }

    /// <summary>The second pass for all four rows at once; <see cref="Zip.IsSupported"/> has to hold.</summary>
    private static void FinishFour(
        Vector128<short> r0, Vector128<short> r1, Vector128<short> r2, Vector128<short> r3, ref byte target, int stride)
    {
        // Rows become columns: two of four numbers each in a vector.
        Vector128<int> upper = Zip.Low(r0, r1).AsInt32(), lower = Zip.Low(r2, r3).AsInt32();
        Vector128<int> upperEnd = Zip.High(r0, r1).AsInt32(), lowerEnd = Zip.High(r2, r3).AsInt32();
        Vector128<short> c01 = Zip.Low(upper, lower).AsInt16(), c23 = Zip.High(upper, lower).AsInt16();
        Vector128<short> c45 = Zip.Low(upperEnd, lowerEnd).AsInt16(), c67 = Zip.High(upperEnd, lowerEnd).AsInt16();
        DctLane4 x0 = new(Vector128.WidenLower(c01)), x1 = new(Vector128.WidenUpper(c01));
        DctLane4 x2 = new(Vector128.WidenLower(c23)), x3 = new(Vector128.WidenUpper(c23));
        DctLane4 x5 = new(Vector128.WidenUpper(c45)), x6 = new(Vector128.WidenLower(c67)), x7 = new(Vector128.WidenUpper(c67));
        FourPass(ref x0, ref x1, ref x2, ref x3, x5, x6, x7, ConstantBits + MiddleBits + 3 + 1);
        Vector128<short> even = Vector128.NarrowWithSaturation(x0.Value, x2.Value); // columns 0 and 2
        Vector128<short> odd = Vector128.NarrowWithSaturation(x1.Value, x3.Value);
        Vector128<int> left = Zip.Low(even, odd).AsInt32(), right = Zip.High(even, odd).AsInt32();
        Vector128<short> rows01 = Zip.Low(left, right).AsInt16(), rows23 = Zip.High(left, right).AsInt16();
        Vector128<uint> rows = (Vector128.NarrowWithSaturation(rows01, rows23).AsByte() ^ Vector128.Create((byte)Center)).AsUInt32();
        for (int y = 0; y < 4; y++)
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, y * stride), rows.GetElement(y));
    }

    /// <summary>One dimension: seven frequencies (the fourth does not count) become four places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourPass<T>(ref T x0, ref T x1, ref T x2, ref T x3, T x5, T x6, T x7, int shift)
        where T : struct, IDctLanes<T>
    {
        T dc = x0 << (ConstantBits + 1);
        T even = x2 * C1847759065 - x6 * C0765366865;
        T sum = dc + even;
        T difference = dc - even;
        T inner = x5 * C1451774981 - x7 * C0211164243 - x3 * C2172734803 + x1 * C1061594337;
        T outer = x3 * C0899976223 + x1 * C2562915447 - x7 * C0509795579 - x5 * C0601344887;
        x0 = T.Descale(sum + outer, shift);
        x1 = T.Descale(difference + inner, shift);
        x2 = T.Descale(difference - inner, shift);
        x3 = T.Descale(sum - outer, shift);
    }

    private static void ToTwo(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> table, Span<byte> samples, int stride)
    {
        Span<int> middle = stackalloc int[2 * Side];
        ref short source = ref MemoryMarshal.GetReference(coefficients);
        ref short factors = ref MemoryMarshal.GetReference(table);
        DctLane8 dc = Dequantize(ref source, ref factors, 0) << (ConstantBits + 2);
        DctLane8 odd = Odd(
            Dequantize(ref source, ref factors, 1), Dequantize(ref source, ref factors, 3),
            Dequantize(ref source, ref factors, 5), Dequantize(ref source, ref factors, 7));
        DctLane8.Descale(dc + odd, ConstantBits - MiddleBits + 2).Value.CopyTo(middle);
        DctLane8.Descale(dc - odd, ConstantBits - MiddleBits + 2).Value.CopyTo(middle[Side..]);
        for (int y = 0; y < 2; y++)
        {
            ReadOnlySpan<int> row = middle.Slice(y * Side, Side);
            DctLane1 level = new DctLane1(row[0]) << (ConstantBits + 2);
            DctLane1 slope = Odd(Saturate(row[1]), Saturate(row[3]), Saturate(row[5]), Saturate(row[7]));
            samples[y * stride] = Sample(DctLane1.Descale(level + slope, ConstantBits + MiddleBits + 3 + 2));
            samples[y * stride + 1] = Sample(DctLane1.Descale(level - slope, ConstantBits + MiddleBits + 3 + 2));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Odd<T>(T x1, T x3, T x5, T x7)
        where T : struct, IDctLanes<T> =>
        x1 * C3624509785 - x3 * C1272758580 + x5 * C0850430095 - x7 * C0720959822;

    private static bool IsFlat(ref short source)
    {
        Vector128<short> sum = Vector128.LoadUnsafe(ref source, 8) | Vector128.LoadUnsafe(ref source, 16)
            | Vector128.LoadUnsafe(ref source, 24) | Vector128.LoadUnsafe(ref source, 40) | Vector128.LoadUnsafe(ref source, 48)
            | Vector128.LoadUnsafe(ref source, 56);
        return sum == Vector128<short>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DctLane8 Dequantize(ref short source, ref short factors, nuint row)
    {
        Vector128<short> product = Vector128.LoadUnsafe(ref source, row * Side) * Vector128.LoadUnsafe(ref factors, row * Side);
        return new(Vector256.WidenLower(product.ToVector256Unsafe()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Narrow(DctLane8 value) =>
        Vector128.NarrowWithSaturation(value.Value.GetLower(), value.Value.GetUpper());

    private static DctLane1 Saturate(int value) => new(Math.Clamp(value, short.MinValue, short.MaxValue));

    private static byte Sample(DctLane1 value) => (byte)Math.Clamp(value.Value + Center, byte.MinValue, byte.MaxValue);
}
