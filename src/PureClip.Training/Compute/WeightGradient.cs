using System.Runtime.CompilerServices;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>dW += dYᵀ · X: the product whose sums run over the rows of a batch.</summary>
/// <remarks>
/// The loops are those of <see cref="Gemm"/>; both operands lie as the microkernel wants them but for their strides, so that packing only
/// copies. Every element of dW is one chain of fused steps in the order of rows, begun by what it held before: the same bits for any number
/// of threads and however the rows are cut into calls.
/// </remarks>
internal static unsafe class WeightGradient
{
    // Tiles that share a panel of X while it is in the first-level cache; their rows of dY stay in the second.
    private const int TilesOfAStrip = 8;

    /// <summary>Floats of scratch that one worker needs.</summary>
    public static int ScratchFloats<V>()
        where V : unmanaged, ISimd<V> =>
        StripFloats<V>() + GemmBlocking<V>.Mr * GemmBlocking<V>.Nr;

    /// <summary>Floats that all workers share while they multiply by a matrix of so many columns.</summary>
    public static long PanelFloats<V>(int columns)
        where V : unmanaged, ISimd<V> =>
        (long)Panels<V>(columns) * GemmBlocking<V>.Nr * GemmBlocking<V>.Kc;

    /// <summary>Adds the product of some rows.</summary>
    /// <param name="dy">[rows, outputs]: the loss's gradient by Y.</param>
    /// <param name="x">[rows, inputs]</param>
    /// <param name="dw">[outputs, inputs]: any stride, nothing beside the columns is touched.</param>
    /// <param name="panels">[<see cref="PanelFloats{V}"/> of the inputs]</param>
    /// <param name="scratch">[workers, <see cref="ScratchFloats{V}"/>]</param>
    /// <param name="pool">Who computes.</param>
    public static void Run<V>(MatrixView dy, MatrixView x, MatrixView dw, float* panels, MatrixView scratch, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int tiles = (dw.Rows + GemmBlocking<V>.Mr - 1) / GemmBlocking<V>.Mr;
        int perStrip = Math.Clamp(tiles / pool.Workers, 1, TilesOfAStrip);
        int strips = (tiles + perStrip - 1) / perStrip;
        RowPartition blocks = new(dy.Rows, (dy.Rows + GemmBlocking<V>.Kc - 1) / GemmBlocking<V>.Kc);
        for (int block = 0; block * GemmBlocking<V>.Kc < dy.Rows; block++)
        {
            int first = blocks.Start(block), depth = blocks.Length(block);
            Pack<V> pack = new() { X = x.Range(first, depth), Panels = panels };
            pool.Run(Panels<V>(x.Columns), ref pack);
            Multiply<V> multiply = new()
            {
                DY = dy.Range(first, depth),
                DW = dw,
                Panels = panels,
                Scratch = scratch,
                Tiles = new(dw.Rows, tiles),
                Strips = new(tiles, strips),
            };
            pool.Run(strips, ref multiply);
        }
    }

    private static int Panels<V>(int columns)
        where V : unmanaged, ISimd<V> =>
        (columns + GemmBlocking<V>.Nr - 1) / GemmBlocking<V>.Nr;

    // Tiles are packed by whole vectors, which may reach over the end of the last one.
    private static int StripFloats<V>()
        where V : unmanaged, ISimd<V> =>
        TilesOfAStrip * GemmBlocking<V>.Mr * GemmBlocking<V>.Kc + V.Count;

    /// <summary>One panel of X: two vectors of each row behind one another. Missing columns of the last panel are zero.</summary>
    private struct Pack<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X;
        public float* Panels;

        public readonly void Invoke(int index, int worker)
        {
            int nr = GemmBlocking<V>.Nr, column = index * nr, columns = Math.Min(nr, X.Columns - column);
            CopyPanel<V>(X.ColumnRange(column, columns), Panels + (long)index * nr * X.Rows);
        }
    }

    /// <summary>Some tiles of dW, all columns of them.</summary>
    private struct Multiply<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView DY, DW, Scratch;
        public float* Panels;
        public RowPartition Tiles, Strips;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Invoke(int index, int worker)
        {
            int nr = GemmBlocking<V>.Nr, depth = DY.Rows;
            int firstTile = Strips.Start(index), lastTile = firstTile + Strips.Length(index);
            float* packed = Scratch.Row(worker), edge = packed + StripFloats<V>();
            int firstRow = Tiles.Start(firstTile);
            for (int tile = firstTile; tile < lastTile; tile++)
                CopyTile<V>(DY, Tiles.Start(tile), Tiles.Length(tile), packed + (Tiles.Start(tile) - firstRow) * depth);

            for (int column = 0; column < DW.Columns; column += nr)
            {
                float* panel = Panels + (long)column * depth;
                int columns = Math.Min(nr, DW.Columns - column);
                for (int tile = firstTile; tile < lastTile; tile++)
                {
                    int row = Tiles.Start(tile), rows = Tiles.Length(tile);
                    float* a = packed + (row - firstRow) * depth;
                    if (columns == nr)
                        Microkernel.Run<V>(rows, depth, a, panel, DW.Row(row) + column, DW.Stride, accumulate: true, LinesAhead.None(a));
                    else
                        MultiplyEdge(rows, depth, a, panel, DW.Range(row, rows).ColumnRange(column, columns), edge);
                }
            }
        }

        /// <summary>A tile that is wider than what is left of dW goes there by way of scratch.</summary>
        private static void MultiplyEdge(int rows, int depth, float* a, float* panel, MatrixView dw, float* edge)
        {
            int nr = GemmBlocking<V>.Nr;
            for (int r = 0; r < rows; r++)
            {
                dw.RowSpan(r).CopyTo(new(edge + r * nr, nr));
                new Span<float>(edge + r * nr + dw.Columns, nr - dw.Columns).Clear();
            }
            Microkernel.Run<V>(rows, depth, a, panel, edge, nr, accumulate: true, LinesAhead.None(a));
            for (int r = 0; r < rows; r++)
                new ReadOnlySpan<float>(edge + r * nr, dw.Columns).CopyTo(dw.RowSpan(r));
        }
    }

    /// <summary>packed[row, c] = x[row, c], two vectors a row, zero where x has fewer columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyPanel<V>(MatrixView x, float* packed)
        where V : unmanaged, ISimd<V>
    {
        int nr = GemmBlocking<V>.Nr;
        float* from = x.Data;
        if (x.Columns == nr)
        {
            for (int row = 0; row < x.Rows; row++, from += x.Stride, packed += nr)
            {
                V.Store(V.Load(from), packed);
                V.Store(V.Load(from + V.Count), packed + V.Count);
            }
            return;
        }
        for (int row = 0; row < x.Rows; row++, from += x.Stride, packed += nr)
            for (int c = 0; c < nr; c++)
                packed[c] = c < x.Columns ? from[c] : 0f;
    }

    /// <summary>
    /// packed[row, c] = x[row, column + c] for the columns of one tile, by whole vectors: reads over the end of a row into its padding, and
    /// writes over the end of a tile what the next row, or the next tile, replaces.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyTile<V>(MatrixView x, int column, int columns, float* packed)
        where V : unmanaged, ISimd<V>
    {
        float* from = x.Data + column;
        for (int row = 0; row < x.Rows; row++, from += x.Stride, packed += columns)
            for (int c = 0; c < columns; c += V.Count)
                V.Store(V.Load(from + c), packed + c);
    }
}
