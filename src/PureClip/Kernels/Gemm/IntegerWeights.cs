using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>
/// 8-bit weights: rows of A are rounded to integers as well, with a scale for each row and block of KC columns, so that one outlier spoils the
/// precision of no other block. Sums of a block are exact integers; they are the same for every type of lanes that rounds A to as many bits.
/// </summary>
/// <remarks>Symmetric quantisation, as in Dettmers et al. 2022, "LLM.int8()", 2.1 (vector-wise), with KC columns instead of all in one scale.</remarks>
internal readonly unsafe struct IntegerWeights<V, I> : IWeightKernel<V>
    where V : unmanaged, ISimd<V>
    where I : unmanaged, IIntegerLanes<I>
{
    public static int Mr => GemmBlocking<I>.Mr;

    public static int Nr => GemmBlocking<I>.Nr;

    public static int Steps(int depth) => (depth + 3) / 4 * (4 / I.Values);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTile(MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch)
    {
        for (int r = 0; r < rows; r++)
            scales[r] = IntegerRow.Round<V, I>(a.Row(row + r) + column, depth, scratch.IntegerRows + r * GemmBlocking<V>.Kc);
        Transpose.Run(scratch.IntegerRows, GemmBlocking<V>.Kc, rows, Steps(depth), packed, rows);
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
            V columnScale = V.Load(panel.Scales + c), offsetSum = V.Load(panel.OffsetSums + c);
            float* integers = scratch.IntegerTile + c, sums = tile.Sums + c;
            for (int r = 0; r < tile.Rows; r++, integers += Nr, sums += tile.Stride)
            {
                V products = V.LoadInt32(integers);
                if (I.Offset != 0)
                    products -= offsetSum; // whole numbers below 2^24: exact
                V sum = tile.Accumulate ? V.Load(sums) : V.Zero;
                V.MultiplyAdd(ref sum, products, V.Broadcast(scales[r]) * columnScale);
                V.Store(sum, sums);
            }
        }
    }
}
