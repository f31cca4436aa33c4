using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Resampling;

/// <summary>
/// The pass along columns. Each byte of a row is summed on its own, whatever the channels, so vectors run along the row.
/// Sums are 32-bit integers, so the vector code has the scalar code's bits.
/// </summary>
internal static class VerticalPass
{
    /// <summary>Resamples columns.</summary>
    /// <param name="source">Rows from the first that is needed, each from its first wanted byte on.</param>
    /// <param name="bytes">Wanted bytes of each row.</param>
    /// <param name="rows">Bounds and weights of the wanted rows.</param>
    /// <param name="target">The wanted rows.</param>
    public static void Run(SourceRows source, int bytes, in ResampleCoefficients rows, TargetRows target)
    {
        for (int y = 0; y < rows.First.Length; y++)
        {
            SourceRows from = source.From(rows.First[y] - rows.First[0]);
            ReadOnlySpan<int> weights = rows.Weights.Slice(y * rows.Taps, rows.Length[y]);
            Span<byte> to = target.Slice(y, 0, bytes);
            int done = Vector128.IsHardwareAccelerated ? RowVector(from, weights, to) : 0;
            RowScalar(from.From(0, done), weights, to[done..]);
        }
    }

    /// <summary>The plain form of one output row: reference, and remainder of the vector form.</summary>
    public static void RowScalar(SourceRows source, ReadOnlySpan<int> weights, Span<byte> target)
    {
        for (int x = 0; x < target.Length; x++)
        {
            int sum = ResampleCoefficients.Half;
            for (int k = 0; k < weights.Length; k++)
                sum += source.Bytes[k * source.Stride + x] * weights[k];
            target[x] = (byte)Math.Clamp(sum >> ResampleCoefficients.PrecisionBits, 0, 255);
        }
    }

    /// <summary>Does as many bytes of an output row as fill whole vectors; returns how many.</summary>
    private static int RowVector(SourceRows source, ReadOnlySpan<int> weights, Span<byte> target)
    {
        int x = 0;
        for (; x <= target.Length - Vector128<byte>.Count; x += Vector128<byte>.Count)
            Sum(source.From(0, x), weights).CopyTo(target[x..]);
        return x;
    }

    private static Vector128<byte> Sum(SourceRows source, ReadOnlySpan<int> weights)
    {
        _ = source.Slice(weights.Length - 1, 0, Vector128<byte>.Count); // the last load is inside, so all are
        ref readonly byte first = ref MemoryMarshal.GetReference(source.Bytes);
        Vector128<int> sum0 = Vector128.Create(ResampleCoefficients.Half), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        nuint row = 0;
        foreach (int w in weights)
        {
            Vector128<int> weight = Vector128.Create(w);
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.LoadUnsafe(in first, row));
            sum0 += Vector128.WidenLower(low).AsInt32() * weight;
            sum1 += Vector128.WidenUpper(low).AsInt32() * weight;
            sum2 += Vector128.WidenLower(high).AsInt32() * weight;
            sum3 += Vector128.WidenUpper(high).AsInt32() * weight;
            row += (nuint)source.Stride;
        }
        Vector128<short> lower = Vector128.Narrow(ToByteRange(sum0), ToByteRange(sum1));
        Vector128<short> upper = Vector128.Narrow(ToByteRange(sum2), ToByteRange(sum3));
        return Vector128.Narrow(lower.AsUInt16(), upper.AsUInt16());
    }

    private static Vector128<int> ToByteRange(Vector128<int> sum) =>
        Vector128.Clamp(sum >> ResampleCoefficients.PrecisionBits, Vector128<int>.Zero, Vector128.Create(255));
}
