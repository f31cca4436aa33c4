using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>
/// C = A·B for a left-hand side that changes and a right-hand side that was packed once, with an epilogue on the finished sums.
/// </summary>
/// <remarks>
/// Goto and van de Geijn 2008, in the five-loop form of BLIS; loop names are those of the literature. Max error of an element:
/// K·2⁻²⁴ · Σ|a·b|, the bound of summing in order; typically √K·2⁻²⁴ of that sum. With <see cref="WeightType.Int8"/> both operands are
/// rounded first.
/// </remarks>
internal static unsafe class Gemm
{
    // Below this many rows a worker, columns are split instead: each worker then packs all of A, but streams only its share of B.
    private const int LeastRowsOfAWorker = 96;

    // Rows of a part, where there are more: each part streams all of B.
    private const int RowsOfAPart = 180;

    // Sums that are farther away than the second level when the next block of K comes to them.
    private const long FarSums = 8 << 20;

    /// <summary>Multiplies rows of A with the columns of some parts of B.</summary>
    /// <param name="a">[M, K]; M may be 0.</param>
    /// <param name="b">[K, N], packed for <typeparamref name="V"/>.</param>
    /// <param name="parts">Which parts of B; the columns of the product are counted from the first of them.</param>
    /// <param name="sums">[M, padded N]: partial sums between blocks of K; may be what the epilogue writes to.</param>
    /// <param name="epilogue">Takes the finished sums.</param>
    /// <param name="scratch">[workers, <see cref="GemmScratch{V}.Floats"/>]</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="window">For a convolution: which rows of A each row of the product is made of; default for its own.</param>
    public static void Run<V, TEpilogue>(
        MatrixView a, PackedMatrix b, Range parts, MatrixView sums, TEpilogue epilogue, MatrixView scratch, WorkerPool pool,
        Window window = default)
        where V : unmanaged, ISimd<V>
        where TEpilogue : struct, IEpilogue
    {
        Product<V, TEpilogue> product = new()
        {
            A = a,
            B = b,
            Parts = parts,
            Sums = sums,
            Epilogue = epilogue,
            Scratch = scratch,
            Pool = pool,
            Window = window,
        };
        switch (b.Layout.Type)
        {
            case WeightType.F32: product.Run<F32Weights<V>>(); break;
            case WeightType.BF16: product.Run<WidenedWeights<V, WidenBFloat16>>(); break;
            case WeightType.F16: product.Run<WidenedWeights<V, WidenHalf>>(); break;
            default: IntegerTier.Dispatch<V, Product<V, TEpilogue>>(ref product); break;
        }
    }

    /// <summary>All parts of B.</summary>
    public static void Run<V, TEpilogue>(
        MatrixView a, PackedMatrix b, MatrixView sums, TEpilogue epilogue, MatrixView scratch, WorkerPool pool)
        where V : unmanaged, ISimd<V>
        where TEpilogue : struct, IEpilogue =>
        Run<V, TEpilogue>(a, b, .., sums, epilogue, scratch, pool);

    /// <summary>A product whose operands are known, and how its weights are multiplied not yet.</summary>
    internal struct Product<V, TEpilogue> : IIntegerAction
        where V : unmanaged, ISimd<V>
        where TEpilogue : struct, IEpilogue
    {
        public MatrixView A, Sums, Scratch;
        public PackedMatrix B;
        public Range Parts;
        public TEpilogue Epilogue;
        public WorkerPool Pool;
        public Window Window;

        void IIntegerAction.InvokeIntegers<TVector, I>() => Run<IntegerWeights<V, I>>();

        /// <summary>Shares the product out over the pool.</summary>
        public readonly void Run<TWeights>()
            where TWeights : struct, IWeightKernel<V>
        {
            (int firstPart, int partCount) = Parts.GetOffsetAndLength(B.Parts);
            int panels = partCount * B.PanelsPerPart, rows = Window.IsNone ? A.Rows : Sums.Rows;
            bool splitRows = Pool.Workers > 1 && rows >= Pool.Workers * LeastRowsOfAWorker;
            // Rows come in several parts a worker: whoever is done takes another, so that nobody waits for a core that others slow down.
            // Columns do not: each part would pack all of A once more.
            int parts = splitRows ? Math.Max(1, rows / (Pool.Workers * RowsOfAPart)) * Pool.Workers : Math.Min(panels, Pool.Workers);
            Body<V, TEpilogue, TWeights> body = new()
            {
                A = A,
                B = B,
                Sums = Sums,
                Epilogue = Epilogue,
                Scratch = Scratch,
                FirstPanel = firstPart * B.PanelsPerPart,
                Rows = new(rows, splitRows ? parts : 1),
                Panels = new(panels, splitRows ? 1 : parts),
                SplitRows = splitRows,
                Window = Window,
            };
            Pool.Run(parts, ref body);
        }
    }

