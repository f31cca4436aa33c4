using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Resampling;

/// <summary>
/// The pass along rows. Sums are 32-bit integers, so their order is free and the vector code has the scalar code's bits.
/// Vectors hold the channels of one pixel (3 or 4 channels) or four neighbours (1 channel), and four rows share each weight.
/// </summary>
internal static class HorizontalPass
{
    /// <summary>Rows that share the loads of weights; four sums in flight also hide the multiplier's latency.</summary>
    private const int RowsAtOnce = 4;

    /// <summary>Bytes that a vector may read past the last pixel of a row: a 4-byte load of a 1-byte pixel.</summary>
    private const int Overread = 3;

    /// <summary>Resamples rows.</summary>
    /// <param name="source">[rows, stride] bytes, starting with the first row; pixels before the first wanted one included.</param>
    /// <param name="sourceStride">Bytes from one source row to the next.</param>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="channels">Bytes a pixel, 1 to 4.</param>
    /// <param name="columns">Bounds and weights of the wanted columns.</param>
    /// <param name="destination">[rows, stride] bytes.</param>
    /// <param name="destinationStride">Bytes from one destination row to the next.</param>
    public static void Run(ReadOnlySpan<byte> source, int sourceStride, int rows, int channels, in ResampleCoefficients columns, Span<byte> destination, int destinationStride)
    {
        int done = Vector128.IsHardwareAccelerated && channels != 2
            ? RunVector(source, sourceStride, rows, channels, columns, destination, destinationStride)
            : 0;
        RunScalar(source[(done * sourceStride)..], sourceStride, rows - done, channels, columns, destination[(done * destinationStride)..], destinationStride);
    }

    /// <summary>The plain form: reference, and remainder of the vector form.</summary>
    public static void RunScalar(ReadOnlySpan<byte> source, int sourceStride, int rows, int channels, in ResampleCoefficients columns, Span<byte> destination, int destinationStride)
    {
        for (int y = 0; y < rows; y++)
        {
            ReadOnlySpan<byte> row = source.Slice(y * sourceStride, sourceStride);
            for (int x = 0; x < columns.First.Length; x++)
            {
                ReadOnlySpan<byte> pixels = row.Slice(columns.First[x] * channels, columns.Length[x] * channels);
                ReadOnlySpan<int> weights = columns.Weights.Slice(x * columns.Taps, columns.Length[x]);
                Span<byte> target = destination.Slice(y * destinationStride + x * channels, channels);
                for (int c = 0; c < channels; c++)
                    target[c] = Sum(pixels[c..], channels, weights);
            }
        }
    }

    private static byte Sum(ReadOnlySpan<byte> pixels, int step, ReadOnlySpan<int> weights)
    {
        int sum = ResampleCoefficients.Half;
        for (int k = 0; k < weights.Length; k++)
            sum += pixels[k * step] * weights[k];
        return (byte)Math.Clamp(sum >> ResampleCoefficients.PrecisionBits, 0, 255);
    }

    /// <summary>Does all rows whose loads stay inside the source, if there are enough of them; returns how many are done.</summary>
    private static int RunVector(ReadOnlySpan<byte> source, int sourceStride, int rows, int channels, in ResampleCoefficients columns, Span<byte> destination, int destinationStride)
    {
        int safe = Math.Min(rows, (source.Length - Overread) / sourceStride);
        if (safe < RowsAtOnce)
            return 0;
        for (int y = 0; y < safe; y += RowsAtOnce)
        {
            int top = Math.Min(y, safe - RowsAtOnce); // the last group overlaps the one before
            ReadOnlySpan<byte> from = source[(top * sourceStride)..];
            Span<byte> to = destination[(top * destinationStride)..];
            if (channels == 1)
                GrayRows(from, sourceStride, columns, to, destinationStride);
            else
                ColorRows(from, sourceStride, channels, columns, to, destinationStride);
        }
        return safe;
    }

