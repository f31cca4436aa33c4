using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>
/// 8-bit weights: rows of A are rounded to integers as well, with a scale for each row and block of <see cref="Kc"/> columns, so that one
/// outlier spoils the precision of no other block. Sums of a block are exact integers; they are the same for every type of lanes that
/// rounds A to as many bits.
/// </summary>
/// <remarks>
/// Symmetric quantisation, as in Dettmers et al. 2022, "LLM.int8()", 2.1 (vector-wise), with a block of columns instead of all in one
/// scale.
/// </remarks>
internal readonly unsafe struct IntegerWeights<V, I> : IWeightKernel<V>
    where V : unmanaged, ISimd<V>
    where I : unmanaged, IIntegerLanes<I>
{
    public static int Mr => GemmBlocking<I>.Mr;

    public static int Nr => GemmBlocking<I>.Nr;

    /// <summary>
    /// As many as fit where floats have 256: four bytes in the place of one. Fewer would be scaled more often, each time for as much as a
    /// float's multiply-add; more would not be exact as floats: 127 · 127 · 1,024 is just below 2²⁴.
    /// </summary>
    public static int Kc => 4 * GemmBlocking<V>.Kc;

    public static int Steps(int depth) => (depth + 3) / 4 * (4 / I.Values);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTile(
        MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch)
    {
        for (int r = 0; r < rows; r++)
            scales[r] = IntegerRow.Round<V, I>(a.Row(row + r) + column, depth, scratch.IntegerRows + r * Steps(Kc));
        Transpose.Run(scratch.IntegerRows, Steps(Kc), rows, Steps(depth), packed, rows);
    }

    public static GemmPanel Unpack(PackedMatrix b, int k, int panel, int depth, GemmScratch<V> scratch)
    {
        float* scales = b.Scales + panel * Nr, offsetSums = b.OffsetSums(k) + panel * Nr;
        byte* stored = b.Panel(k, panel);
        if (I.Values == 4)
            return new((float*)stored, scales, offsetSums); // bytes are multiplied as they are
        IntegerRow.Widen((sbyte*)stored, Steps(depth) * I.Values * Nr, (short*)scratch.Panel);
        return new(scratch.Panel, scales, offsetSums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in GemmTile tile, float* packed, float* scales, in GemmPanel panel, GemmScratch<V> scratch)
    {
        Microkernel.Run<I>(tile.Rows, tile.Steps, packed, panel.Numbers, scratch.IntegerTile, Nr, accumulate: false, tile.Ahead);
        for (int c = 0; c < Nr; c += V.Count)
        {
            V columnScale = V.Load(panel.Scales + c);
            float* integers = scratch.IntegerTile + c, offsetSums = panel.OffsetSums + c, sums = tile.Sums + c;
            for (int r = 0; r < tile.Rows; r++, integers += Nr, sums += tile.Stride)
            {
                V products = V.LoadDifference(integers, offsetSums);
                V sum = tile.Accumulate ? V.Load(sums) : V.Zero;
                V.MultiplyAdd(ref sum, products, V.Broadcast(scales[r]) * columnScale);
                V.Store(sum, sums);
            }
        }
    }
}

/// <summary>Floats to small integers and back to wider ones, many at a time.</summary>
internal static unsafe class IntegerRow
{
    /// <summary>Largest magnitude of a rounded weight: symmetric, so -128 is not used.</summary>
    public const float LargestWeight = 127f;

    /// <summary>Rounds floats to integers in units of their largest magnitude divided by <see cref="IIntegerLanes{I}.Largest"/>.</summary>
    /// <param name="source">[count]</param>
    /// <param name="count">Numbers; what is missing to a multiple of 4 counts as zero.</param>
    /// <param name="lanes">
    /// The integers plus <see cref="IIntegerLanes{I}.Offset"/>, <see cref="IIntegerLanes{I}.Values"/> to a 32-bit lane.
    /// </param>
    /// <returns>The unit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Round<V, I>(float* source, int count, float* lanes)
        where V : unmanaged, ISimd<V>
        where I : unmanaged, IIntegerLanes<I>
    {
        float largest = LargestMagnitude<V>(source, count);
        float inverse = largest > 0f ? I.Largest / largest : 0f;
        int padded = (count + 3) / 4 * 4;
        if (I.Values == 2)
            RoundToInt16(source, count, padded, inverse, I.Offset, (short*)lanes);
        else
            RoundToBytes(source, count, padded, inverse, I.Offset, (byte*)lanes);
        return largest / I.Largest;
    }

    /// <summary>Widens bytes to 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(sbyte* source, int count, short* destination)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
            for (; i <= count - Vector256<short>.Count; i += Vector256<short>.Count)
                Vector256.WidenLower(Vector128.Load(source + i).ToVector256Unsafe()).Store(destination + i);
        else if (Vector128.IsHardwareAccelerated)
            for (; i <= count - Vector128<short>.Count; i += Vector128<short>.Count)
                Vector128.WidenLower(Vector64.Load(source + i).ToVector128Unsafe()).Store(destination + i);
        for (; i < count; i++)
            destination[i] = source[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestMagnitude<V>(float* source, int count)
        where V : unmanaged, ISimd<V>
    {
        V largest = V.Zero;
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
            largest = V.Max(largest, V.Abs(V.Load(source + i)));
        float result = V.MaxAcross(largest);
        for (; i < count; i++)
            result = Math.Max(result, MathF.Abs(source[i]));
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RoundToInt16(float* source, int count, int padded, float inverse, int offset, short* to)
    {
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i <= count - 8; i += 8)
            (Round8(source + i, inverse) + Vector128.Create((short)offset)).Store(to + i);
        for (; i < padded; i++)
            to[i] = (short)((i < count ? (int)MathF.Round(source[i] * inverse) : 0) + offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RoundToBytes(float* source, int count, int padded, float inverse, int offset, byte* to)
    {
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i <= count - 16; i += 16)
        {
            Vector128<sbyte> rounded = Vector128.Narrow(Round8(source + i, inverse), Round8(source + i + 8, inverse));
            (rounded.AsByte() + Vector128.Create((byte)offset)).Store(to + i);
        }
        for (; i < padded; i++)
            to[i] = (byte)((i < count ? (int)MathF.Round(source[i] * inverse) : 0) + offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Round8(float* source, float inverse) =>
        Vector128.Narrow(Round4(source, inverse), Round4(source + 4, inverse));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round4(float* source, float inverse) =>
        Vector128.ConvertToInt32(Vector128.Round(Vector128.Load(source) * Vector128.Create(inverse)));
}
