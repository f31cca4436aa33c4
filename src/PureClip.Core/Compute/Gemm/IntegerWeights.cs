using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>
/// 8-bit weights: rows of A are rounded to integers as well, with a scale for each row and block of <see cref="Kc"/> columns, so that one outlier
/// spoils the precision of no other block. Sums of a block are exact integers; they are the same for every type of lanes that rounds A to as many bits.
/// </summary>
/// <remarks>Symmetric quantisation, as in Dettmers et al. 2022, "LLM.int8()", 2.1 (vector-wise), with a block of columns instead of all in one scale.</remarks>
internal readonly unsafe struct IntegerWeights<V, I> : IWeightKernel<V>
    where V : unmanaged, ISimd<V>
    where I : unmanaged, IIntegerLanes<I>
{
    public static int Mr => GemmBlocking<I>.Mr;

    public static int Nr => GemmBlocking<I>.Nr;

    /// <summary>
    /// As many as fit where floats have 256: four bytes in the place of one. Fewer would be scaled more often, each time for as much as a float's
    /// multiply-add; more would not be exact as floats: 127 · 127 · 1,024 is just below 2²⁴.
    /// </summary>
    public static int Kc => 4 * GemmBlocking<V>.Kc;

    public static int Steps(int depth) => (depth + 3) / 4 * (4 / I.Values);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTile(MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch)
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
