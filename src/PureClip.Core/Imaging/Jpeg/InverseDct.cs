using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Dequantisation and inverse DCT of a block: the integer transform that libjpeg calls "islow" (Loeffler, Ligtenberg and
/// Moschytz 1989), exact to the bit. Columns first, then rows. Products, some sums and the values between the passes are 16
/// bits wide as in libjpeg-turbo's vector code for x86; only damaged files notice, and those too decode as in Pillow.
/// </summary>
internal static class InverseDct
{
    /// <summary>Coefficients of a block.</summary>
    public const int BlockSize = 64;

    /// <summary>Rows and columns of a block.</summary>
    public const int Side = 8;

    // Fraction bits of the constants below, and of the values between the passes.
    private const int ConstantBits = 13;
    private const int MiddleBits = 2;
    private const int FirstPassShift = ConstantBits - MiddleBits;
    private const int SecondPassShift = ConstantBits + MiddleBits + 3; // the transform is scaled by 8
    private const int Center = 128;

    // round(x * 2^13)
    private const int C0298631336 = 2446;
    private const int C0390180644 = 3196;
    private const int C0541196100 = 4433;
    private const int C0765366865 = 6270;
    private const int C0899976223 = 7373;
    private const int C1175875602 = 9633;
    private const int C1501321110 = 12299;
    private const int C1847759065 = 15137;
    private const int C1961570560 = 16069;
    private const int C2053119869 = 16819;
    private const int C2562915447 = 20995;
    private const int C3072711026 = 25172;

    /// <summary>Transforms a block into 8 x 8 samples.</summary>
    /// <param name="coefficients">[64] row-major quantised coefficients.</param>
    /// <param name="table">[64] row-major quantisation table.</param>
    /// <param name="samples">Where the block's rows go; at least 7 strides and 8 bytes.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    public static void Transform(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> table, Span<byte> samples, int stride)
    {
        if (Zip.IsSupported)
            TransformVectorized(coefficients, table, samples, stride);
        else
            TransformScalar(coefficients, table, samples, stride);
    }

    /// <summary>The transform number by number.</summary>
    /// <inheritdoc cref="Transform"/>
    internal static void TransformScalar(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> table, Span<byte> samples, int stride)
    {
        Span<DctLane1> middle = stackalloc DctLane1[BlockSize];
        for (int i = 0; i < BlockSize; i++)
            middle[i] = new DctLane1((short)(coefficients[i] * table[i]));
        if (coefficients[Side..BlockSize].ContainsAnyExcept((short)0))
            TransformColumns(middle);
        else
            RepeatRow(middle);
        for (int y = 0; y < Side; y++)
        {
            Span<DctLane1> row = middle.Slice(y * Side, Side);
            Pass(ref row[0], ref row[1], ref row[2], ref row[3], ref row[4], ref row[5], ref row[6], ref row[7], SecondPassShift);
            for (int x = 0; x < Side; x++)
                samples[y * stride + x] = (byte)Math.Clamp(row[x].Value + Center, byte.MinValue, byte.MaxValue);
        }
    }

    // All rows are alike, and the first pass only brings them to scale.
    private static void RepeatRow(Span<DctLane1> middle)
    {
        for (int x = 0; x < Side; x++)
            middle[x] = DctLane1.Wrap16(middle[x] << MiddleBits);
        for (int i = Side; i < BlockSize; i++)
            middle[i] = middle[i - Side];
    }

    private static void TransformColumns(Span<DctLane1> middle)
    {
        for (int x = 0; x < Side; x++)
        {
            Pass(ref middle[x], ref middle[8 + x], ref middle[16 + x], ref middle[24 + x],
                ref middle[32 + x], ref middle[40 + x], ref middle[48 + x], ref middle[56 + x], FirstPassShift);
        }
        for (int i = 0; i < BlockSize; i++)
            middle[i] = new DctLane1(Math.Clamp(middle[i].Value, short.MinValue, short.MaxValue));
    }

    /// <summary>The transform by whole rows and columns; <see cref="Zip.IsSupported"/> has to hold.</summary>
    /// <inheritdoc cref="Transform"/>
    internal static void TransformVectorized(ReadOnlySpan<short> coefficients, ReadOnlySpan<short> table, Span<byte> samples, int stride)
    {
        ref short source = ref MemoryMarshal.GetReference(coefficients[..BlockSize]);
        ref short factors = ref MemoryMarshal.GetReference(table[..BlockSize]);
        ref byte target = ref MemoryMarshal.GetReference(samples[..(7 * stride + Side)]);
        ref short middle = ref MemoryMarshal.GetReference((Span<short>)stackalloc short[BlockSize]);
        if (IsFlat(ref source))
        {
            Vector128<short> top = Vector128.LoadUnsafe(ref source);
            Vector128<short> scaled = top * Vector128.LoadUnsafe(ref factors) << MiddleBits;
            if (top.WithElement(0, (short)0) == Vector128<short>.Zero)
            {
                Fill(ref target, stride, scaled[0]);
                return;
            }
            for (nuint i = 0; i < BlockSize; i += Side)
                scaled.StoreUnsafe(ref middle, i);
        }
        else
        {
            FirstPass(ref source, ref factors, ref middle);
        }
        SecondPass(ref middle, ref target, stride);
    }

    // The passes are methods of their own because the JIT stops inlining in methods that have become too long.

    /// <summary>Dequantises the coefficients and transforms their columns.</summary>
    private static void FirstPass(ref short source, ref short factors, ref short middle)
    {
        DctLane8 x0 = Dequantize(ref source, ref factors, 0), x1 = Dequantize(ref source, ref factors, 8);
        DctLane8 x2 = Dequantize(ref source, ref factors, 16), x3 = Dequantize(ref source, ref factors, 24);
        DctLane8 x4 = Dequantize(ref source, ref factors, 32), x5 = Dequantize(ref source, ref factors, 40);
        DctLane8 x6 = Dequantize(ref source, ref factors, 48), x7 = Dequantize(ref source, ref factors, 56);
        Pass(ref x0, ref x1, ref x2, ref x3, ref x4, ref x5, ref x6, ref x7, FirstPassShift);
        Narrow(x0).StoreUnsafe(ref middle);
        Narrow(x1).StoreUnsafe(ref middle, 8);
        Narrow(x2).StoreUnsafe(ref middle, 16);
        Narrow(x3).StoreUnsafe(ref middle, 24);
        Narrow(x4).StoreUnsafe(ref middle, 32);
        Narrow(x5).StoreUnsafe(ref middle, 40);
        Narrow(x6).StoreUnsafe(ref middle, 48);
        Narrow(x7).StoreUnsafe(ref middle, 56);
    }

    /// <summary>Transforms the rows and writes the samples.</summary>
    private static void SecondPass(ref short middle, ref byte target, int stride)
    {
        Vector128<short> r0 = Vector128.LoadUnsafe(ref middle), r1 = Vector128.LoadUnsafe(ref middle, 8);
        Vector128<short> r2 = Vector128.LoadUnsafe(ref middle, 16), r3 = Vector128.LoadUnsafe(ref middle, 24);
        Vector128<short> r4 = Vector128.LoadUnsafe(ref middle, 32), r5 = Vector128.LoadUnsafe(ref middle, 40);
        Vector128<short> r6 = Vector128.LoadUnsafe(ref middle, 48), r7 = Vector128.LoadUnsafe(ref middle, 56);
        Transpose(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        DctLane8 x0 = Widen(r0), x1 = Widen(r1), x2 = Widen(r2), x3 = Widen(r3);
        DctLane8 x4 = Widen(r4), x5 = Widen(r5), x6 = Widen(r6), x7 = Widen(r7);
        Pass(ref x0, ref x1, ref x2, ref x3, ref x4, ref x5, ref x6, ref x7, SecondPassShift);
        StoreColumns(Bytes(x0, x4), Bytes(x1, x5), Bytes(x2, x6), Bytes(x3, x7), ref target, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFlat(ref short source)
    {
        Vector128<short> sum = Vector128.LoadUnsafe(ref source, 8) | Vector128.LoadUnsafe(ref source, 16)
            | Vector128.LoadUnsafe(ref source, 24) | Vector128.LoadUnsafe(ref source, 32) | Vector128.LoadUnsafe(ref source, 40)
            | Vector128.LoadUnsafe(ref source, 48) | Vector128.LoadUnsafe(ref source, 56);
        return sum == Vector128<short>.Zero;
    }

    /// <summary>One dimension of the transform; each argument holds one frequency and becomes one place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass<T>(ref T x0, ref T x1, ref T x2, ref T x3, ref T x4, ref T x5, ref T x6, ref T x7, int shift)
        where T : struct, IDctLanes<T>
    {
        T common = (x2 + x6) * C0541196100;
        T even2 = common - x6 * C1847759065;
        T even3 = common + x2 * C0765366865;
        T even0 = T.Wrap16(x0 + x4) << ConstantBits;
        T even1 = T.Wrap16(x0 - x4) << ConstantBits;
        T sum0 = even0 + even3;
        T sum3 = even0 - even3;
        T sum1 = even1 + even2;
        T sum2 = even1 - even2;

        T z3 = T.Wrap16(x7 + x3);
        T z4 = T.Wrap16(x5 + x1);
        T z5 = (z3 + z4) * C1175875602;
        z3 = z5 - z3 * C1961570560;
        z4 = z5 - z4 * C0390180644;
        T z1 = (x7 + x1) * C0899976223;
        T z2 = (x5 + x3) * C2562915447;
        T odd0 = x7 * C0298631336 - z1 + z3;
        T odd1 = x5 * C2053119869 - z2 + z4;
        T odd2 = x3 * C3072711026 - z2 + z3;
        T odd3 = x1 * C1501321110 - z1 + z4;

        x0 = T.Descale(sum0 + odd3, shift);
        x7 = T.Descale(sum0 - odd3, shift);
        x1 = T.Descale(sum1 + odd2, shift);
        x6 = T.Descale(sum1 - odd2, shift);
        x2 = T.Descale(sum2 + odd1, shift);
        x5 = T.Descale(sum2 - odd1, shift);
        x3 = T.Descale(sum3 + odd0, shift);
        x4 = T.Descale(sum3 - odd0, shift);
    }

    // A block of one colour: the second pass comes down to a division by 32.
    private static void Fill(ref byte target, int stride, short middle)
    {
        byte level = (byte)Math.Clamp(((middle + 16) >> 5) + Center, byte.MinValue, byte.MaxValue);
        ulong row = level * 0x0101_0101_0101_0101UL;
        for (int y = 0; y < Side; y++)
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, y * stride), row);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DctLane8 Dequantize(ref short source, ref short factors, nuint offset) =>
        Widen(Vector128.LoadUnsafe(ref source, offset) * Vector128.LoadUnsafe(ref factors, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DctLane8 Widen(Vector128<short> value) => new(Vector256.WidenLower(value.ToVector256Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Narrow(DctLane8 value) =>
        Vector128.NarrowWithSaturation(value.Value.GetLower(), value.Value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector128<short> r0, ref Vector128<short> r1, ref Vector128<short> r2, ref Vector128<short> r3,
        ref Vector128<short> r4, ref Vector128<short> r5, ref Vector128<short> r6, ref Vector128<short> r7)
    {
        // Each step zips the rows that are half of the block apart; after three of them rows have become columns.
        Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref Vector128<short> r0, ref Vector128<short> r1, ref Vector128<short> r2, ref Vector128<short> r3,
        ref Vector128<short> r4, ref Vector128<short> r5, ref Vector128<short> r6, ref Vector128<short> r7)
    {
        (Vector128<short> a0, Vector128<short> a1) = (Zip.Low(r0, r4), Zip.High(r0, r4));
        (Vector128<short> a2, Vector128<short> a3) = (Zip.Low(r1, r5), Zip.High(r1, r5));
        (Vector128<short> a4, Vector128<short> a5) = (Zip.Low(r2, r6), Zip.High(r2, r6));
        (Vector128<short> a6, Vector128<short> a7) = (Zip.Low(r3, r7), Zip.High(r3, r7));
        (r0, r1, r2, r3) = (a0, a1, a2, a3);
        (r4, r5, r6, r7) = (a4, a5, a6, a7);
    }

    /// <summary>Writes a block that is given by its columns, two of them a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreColumns(
        Vector128<byte> c04, Vector128<byte> c15, Vector128<byte> c26, Vector128<byte> c37, ref byte target, int stride)
    {
        (Vector128<byte> a, Vector128<byte> b) = (Zip.Low(c04, c26), Zip.High(c04, c26)); // columns 0 2, 4 6
        (Vector128<byte> c, Vector128<byte> d) = (Zip.Low(c15, c37), Zip.High(c15, c37)); // columns 1 3, 5 7
        (Vector128<int> left0, Vector128<int> left4) = (Zip.Low(a, c).AsInt32(), Zip.High(a, c).AsInt32()); // columns 0 to 3
        (Vector128<int> right0, Vector128<int> right4) = (Zip.Low(b, d).AsInt32(), Zip.High(b, d).AsInt32()); // columns 4 to 7
        StoreRows(Zip.Low(left0, right0), ref target, stride);
        StoreRows(Zip.High(left0, right0), ref Unsafe.Add(ref target, 2 * stride), stride);
        StoreRows(Zip.Low(left4, right4), ref Unsafe.Add(ref target, 4 * stride), stride);
        StoreRows(Zip.High(left4, right4), ref Unsafe.Add(ref target, 6 * stride), stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRows(Vector128<int> rows, ref byte target, int stride)
    {
        Unsafe.WriteUnaligned(ref target, rows.AsUInt64()[0]);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, stride), rows.AsUInt64()[1]);
    }

    // Saturates to -128..127; flipping the sign bit then adds the centre.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(DctLane8 low, DctLane8 high) =>
        Vector128.NarrowWithSaturation(Narrow(low), Narrow(high)).AsByte() ^ Vector128.Create((byte)Center);
}
