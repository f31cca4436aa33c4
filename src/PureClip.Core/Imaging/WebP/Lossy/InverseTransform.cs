using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>VP8's inverse transforms (RFC 6386, section 14). Sums are 16 bits wide, as in libwebp's vector code.</summary>
internal static class InverseTransform
{
    private const int Side = 4;

    // sqrt(2) cos(pi/8) and sqrt(2) sin(pi/8) in 1/65536, less 1 where that is needed to fit 16 bits; the value is added again.
    private const short CosineLessOne = 20091;
    private const short SineLessOne = 35468 - 65536;

    /// <summary>Transforms a block and adds it to the samples that are there.</summary>
    /// <param name="coefficients">[16].</param>
    /// <param name="samples">The block's first sample.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    public static void Add(ref short coefficients, ref byte samples, int stride)
    {
        // Rows of four; the lower half of each vector counts.
        Vector128<short> top = Vector128.LoadUnsafe(ref coefficients);
        Vector128<short> bottom = Vector128.LoadUnsafe(ref coefficients, 8);
        (Vector128<short> r0, Vector128<short> r1) = (top, UpperHalf(top));
        (Vector128<short> r2, Vector128<short> r3) = (bottom, UpperHalf(bottom));
        Pass(ref r0, ref r1, ref r2, ref r3);
        Transpose(ref r0, ref r1, ref r2, ref r3);
        r0 += Vector128.Create((short)4);
        Pass(ref r0, ref r1, ref r2, ref r3);
        Transpose(ref r0, ref r1, ref r2, ref r3);
        AddRow(r0 >> 3, ref samples);
        AddRow(r1 >> 3, ref Unsafe.Add(ref samples, stride));
        AddRow(r2 >> 3, ref Unsafe.Add(ref samples, 2 * stride));
        AddRow(r3 >> 3, ref Unsafe.Add(ref samples, 3 * stride));
    }

    /// <summary>The same for a block that has no other coefficient than DC.</summary>
    public static void AddDc(short dc, ref byte samples, int stride)
    {
        Vector128<short> all = Vector128.Create((short)((dc + 4) >> 3));
        for (int y = 0; y < Side; y++)
            AddRow(all, ref Unsafe.Add(ref samples, y * stride));
    }

    /// <summary>Transforms the DC coefficients of a macroblock's 16 luminance blocks and puts each where it belongs.</summary>
    /// <param name="second">[16] coefficients of the DC.</param>
    /// <param name="coefficients">[16, 16] luminance coefficients, of which the first of each block is written.</param>
    public static void SpreadDc(ReadOnlySpan<short> second, Span<short> coefficients)
    {
        Span<int> middle = stackalloc int[Side * Side];
        for (int x = 0; x < Side; x++)
        {
            int outer = second[x] + second[12 + x], outerDifference = second[x] - second[12 + x];
            int inner = second[4 + x] + second[8 + x], innerDifference = second[4 + x] - second[8 + x];
            middle[x] = outer + inner;
            middle[4 + x] = outerDifference + innerDifference;
            middle[8 + x] = outer - inner;
            middle[12 + x] = outerDifference - innerDifference;
        }
        for (int y = 0; y < Side; y++)
        {
            ReadOnlySpan<int> row = middle.Slice(Side * y, Side);
            int outer = row[0] + 3 + row[3], outerDifference = row[0] + 3 - row[3];
            int inner = row[1] + row[2], innerDifference = row[1] - row[2];
            Span<short> blocks = coefficients[(Side * y * ResidualReader.BlockSize)..];
            blocks[0] = (short)((outer + inner) >> 3);
            blocks[ResidualReader.BlockSize] = (short)((outerDifference + innerDifference) >> 3);
            blocks[2 * ResidualReader.BlockSize] = (short)((outer - inner) >> 3);
            blocks[3 * ResidualReader.BlockSize] = (short)((outerDifference - innerDifference) >> 3);
        }
    }

    /// <summary>One dimension of the transform; each argument holds one frequency and becomes one place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass(ref Vector128<short> x0, ref Vector128<short> x1, ref Vector128<short> x2, ref Vector128<short> x3)
    {
        Vector128<short> cosine = Vector128.Create(CosineLessOne), sine = Vector128.Create(SineLessOne);
        Vector128<short> sum = x0 + x2;
        Vector128<short> difference = x0 - x2;
        Vector128<short> c = x1 - x3 + (Lanes.MultiplyHigh(x1, sine) - Lanes.MultiplyHigh(x3, cosine));
        Vector128<short> d = x1 + x3 + (Lanes.MultiplyHigh(x1, cosine) + Lanes.MultiplyHigh(x3, sine));
        x0 = sum + d;
        x1 = difference + c;
        x2 = difference - c;
        x3 = sum - d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector128<short> x0, ref Vector128<short> x1, ref Vector128<short> x2, ref Vector128<short> x3)
    {
        Vector128<short> even = Lanes.ZipLow(x0, x2), odd = Lanes.ZipLow(x1, x3);
        Vector128<short> left = Lanes.ZipLow(even, odd), right = Lanes.ZipHigh(even, odd);
        (x0, x1) = (left, UpperHalf(left));
        (x2, x3) = (right, UpperHalf(right));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(Vector128<short> row, ref byte samples)
    {
        Vector128<byte> before = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref samples)).AsByte();
        Vector128<short> sum = row + Vector128.WidenLower(before).AsInt16();
        Unsafe.WriteUnaligned(ref samples, Lanes.NarrowToBytes(sum, sum).AsUInt32().ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> UpperHalf(Vector128<short> value) =>
        Vector128.Shuffle(value.AsUInt64(), Vector128.Create(1UL, 1UL)).AsInt16();
}
