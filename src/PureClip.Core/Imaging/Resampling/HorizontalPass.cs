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
    /// <param name="source">Whole rows, the pixels before the first wanted one included; nothing but rows follows.</param>
    /// <param name="rows">How many of them, at least 1.</param>
    /// <param name="channels">Bytes a pixel, 1 to 4.</param>
    /// <param name="columns">Bounds and weights of the wanted columns.</param>
    /// <param name="target">As many rows of the wanted columns.</param>
    public static void Run(SourceRows source, int rows, int channels, in ResampleCoefficients columns, TargetRows target)
    {
        int done = 0;
        int safe = Math.Min(rows, (source.Bytes.Length - Overread) / source.Stride);
        if (Vector128.IsHardwareAccelerated && safe >= RowsAtOnce)
        {
            RunVector(source, safe, channels, columns, target);
            done = safe;
        }
        for (int y = done; y < rows; y++)
            RowScalar(source.From(y).Bytes, channels, columns, target.From(y).Bytes);
    }

    /// <summary>The plain form of one row: reference, and remainder of the vector form.</summary>
    public static void RowScalar(ReadOnlySpan<byte> source, int channels, in ResampleCoefficients columns, Span<byte> target)
    {
        for (int x = 0; x < columns.First.Length; x++)
        {
            ReadOnlySpan<byte> pixels = source.Slice(columns.First[x] * channels, columns.Length[x] * channels);
            ReadOnlySpan<int> weights = columns.Weights.Slice(x * columns.Taps, columns.Length[x]);
            for (int c = 0; c < channels; c++)
                target[x * channels + c] = Sum(pixels[c..], channels, weights);
        }
    }

    private static byte Sum(ReadOnlySpan<byte> pixels, int step, ReadOnlySpan<int> weights)
    {
        int sum = ResampleCoefficients.Half;
        for (int k = 0; k < weights.Length; k++)
            sum += pixels[k * step] * weights[k];
        return (byte)Math.Clamp(sum >> ResampleCoefficients.PrecisionBits, 0, 255);
    }

    private static void RunVector(SourceRows source, int rows, int channels, in ResampleCoefficients columns, TargetRows target)
    {
        for (int y = 0; y < rows; y += RowsAtOnce)
        {
            int top = Math.Min(y, rows - RowsAtOnce); // the last group overlaps the one before
            switch (channels)
            {
                case 1: FourRows<OneChannel>(source.From(top), columns, target.From(top)); break;
                case 2: FourRows<TwoChannels>(source.From(top), columns, target.From(top)); break;
                case 3 when Vector256.IsHardwareAccelerated: FourRgbRows(source.From(top), columns, target.From(top)); break;
                case 3: FourRows<ThreeChannels>(source.From(top), columns, target.From(top)); break;
                default: FourRows<FourChannels>(source.From(top), columns, target.From(top)); break;
            }
        }
    }

    /// <summary>Four rows of any layout.</summary>
    internal static void FourRows<TLanes>(SourceRows source, in ResampleCoefficients columns, TargetRows target)
        where TLanes : struct, IPixelLanes
    {
        ReadOnlySpan<int> first = columns.First;
        ReadOnlySpan<int> length = columns.Length;
        ReadOnlySpan<int> weights = columns.Weights;
        nuint stride = (nuint)source.Stride;
        for (int x = 0; x < first.Length; x++)
        {
            ref readonly byte pixel = ref source.Bytes[first[x] * TLanes.Channels];
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
            Store<TLanes>(sum0, target.Slice(0, x * TLanes.Channels, TLanes.Channels));
            Store<TLanes>(sum1, target.Slice(1, x * TLanes.Channels, TLanes.Channels));
            Store<TLanes>(sum2, target.Slice(2, x * TLanes.Channels, TLanes.Channels));
            Store<TLanes>(sum3, target.Slice(3, x * TLanes.Channels, TLanes.Channels));
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

/// <summary>How neighbouring pixels of one layout share a vector of four integers in <see cref="HorizontalPass"/>.</summary>
internal interface IPixelLanes
{
    /// <summary>Bytes a pixel.</summary>
    static abstract int Channels { get; }

    /// <summary>Pixels a vector.</summary>
    static abstract int Pixels { get; }

    /// <summary>Each pixel's weight in the lanes of its channels.</summary>
    /// <param name="weights">First weight of the output pixel.</param>
    /// <param name="k">Index of the vector's first pixel; reads up to index k + 3.</param>
    static abstract Vector128<int> Weights(ref readonly int weights, nuint k);

    /// <summary>Adds up the pixels of a vector: each channel's sum in the lane of its number.</summary>
    static abstract Vector128<int> Fold(Vector128<int> sum);
}

/// <summary>One channel: four pixels.</summary>
internal readonly struct OneChannel : IPixelLanes
{
    public static int Channels => 1;

    public static int Pixels => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) => Vector128.LoadUnsafe(in weights, k);

    public static Vector128<int> Fold(Vector128<int> sum) => Vector128.CreateScalar(Vector128.Sum(sum));
}

/// <summary>Two channels: two pixels.</summary>
internal readonly struct TwoChannels : IPixelLanes
{
    public static int Channels => 2;

    public static int Pixels => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) =>
        Vector128.Shuffle(Vector128.LoadUnsafe(in weights, k), Vector128.Create(0, 0, 1, 1));

    public static Vector128<int> Fold(Vector128<int> sum) => sum + Vector128.Shuffle(sum, Vector128.Create(2, 3, 2, 3));
}

/// <summary>Three channels: one pixel, the fourth lane computes something that nobody reads.</summary>
internal readonly struct ThreeChannels : IPixelLanes
{
    public static int Channels => 3;

    public static int Pixels => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) => FourChannels.Weights(in weights, k);

    public static Vector128<int> Fold(Vector128<int> sum) => sum;
}

/// <summary>Four channels: one pixel.</summary>
internal readonly struct FourChannels : IPixelLanes
{
    public static int Channels => 4;

    public static int Pixels => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) =>
        Vector128.Create(Unsafe.Add(ref Unsafe.AsRef(in weights), k));

    public static Vector128<int> Fold(Vector128<int> sum) => sum;
}
