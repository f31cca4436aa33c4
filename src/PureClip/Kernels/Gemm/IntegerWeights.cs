using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>
/// 8-bit weights: rows of A are rounded to 8 bits as well, with a scale for each row and block of KC columns, so that one outlier spoils the
/// precision of no other block. Sums of a block are exact integers; they are the same for every type of lanes.
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
            scales[r] = IntegerRow.Round<V>(a.Row(row + r) + column, depth, I.Values, I.Offset, scratch.IntegerRows + r * GemmBlocking<V>.Kc);
        Transpose.Run(scratch.IntegerRows, GemmBlocking<V>.Kc, rows, Steps(depth), packed, rows);
    }

    public static float* Unpack(byte* panel, int depth, GemmScratch<V> scratch)
    {
        if (I.Values == 4)
            return (float*)panel; // bytes are multiplied as they are
        int count = Steps(depth) * I.Values * Nr;
        IntegerRow.Widen((sbyte*)panel, count, (short*)scratch.Panel);
        return scratch.Panel;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in GemmTile tile, float* packed, float* scales, float* panel, GemmScratch<V> scratch)
    {
        float* integers = scratch.IntegerTile;
        Microkernel.Run<I>(tile.Rows, Steps(tile.Depth), packed, panel, integers, Nr, accumulate: false, tile.Ahead);
        float* columnScales = tile.B.Scales + tile.Column, offsets = tile.B.OffsetSums(tile.K) + tile.Column;
        for (int r = 0; r < tile.Rows; r++, integers += Nr)
        {
            float* sums = tile.Sums + (nint)r * tile.Stride;
            V rowScale = V.Broadcast(scales[r]);
            for (int c = 0; c < Nr; c += V.Count)
            {
                V products = V.LoadInt32(integers + c);
                if (I.Offset != 0)
                    products -= V.Load(offsets + c); // whole numbers below 2^24: exact
                V sum = tile.Accumulate ? V.Load(sums + c) : V.Zero;
                V.MultiplyAdd(ref sum, products, rowScale * V.Load(columnScales + c));
                V.Store(sum, sums + c);
            }
        }
    }
}
