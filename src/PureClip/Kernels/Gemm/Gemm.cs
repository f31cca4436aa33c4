using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>C = A·B for a left-hand side that changes and a right-hand side that was packed once, with an epilogue on the finished sums.</summary>
/// <remarks>
/// Goto and van de Geijn 2008, in the five-loop form of BLIS; loop names are those of the literature. Max error of an element:
/// K·2⁻²⁴ · Σ|a·b|, the bound of summing in order; typically √K·2⁻²⁴ of that sum.
/// </remarks>
internal static unsafe class Gemm
{
    // Below this many rows a worker, columns are split instead: each worker then packs all of A, but streams only its share of B.
    private const int LeastRowsOfAWorker = 96;

    /// <summary>Multiplies rows of A with the columns of some parts of B.</summary>
    /// <param name="a">[M, K]; M may be 0.</param>
    /// <param name="b">[K, N], packed for <typeparamref name="V"/>.</param>
    /// <param name="parts">Which parts of B; the columns of the product are counted from the first of them.</param>
    /// <param name="sums">[M, padded N]: partial sums between blocks of K; may be what the epilogue writes to.</param>
    /// <param name="epilogue">Takes the finished sums.</param>
    /// <param name="packedA">[workers, <see cref="GemmBlocking{V}.PackedAFloats"/>]: scratch.</param>
    /// <param name="pool">Who computes.</param>
    public static void Run<V, TEpilogue>(MatrixView a, PackedMatrix b, Range parts, MatrixView sums, TEpilogue epilogue, MatrixView packedA, WorkerPool pool)
        where V : unmanaged, ISimd<V>
        where TEpilogue : struct, IEpilogue
    {
        (int firstPart, int partCount) = parts.GetOffsetAndLength(b.Parts);
        int panels = partCount * b.PanelsPerPart;
        bool splitRows = a.Rows >= pool.Workers * LeastRowsOfAWorker;
        int workers = Math.Min(pool.Workers, splitRows ? a.Rows : panels);
        Body<V, TEpilogue> body = new()
        {
            A = a,
            B = b,
            Sums = sums,
            Epilogue = epilogue,
            PackedA = packedA,
            FirstPanel = firstPart * b.PanelsPerPart,
            Rows = new(a.Rows, splitRows ? workers : 1),
            Panels = new(panels, splitRows ? 1 : workers),
            SplitRows = splitRows,
        };
        pool.Run(workers, ref body);
    }

    /// <summary>All parts of B.</summary>
    public static void Run<V, TEpilogue>(MatrixView a, PackedMatrix b, MatrixView sums, TEpilogue epilogue, MatrixView packedA, WorkerPool pool)
        where V : unmanaged, ISimd<V>
        where TEpilogue : struct, IEpilogue =>
        Run<V, TEpilogue>(a, b, .., sums, epilogue, packedA, pool);

    private struct Body<V, TEpilogue> : IParallelBody
        where V : unmanaged, ISimd<V>
        where TEpilogue : struct, IEpilogue
    {
        public MatrixView A, Sums, PackedA;
        public PackedMatrix B;
        public TEpilogue Epilogue;
        public int FirstPanel;
        public RowPartition Rows, Panels;
        public bool SplitRows;

        public readonly void Invoke(int index, int worker)
        {
            int rowShare = SplitRows ? index : 0;
            int panelShare = SplitRows ? 0 : index;
            int firstRow = Rows.Start(rowShare), rows = Rows.Length(rowShare);
            RowPartition blocks = new(rows, Math.Max(1, (rows + GemmBlocking<V>.Mc - 1) / GemmBlocking<V>.Mc));
            for (int pc = 0; pc < B.Inputs; pc += GemmBlocking<V>.Kc)
                for (int ic = 0; blocks.Start(ic) < rows; ic++)
                    MultiplyBlock(firstRow + blocks.Start(ic), blocks.Length(ic), pc, panelShare, PackedA.Row(worker));
        }

        /// <summary>Rows ic … ic + rows of A times the panels of one share, for the products pc … pc + KC.</summary>
        private readonly void MultiplyBlock(int ic, int rows, int pc, int panelShare, float* packed)
        {
            int depth = Math.Min(GemmBlocking<V>.Kc, B.Inputs - pc);
            bool isFirst = pc == 0, isLast = pc + depth == B.Inputs;

            // Tiles of equal height: 50 rows in tiles of at most 6 are 5 x 6 + 4 x 5, not 8 x 6 and a poor one of 2.
            RowPartition tiles = new(rows, (rows + GemmBlocking<V>.Mr - 1) / GemmBlocking<V>.Mr);
            for (int ir = 0; tiles.Start(ir) < rows; ir++)
                PackA.Tile(A, ic + tiles.Start(ir), tiles.Length(ir), pc, depth, packed + tiles.Start(ir) * depth);

            // While a panel of B is multiplied, the next one is on its way: each tile asks for its share of it.
            RowPartition prefetches = new(depth * B.Nr / Prefetch.LineFloats, (rows + GemmBlocking<V>.Mr - 1) / GemmBlocking<V>.Mr);
            int lastPanel = Panels.Start(panelShare) + Panels.Length(panelShare);
            for (int jr = Panels.Start(panelShare); jr < lastPanel; jr++)
            {
                float* panel = B.Panel(pc, FirstPanel + jr), next = panel + depth * B.Nr; // panels lie behind one another
                for (int ir = 0; tiles.Start(ir) < rows; ir++)
                {
                    int row = ic + tiles.Start(ir), height = tiles.Length(ir), column = jr * B.Nr;
                    Prefetch.ToSecondLevel(next + prefetches.Start(ir) * Prefetch.LineFloats, prefetches.Length(ir));
                    Microkernel.Run<V>(height, depth, packed + tiles.Start(ir) * depth, panel, Sums.Row(row) + column, Sums.Stride, !isFirst);
                    if (isLast)
                        Finish(row, height, column);
                }
            }
        }

        private readonly void Finish(int row, int height, int column)
        {
            for (int r = row; r < row + height; r++)
            {
                float* sums = Sums.Row(r) + column;
                Epilogue.Take(V.Load(sums), r, column);
                Epilogue.Take(V.Load(sums + V.Count), r, column + V.Count);
            }
        }
    }
}
