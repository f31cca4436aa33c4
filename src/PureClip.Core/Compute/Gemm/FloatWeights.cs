using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>32-bit weights, multiplied where they lie.</summary>
internal readonly unsafe struct F32Weights<V> : IWeightKernel<V>
    where V : unmanaged, ISimd<V>
{
    public static int Mr => GemmBlocking<V>.Mr;

    public static int Nr => GemmBlocking<V>.Nr;

    public static int Kc => GemmBlocking<V>.Kc;

    public static int Steps(int depth) => depth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackTile(MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch) =>
        Transpose.Run(a.Row(row) + column, a.Stride, rows, depth, packed, rows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GemmPanel Unpack(PackedMatrix b, int k, int panel, int depth, GemmScratch<V> scratch) => new((float*)b.Panel(k, panel));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(in GemmTile tile, float* packed, float* scales, in GemmPanel panel, GemmScratch<V> scratch) =>
        Microkernel.Run<V>(tile.Rows, tile.Steps, packed, panel.Numbers, tile.Sums, tile.Stride, tile.Accumulate, tile.Ahead);
}

/// <summary>
/// 16-bit weights: each panel is widened once into the first-level cache and multiplied there, so memory sends half the bytes and the sums are
/// exactly those of the widened weights.
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
    public static void PackTile(MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch) =>
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
