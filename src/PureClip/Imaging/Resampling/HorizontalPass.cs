using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Resampling;

/// <summary>
/// The pass along rows. Sums are 32-bit integers, so their order is free and the vector code has the scalar code's bits.
/// A vector holds the channels of one pixel or of several neighbours (<see cref="IPixelLanes"/>), and four rows share each weight.
/// </summary>
internal static partial class HorizontalPass
{
    /// <summary>Rows that share the loads of weights; four sums in flight also hide the multiplier's latency.</summary>
    private const int RowsAtOnce = 4;

    /// <summary>Bytes that a vector may read past the last pixel of a row: an 8-byte load of one 3-byte pixel.</summary>
    private const int Overread = 5;

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
        int done = 0;
        int safe = Math.Min(rows, (source.Length - Overread) / sourceStride);
        if (Vector128.IsHardwareAccelerated && safe >= RowsAtOnce)
        {
            RunVector(source, sourceStride, safe, channels, columns, destination, destinationStride);
            done = safe;
        }
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

    private static void RunVector(ReadOnlySpan<byte> source, int sourceStride, int rows, int channels, in ResampleCoefficients columns, Span<byte> destination, int destinationStride)
    {
        for (int y = 0; y < rows; y += RowsAtOnce)
        {
            int top = Math.Min(y, rows - RowsAtOnce); // the last group overlaps the one before
            ReadOnlySpan<byte> from = source[(top * sourceStride)..];
            Span<byte> to = destination[(top * destinationStride)..];
            switch (channels)
            {
                case 1: FourRows<OneChannel>(from, sourceStride, columns, to, destinationStride); break;
                case 2: FourRows<TwoChannels>(from, sourceStride, columns, to, destinationStride); break;
                case 3 when Vector256.IsHardwareAccelerated: FourRgbRows(from, sourceStride, columns, to, destinationStride); break;
                case 3: FourRows<ThreeChannels>(from, sourceStride, columns, to, destinationStride); break;
                default: FourRows<FourChannels>(from, sourceStride, columns, to, destinationStride); break;
            }
        }
    }

    /// <summary>Four rows of any layout.</summary>
    internal static void FourRows<TLanes>(ReadOnlySpan<byte> source, int sourceStride, in ResampleCoefficients columns, Span<byte> destination, int destinationStride)
        where TLanes : struct, IPixelLanes
    {
        ReadOnlySpan<int> first = columns.First;
        ReadOnlySpan<int> length = columns.Length;
        ReadOnlySpan<int> weights = columns.Weights;
        nuint stride = (nuint)sourceStride;
        for (int x = 0; x < first.Length; x++)
        {
            ref readonly byte pixel = ref source[first[x] * TLanes.Channels];
            ref readonly int weight = ref weights[x * columns.Taps];
            Vector128<int> sum0 = Vector128<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            nuint offset = 0;
            for (int k = 0; k < length[x]; k += TLanes.Pixels)
            {
                Vector128<int> w = TLanes.Weights(in weight, (nuint)k);
                sum0 += FourBytes(in pixel, offset) * w;
                sum1 += FourBytes(in pixel, offset + stride) * w;
                sum2 += FourBytes(in pixel, offset + 2 * stride) * w;
                sum3 += FourBytes(in pixel, offset + 3 * stride) * w;
                offset += (nuint)(TLanes.Pixels * TLanes.Channels);
            }
            Span<byte> target = destination[(x * TLanes.Channels)..];
            Store<TLanes>(sum0, target);
            Store<TLanes>(sum1, target[destinationStride..]);
            Store<TLanes>(sum2, target[(2 * destinationStride)..]);
            Store<TLanes>(sum3, target[(3 * destinationStride)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> FourBytes(ref readonly byte source, nuint offset)
    {
        uint four = Unsafe.ReadUnaligned<uint>(in Unsafe.AddByteOffset(ref Unsafe.AsRef(in source), offset));
        return Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(four).AsByte())).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TLanes>(Vector128<int> sum, Span<byte> pixel)
        where TLanes : struct, IPixelLanes
    {
        Vector128<int> folded = TLanes.Fold(sum) + Vector128.Create(ResampleCoefficients.Half);
        Vector128<int> value = Vector128.Clamp(folded >> ResampleCoefficients.PrecisionBits, Vector128<int>.Zero, Vector128.Create(255));
        for (int c = 0; c < TLanes.Channels; c++)
            pixel[c] = (byte)value[c];
    }
}