    private struct Body<V, TEpilogue, TWeights> : IParallelBody
        where V : unmanaged, ISimd<V>
        where TEpilogue : struct, IEpilogue
        where TWeights : struct, IWeightKernel<V>
    {
        public MatrixView A, Sums, Scratch;
        public PackedMatrix B;
        public TEpilogue Epilogue;
        public int FirstPanel;
        public RowPartition Rows, Panels;
        public bool SplitRows;
        public Window Window;

        public readonly void Invoke(int index, int worker)
        {
            int rowShare = SplitRows ? index : 0;
            int panelShare = SplitRows ? 0 : index;
            int firstRow = Rows.Start(rowShare), rows = Rows.Length(rowShare);
            int mc = GemmScratch<V>.BlockFloats / TWeights.Steps(TWeights.Kc);
            RowPartition blocks = new(rows, Math.Max(1, (rows + mc - 1) / mc));
            for (int pc = 0; pc < B.Inputs; pc += TWeights.Kc)
                for (int ic = 0; blocks.Start(ic) < rows; ic++)
                    MultiplyBlock(firstRow + blocks.Start(ic), blocks.Length(ic), pc, panelShare, new(Scratch.Row(worker)));
        }

        /// <summary>Rows ic … ic + rows of A times the panels of one share, for the products pc … pc + KC.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void MultiplyBlock(int ic, int rows, int pc, int panelShare, GemmScratch<V> scratch)
        {
            int depth = Math.Min(TWeights.Kc, B.Inputs - pc), steps = TWeights.Steps(depth);
            bool isLast = pc + depth == B.Inputs;

            // Tiles of equal height: 50 rows in tiles of at most 6 are 5 x 6 + 4 x 5, not 8 x 6 and a poor one of 2.
            int tileCount = (rows + TWeights.Mr - 1) / TWeights.Mr;
            RowPartition tiles = new(rows, tileCount);
            for (int ir = 0; tiles.Start(ir) < rows; ir++)
            {
                int first = tiles.Start(ir);
                MatrixView a = A;
                int row = ic + first, column = pc;
                if (!Window.IsNone)
                {
                    WindowTile.Gather(A, Window, row, tiles.Length(ir), pc, depth, scratch.Seen);
                    (a, row, column) = (new(scratch.Seen, tiles.Length(ir), depth, depth), 0, 0);
                }
                TWeights.PackTile(
                    a, row, tiles.Length(ir), column, depth, scratch.PackedA + first * steps, scratch.RowScales + first, scratch);
            }

            bool isFar = pc > 0 && (long)Sums.Rows * Sums.Stride * sizeof(float) > FarSums;

            // While a panel of B is multiplied, the next one is on its way: each tile asks for its share of it.
            int panelBytes = B.PanelBytes(pc);
            RowPartition shares = new(panelBytes / Prefetch.LineBytes, tileCount);
            int lastPanel = Panels.Start(panelShare) + Panels.Length(panelShare);
            for (int jr = Panels.Start(panelShare); jr < lastPanel; jr++)
            {
                byte* next = B.Panel(pc, FirstPanel + jr) + panelBytes; // panels lie behind one another
                GemmPanel panel = TWeights.Unpack(B, pc, FirstPanel + jr, depth, scratch);
                int column = jr * TWeights.Nr;
                for (int ir = 0; tiles.Start(ir) < rows; ir++)
                {
                    int first = tiles.Start(ir);
                    GemmTile tile = new()
                    {
                        Steps = steps,
                        Rows = tiles.Length(ir),
                        Sums = Sums.Row(ic + first) + column,
                        Stride = Sums.Stride,
                        Accumulate = pc > 0,
                        Ahead = LinesAhead.Of(next + shares.Start(ir) * Prefetch.LineBytes, shares.Length(ir), steps),
                    };
                    if (isLast)
                        for (int r = 0; r < tile.Rows; r++)
                            Epilogue.Prefetch(ic + first + r, column);
                    if (isFar && ir + 1 < tileCount)
                        AskForSums(ic + tiles.Start(ir + 1), tiles.Length(ir + 1), column);
                    TWeights.Multiply(tile, scratch.PackedA + first * steps, scratch.RowScales + first, panel, scratch);
                    if (isLast)
                        Finish(ic + first, tile.Rows, column);
                }
            }
        }

        /// <summary>The sums of the next tile are on their way while this one is multiplied.</summary>
        private readonly void AskForSums(int row, int height, int column)
        {
            for (int r = row; r < row + height; r++)
                for (int c = column; c < column + TWeights.Nr; c += Prefetch.LineBytes / sizeof(float))
                    Prefetch.ToFirstLevel(Sums.Row(r) + c);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Finish(int row, int height, int column)
        {
            for (int r = row; r < row + height; r++)
                for (int c = column; c < column + TWeights.Nr; c += V.Count)
                    Epilogue.Take(V.Load(Sums.Row(r) + c), r, c);
        }
    }
}
