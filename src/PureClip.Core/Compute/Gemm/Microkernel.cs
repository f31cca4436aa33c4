using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>
/// The innermost loop of every matrix product: a tile of C, 1 to 12 rows by two vectors, stays in registers while A and B pass by.
/// The number of rows is a type, so that the tests on it vanish and each height gets a loop of its own without wasted rows.
/// Accumulators are named locals: an indexable array of them would live in memory, which costs a factor of four.
/// </summary>
/// <remarks>
/// Every element of C is summed in the order of k, one fused step at a time, whatever the height of the tile or the width of the
/// vector. That makes products independent of batch size, tile edges and thread count, to the last bit.
/// </remarks>
internal static unsafe class Microkernel
{
    /// <summary>The tallest tile.</summary>
    public const int MostRows = 12;

    /// <summary>The number of rows of a tile, as a type.</summary>
    private interface IRows
    {
        static abstract int Count { get; }
    }

    /// <summary>c[rows, 2 vectors] = (accumulate ? c : 0) + a · b</summary>
    /// <param name="rows">Height of the tile, 1 to <see cref="GemmBlocking{V}.Mr"/>.</param>
    /// <param name="depth">K: products added to each element.</param>
    /// <param name="a">[depth, rows]: rows of A, transposed.</param>
    /// <param name="b">[depth, 2 vectors]: a panel of B.</param>
    /// <param name="c">First element of the tile.</param>
    /// <param name="stride">Floats from one row of C to the next.</param>
    /// <param name="accumulate">Whether C already holds the sum over smaller k.</param>
    /// <param name="ahead">What will be needed next, spread over the depth.</param>
    public static void Run<V>(int rows, int depth, float* a, float* b, float* c, int stride, bool accumulate, LinesAhead ahead)
        where V : unmanaged, ILanes<V>
    {
        switch (rows)
        {
            case 1: Run<V, Rows1>(depth, a, b, c, stride, accumulate, ahead); break;
            case 2: Run<V, Rows2>(depth, a, b, c, stride, accumulate, ahead); break;
            case 3: Run<V, Rows3>(depth, a, b, c, stride, accumulate, ahead); break;
            case 4: Run<V, Rows4>(depth, a, b, c, stride, accumulate, ahead); break;
            case 5: Run<V, Rows5>(depth, a, b, c, stride, accumulate, ahead); break;
            case 6: Run<V, Rows6>(depth, a, b, c, stride, accumulate, ahead); break;
            case 7: Run<V, Rows7>(depth, a, b, c, stride, accumulate, ahead); break;
            case 8: Run<V, Rows8>(depth, a, b, c, stride, accumulate, ahead); break;
            case 9: Run<V, Rows9>(depth, a, b, c, stride, accumulate, ahead); break;
            case 10: Run<V, Rows10>(depth, a, b, c, stride, accumulate, ahead); break;
            case 11: Run<V, Rows11>(depth, a, b, c, stride, accumulate, ahead); break;
            case 12: Run<V, Rows12>(depth, a, b, c, stride, accumulate, ahead); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows), rows, "A tile has 1 to 12 rows.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<V, TRows>(int depth, float* a, float* b, float* c, int stride, bool accumulate, LinesAhead ahead)
        where V : unmanaged, ILanes<V>
        where TRows : struct, IRows
    {
        V c00 = V.Zero, c01 = V.Zero;
        V c10 = V.Zero, c11 = V.Zero;
        V c20 = V.Zero, c21 = V.Zero;
        V c30 = V.Zero, c31 = V.Zero;
        V c40 = V.Zero, c41 = V.Zero;
        V c50 = V.Zero, c51 = V.Zero;
        V c60 = V.Zero, c61 = V.Zero;
        V c70 = V.Zero, c71 = V.Zero;
        V c80 = V.Zero, c81 = V.Zero;
        V c90 = V.Zero, c91 = V.Zero;
        V c100 = V.Zero, c101 = V.Zero;
        V c110 = V.Zero, c111 = V.Zero;
        if (accumulate)
        {
            if (TRows.Count > 0)
                Load(c + 0 * (nint)stride, out c00, out c01);
            if (TRows.Count > 1)
                Load(c + 1 * (nint)stride, out c10, out c11);
            if (TRows.Count > 2)
                Load(c + 2 * (nint)stride, out c20, out c21);
            if (TRows.Count > 3)
                Load(c + 3 * (nint)stride, out c30, out c31);
            if (TRows.Count > 4)
                Load(c + 4 * (nint)stride, out c40, out c41);
            if (TRows.Count > 5)
                Load(c + 5 * (nint)stride, out c50, out c51);
            if (TRows.Count > 6)
                Load(c + 6 * (nint)stride, out c60, out c61);
            if (TRows.Count > 7)
                Load(c + 7 * (nint)stride, out c70, out c71);
            if (TRows.Count > 8)
                Load(c + 8 * (nint)stride, out c80, out c81);
            if (TRows.Count > 9)
                Load(c + 9 * (nint)stride, out c90, out c91);
            if (TRows.Count > 10)
                Load(c + 10 * (nint)stride, out c100, out c101);
            if (TRows.Count > 11)
                Load(c + 11 * (nint)stride, out c110, out c111);
        }

        while (depth > 0)
        {
            ahead.Ask();
            int steps = Math.Min(depth, ahead.Every);
            depth -= steps;
            for (; steps > 0; steps--)
            {
                V b0 = V.Load(b);
                V b1 = V.Load(b + V.Count);
                if (TRows.Count > 0)
                {
                    V a0 = V.Broadcast(a[0]);
                    V.MultiplyAdd(ref c00, a0, b0);
                    V.MultiplyAdd(ref c01, a0, b1);
                }
                if (TRows.Count > 1)
                {
                    V a1 = V.Broadcast(a[1]);
                    V.MultiplyAdd(ref c10, a1, b0);
                    V.MultiplyAdd(ref c11, a1, b1);
                }
                if (TRows.Count > 2)
                {
                    V a2 = V.Broadcast(a[2]);
                    V.MultiplyAdd(ref c20, a2, b0);
                    V.MultiplyAdd(ref c21, a2, b1);
                }
                if (TRows.Count > 3)
                {
                    V a3 = V.Broadcast(a[3]);
                    V.MultiplyAdd(ref c30, a3, b0);
                    V.MultiplyAdd(ref c31, a3, b1);
                }
                if (TRows.Count > 4)
                {
                    V a4 = V.Broadcast(a[4]);
                    V.MultiplyAdd(ref c40, a4, b0);
                    V.MultiplyAdd(ref c41, a4, b1);
                }
                if (TRows.Count > 5)
                {
                    V a5 = V.Broadcast(a[5]);
                    V.MultiplyAdd(ref c50, a5, b0);
                    V.MultiplyAdd(ref c51, a5, b1);
                }
                if (TRows.Count > 6)
                {
                    V a6 = V.Broadcast(a[6]);
                    V.MultiplyAdd(ref c60, a6, b0);
                    V.MultiplyAdd(ref c61, a6, b1);
                }
                if (TRows.Count > 7)
                {
                    V a7 = V.Broadcast(a[7]);
                    V.MultiplyAdd(ref c70, a7, b0);
                    V.MultiplyAdd(ref c71, a7, b1);
                }
                if (TRows.Count > 8)
                {
                    V a8 = V.Broadcast(a[8]);
                    V.MultiplyAdd(ref c80, a8, b0);
                    V.MultiplyAdd(ref c81, a8, b1);
                }
                if (TRows.Count > 9)
                {
                    V a9 = V.Broadcast(a[9]);
                    V.MultiplyAdd(ref c90, a9, b0);
                    V.MultiplyAdd(ref c91, a9, b1);
                }
                if (TRows.Count > 10)
                {
                    V a10 = V.Broadcast(a[10]);
                    V.MultiplyAdd(ref c100, a10, b0);
                    V.MultiplyAdd(ref c101, a10, b1);
                }
                if (TRows.Count > 11)
                {
                    V a11 = V.Broadcast(a[11]);
                    V.MultiplyAdd(ref c110, a11, b0);
                    V.MultiplyAdd(ref c111, a11, b1);
                }
                a += TRows.Count;
                b += 2 * V.Count;
            }
        }

        if (TRows.Count > 0)
            Store(c + 0 * (nint)stride, c00, c01);
        if (TRows.Count > 1)
            Store(c + 1 * (nint)stride, c10, c11);
        if (TRows.Count > 2)
            Store(c + 2 * (nint)stride, c20, c21);
        if (TRows.Count > 3)
            Store(c + 3 * (nint)stride, c30, c31);
        if (TRows.Count > 4)
            Store(c + 4 * (nint)stride, c40, c41);
        if (TRows.Count > 5)
            Store(c + 5 * (nint)stride, c50, c51);
        if (TRows.Count > 6)
            Store(c + 6 * (nint)stride, c60, c61);
        if (TRows.Count > 7)
            Store(c + 7 * (nint)stride, c70, c71);
        if (TRows.Count > 8)
            Store(c + 8 * (nint)stride, c80, c81);
        if (TRows.Count > 9)
            Store(c + 9 * (nint)stride, c90, c91);
        if (TRows.Count > 10)
            Store(c + 10 * (nint)stride, c100, c101);
        if (TRows.Count > 11)
            Store(c + 11 * (nint)stride, c110, c111);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<V>(float* source, out V first, out V second)
        where V : unmanaged, ILanes<V>
    {
        first = V.Load(source);
        second = V.Load(source + V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V>(float* destination, V first, V second)
        where V : unmanaged, ILanes<V>
    {
        V.Store(first, destination);
        V.Store(second, destination + V.Count);
    }

    private readonly struct Rows1 : IRows
    {
        public static int Count => 1;
    }

    private readonly struct Rows2 : IRows
    {
        public static int Count => 2;
    }

    private readonly struct Rows3 : IRows
    {
        public static int Count => 3;
    }

    private readonly struct Rows4 : IRows
    {
        public static int Count => 4;
    }

    private readonly struct Rows5 : IRows
    {
        public static int Count => 5;
    }

    private readonly struct Rows6 : IRows
    {
        public static int Count => 6;
    }

    private readonly struct Rows7 : IRows
    {
        public static int Count => 7;
    }

    private readonly struct Rows8 : IRows
    {
        public static int Count => 8;
    }

    private readonly struct Rows9 : IRows
    {
        public static int Count => 9;
    }

    private readonly struct Rows10 : IRows
    {
        public static int Count => 10;
    }

    private readonly struct Rows11 : IRows
    {
        public static int Count => 11;
    }

    private readonly struct Rows12 : IRows
    {
        public static int Count => 12;
    }
}