    private static void ColorRows(ReadOnlySpan<byte> source, int sourceStride, int channels, in ResampleCoefficients columns, Span<byte> destination, int destinationStride)
    {
        ReadOnlySpan<int> first = columns.First;
        ReadOnlySpan<int> length = columns.Length;
        for (int x = 0; x < first.Length; x++)
        {
            ref readonly byte row0 = ref source[first[x] * channels];
            ref readonly byte row1 = ref Unsafe.Add(ref Unsafe.AsRef(in row0), sourceStride);
            ref readonly byte row2 = ref Unsafe.Add(ref Unsafe.AsRef(in row1), sourceStride);
            ref readonly byte row3 = ref Unsafe.Add(ref Unsafe.AsRef(in row2), sourceStride);
            Vector128<int> sum0 = Vector128.Create(ResampleCoefficients.Half), sum1 = sum0, sum2 = sum0, sum3 = sum0;
            nuint offset = 0;
            foreach (int w in columns.Weights.Slice(x * columns.Taps, length[x]))
            {
                Vector128<int> weight = Vector128.Create(w);
                sum0 += Widen4(in row0, offset) * weight;
                sum1 += Widen4(in row1, offset) * weight;
                sum2 += Widen4(in row2, offset) * weight;
                sum3 += Widen4(in row3, offset) * weight;
                offset += (nuint)channels;
            }
            StorePixel(sum0, destination.Slice(x * channels, channels));
            StorePixel(sum1, destination.Slice(x * channels + destinationStride, channels));
            StorePixel(sum2, destination.Slice(x * channels + 2 * destinationStride, channels));
            StorePixel(sum3, destination.Slice(x * channels + 3 * destinationStride, channels));
        }
    }

    private static void GrayRows(ReadOnlySpan<byte> source, int sourceStride, in ResampleCoefficients columns, Span<byte> destination, int destinationStride)
    {
        ReadOnlySpan<int> first = columns.First;
        ReadOnlySpan<int> length = columns.Length;
        for (int x = 0; x < first.Length; x++)
        {
            ref readonly byte row0 = ref source[first[x]];
            ref readonly byte row1 = ref Unsafe.Add(ref Unsafe.AsRef(in row0), sourceStride);
            ref readonly byte row2 = ref Unsafe.Add(ref Unsafe.AsRef(in row1), sourceStride);
            ref readonly byte row3 = ref Unsafe.Add(ref Unsafe.AsRef(in row2), sourceStride);
            Vector128<int> sum0 = Vector128<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            ref readonly int weights = ref columns.Weights[x * columns.Taps];
            for (nuint k = 0; k < (nuint)length[x]; k += (nuint)Vector128<int>.Count)
            {
                Vector128<int> weight = Vector128.LoadUnsafe(in weights, k);
                sum0 += Widen4(in row0, k) * weight;
                sum1 += Widen4(in row1, k) * weight;
                sum2 += Widen4(in row2, k) * weight;
                sum3 += Widen4(in row3, k) * weight;
            }
            destination[x] = ToByte(Vector128.Sum(sum0));
            destination[x + destinationStride] = ToByte(Vector128.Sum(sum1));
            destination[x + 2 * destinationStride] = ToByte(Vector128.Sum(sum2));
            destination[x + 3 * destinationStride] = ToByte(Vector128.Sum(sum3));
        }
    }

    /// <summary>Four bytes as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen4(ref readonly byte source, nuint offset)
    {
        uint four = Unsafe.ReadUnaligned<uint>(in Unsafe.AddByteOffset(ref Unsafe.AsRef(in source), offset));
        return Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(four).AsByte())).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePixel(Vector128<int> sum, Span<byte> pixel)
    {
        Vector128<int> value = Vector128.Clamp(sum >> ResampleCoefficients.PrecisionBits, Vector128<int>.Zero, Vector128.Create(255));
        Vector128<ushort> narrow = Vector128.Narrow(value, value).AsUInt16();
        uint bytes = Vector128.Narrow(narrow, narrow).AsUInt32().ToScalar();
        pixel[0] = (byte)bytes;
        pixel[1] = (byte)(bytes >> 8);
        pixel[2] = (byte)(bytes >> 16);
        if (pixel.Length == 4)
            pixel[3] = (byte)(bytes >> 24);
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp((sum + ResampleCoefficients.Half) >> ResampleCoefficients.PrecisionBits, 0, 255);
}
