using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>How a product treats one type of stored weights, inside the loops that are the same for all.</summary>
internal unsafe interface IWeightKernel<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>Most rows of a tile.</summary>
    static abstract int Mr { get; }

    /// <summary>Columns of a tile and of a panel.</summary>
    static abstract int Nr { get; }

    /// <summary>Rows of a block of B.</summary>
    static abstract int Kc { get; }

    /// <summary>Steps that the microkernel takes for so many rows of B: floats of a packed row of A.</summary>
    static abstract int Steps(int depth);

    /// <summary>Copies one tile of A into the order in which the microkernel reads it.</summary>
    /// <param name="a">[M, K]</param>
    /// <param name="row">First row of the tile.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="column">First column.</param>
    /// <param name="depth">Columns to copy.</param>
    /// <param name="packed">rows · steps floats.</param>
    /// <param name="scales">[rows]: scale of each row, where there is one.</param>
    /// <param name="scratch">The worker's.</param>
    static abstract void PackTile(
        MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch);

    /// <summary>A panel of B in the order and width in which the microkernel reads it: where it lies, or in scratch.</summary>
    /// <param name="b">[K, N]</param>
    /// <param name="k">First row of the block that the panel belongs to.</param>
    /// <param name="panel">Which panel.</param>
    /// <param name="depth">Rows of the block.</param>
    /// <param name="scratch">The worker's.</param>
    static abstract GemmPanel Unpack(PackedMatrix b, int k, int panel, int depth, GemmScratch<V> scratch);

    /// <summary>sums = (accumulate ? sums : 0) + a · b for one tile.</summary>
    /// <param name="tile">Where in the product the tile is.</param>
    /// <param name="packed">From <see cref="PackTile"/>.</param>
    /// <param name="scales">From <see cref="PackTile"/>.</param>
    /// <param name="panel">From <see cref="Unpack"/>.</param>
    /// <param name="scratch">The worker's.</param>
    static abstract void Multiply(in GemmTile tile, float* packed, float* scales, in GemmPanel panel, GemmScratch<V> scratch);
}

/// <summary>A panel of B that is ready to be multiplied.</summary>
/// <param name="numbers">[depth, NR]: as the microkernel reads them.</param>
/// <param name="scales">[NR]: what an integer of a column is worth; for integers only.</param>
/// <param name="offsetSums">[NR]: what the offset of the left operand adds to a column, as 32-bit integers; for integers only.</param>
internal readonly unsafe struct GemmPanel(float* numbers, float* scales = null, float* offsetSums = null)
{
    /// <summary>[depth, NR]: as the microkernel reads them.</summary>
    public readonly float* Numbers = numbers;

    /// <summary>[NR]: what an integer of a column is worth; for integers only.</summary>
    public readonly float* Scales = scales;

    /// <summary>[NR]: what the offset of the left operand adds to a column, as 32-bit integers; for integers only.</summary>
    public readonly float* OffsetSums = offsetSums;
}

/// <summary>One tile of a product.</summary>
internal readonly unsafe ref struct GemmTile
{
    /// <summary>Steps of the microkernel.</summary>
    public required int Steps { get; init; }

    /// <summary>Rows of the tile.</summary>
    public required int Rows { get; init; }

    /// <summary>The tile's first sum.</summary>
    public required float* Sums { get; init; }

    /// <summary>Floats from one row of sums to the next.</summary>
    public required int Stride { get; init; }

    /// <summary>Whether the sums already hold the products of smaller k.</summary>
    public required bool Accumulate { get; init; }

    /// <summary>The tile's share of the next panel.</summary>
    public required LinesAhead Ahead { get; init; }
}

/// <summary>32-bit weights, multiplied where they lie.</summary>
internal readonly unsafe struct F32Weights<V> : IWeightKernel<V>
    where V : unmanaged, ISimd<V>
{
    public static int Mr => GemmBlocking<V>.Mr;

    public static int Nr => GemmBlocking<V>.Nr;

    public static int Kc => GemmBlocking<V>.Kc;

    public static int Steps(int depth) => depth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackTile(
        MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch) =>
        Transpose.Run(a.Row(row) + column, a.Stride, rows, depth, packed, rows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GemmPanel Unpack(PackedMatrix b, int k, int panel, int depth, GemmScratch<V> scratch) => new((float*)b.Panel(k, panel));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(in GemmTile tile, float* packed, float* scales, in GemmPanel panel, GemmScratch<V> scratch) =>
        Microkernel.Run<V>(tile.Rows, tile.Steps, packed, panel.Numbers, tile.Sums, tile.Stride, tile.Accumulate, tile.Ahead);
}

/// <summary>
/// 16-bit weights: each panel is widened once into the first-level cache and multiplied there, so memory sends half the bytes and the sums
/// are exactly those of the widened weights.
/// </summary>
internal readonly unsafe struct WidenedWeights<V, TWiden> : IWeightKernel<V>
    where V : unmanaged, ISimd<V>
    where TWiden : struct, IWiden
{
    public static int Mr => GemmBlocking<V>.Mr;

    public static int Nr => GemmBlocking<V>.Nr;

    public static int Kc => GemmBlocking<V>.Kc;

    public static int Steps(int depth) => depth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackTile(
        MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch) =>
        F32Weights<V>.PackTile(a, row, rows, column, depth, packed, scales, scratch);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static GemmPanel Unpack(PackedMatrix b, int k, int panel, int depth, GemmScratch<V> scratch)
    {
        ushort* from = (ushort*)b.Panel(k, panel);
        float* to = scratch.Panel;
        for (int row = 0; row < depth; row++, from += Nr, to += Nr)
        {
            TWiden.Load(from, out V first, out V second);
            V.Store(first, to);
            V.Store(second, to + V.Count);
        }
        return new(scratch.Panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(in GemmTile tile, float* packed, float* scales, in GemmPanel panel, GemmScratch<V> scratch) =>
        F32Weights<V>.Multiply(tile, packed, scales, panel, scratch);
}

/// <summary>A 16-bit type of floats.</summary>
internal unsafe interface IWiden
{
    /// <summary>Reads one row of a panel, widened exactly: numbers of even index, then numbers of odd index.</summary>
    static abstract void Load<V>(ushort* source, out V even, out V odd)
        where V : unmanaged, ISimd<V>;
}

/// <summary><see cref="WeightType.BF16"/></summary>
internal readonly unsafe struct WidenBFloat16 : IWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(ushort* source, out V even, out V odd)
        where V : unmanaged, ISimd<V> =>
        V.LoadBFloat16(source, out even, out odd);
}

/// <summary><see cref="WeightType.F16"/></summary>
internal readonly unsafe struct WidenHalf : IWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(ushort* source, out V even, out V odd)
        where V : unmanaged, ISimd<V>
    {
        V.LoadHalves(source, out even, out odd);
        even *= V.Broadcast(HalfBits.Restore); // exact: a power of 2, and no finite half leaves the range of normal floats
        odd *= V.Broadcast(HalfBits.Restore);
    }
}
