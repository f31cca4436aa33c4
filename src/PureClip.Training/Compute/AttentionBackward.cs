using System.Runtime.CompilerServices;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>Backward of O = P·V with P = softmax(Q·Kᵀ/√d), for each head of each sequence.</summary>
/// <remarks>
/// dV = Pᵀ·dO; dP = dO·Vᵀ; δ = Σ_j P ⊙ dP, one number a row; dS = P ⊙ (dP − δ)/√d; dQ = dS·K; dK = dSᵀ·Q. P is computed again, so that
/// nothing of size tokens² is kept. A head of a sequence is one task: no sum crosses threads. Scores of keys that a query does not see are
/// zero in P, and with that in dS.
/// </remarks>
internal static unsafe class AttentionBackward
{
    /// <param name="q">[query rows, width]</param>
    /// <param name="k">[rows, width]</param>
    /// <param name="v">[rows, width]</param>
    /// <param name="dOut">[query rows, width]: the loss's gradient by O.</param>
    /// <param name="queryStarts">[sequences + 1]: first query of each sequence, and the one after the last.</param>
    /// <param name="keyStarts">[sequences + 1]: first key of each sequence, and the one after the last.</param>
    /// <param name="heads">Heads; the width is a multiple of it.</param>
    /// <param name="causal">Whether a query sees only the keys up to its own position; then there are as many queries as keys.</param>
    /// <param name="dq">[query rows, width]: receives the gradient.</param>
    /// <param name="dk">[rows, width]</param>
    /// <param name="dv">[rows, width]</param>
    /// <param name="scratch">[workers, <see cref="ScratchFloats{V}"/>]</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="blindEnd">Whether the last query of each sequence does not see the last key, which then is not the only one.</param>
    public static void Run<V>(
        MatrixView q, MatrixView k, MatrixView v, MatrixView dOut, ReadOnlySpan<int> queryStarts, ReadOnlySpan<int> keyStarts, int heads,
        bool causal, MatrixView dq, MatrixView dk, MatrixView dv, MatrixView scratch, WorkerPool pool, bool blindEnd = false)
        where V : unmanaged, ISimd<V>
    {
        fixed (int* queries = queryStarts, keys = keyStarts)
        {
            Body<V> body = new()
            {
                Q = q,
                K = k,
                V_ = v,
                DOut = dOut,
                DQ = dq,
                DK = dk,
                DV = dv,
                QueryStarts = queries,
                KeyStarts = keys,
                Heads = heads,
                HeadWidth = k.Columns / heads,
                Causal = causal,
                BlindEnd = blindEnd,
                Scratch = scratch,
            };
            pool.Run((keyStarts.Length - 1) * heads, ref body);
        }
    }

    /// <summary>Floats of scratch that one worker needs for sequences of so many queries and keys.</summary>
    public static int ScratchFloats<V>(int queries, int keys, int headWidth)
        where V : unmanaged, ISimd<V> =>
        new Layout<V>(queries, keys, headWidth).Total;

    /// <summary>Where the pieces of one worker's scratch start.</summary>
    private readonly struct Layout<V>(int queries, int keys, int headWidth)
        where V : unmanaged, ISimd<V>
    {
        public readonly int PaddedKeys = RoundUp(keys), PaddedHead = RoundUp(headWidth);

        public int KeysTransposed => 0;                                             // [panels of keys][head width][NR]

        public int ValuesTransposed => KeysTransposed + headWidth * PaddedKeys;     // [panels of keys][head width][NR]

        public int Keys => ValuesTransposed + headWidth * PaddedKeys;               // [panels of head width][keys][NR]

        public int Queries => Keys + keys * PaddedHead;                             // [panels of head width][queries][NR]

        public int DOut => Queries + queries * PaddedHead;                          // [panels of head width][queries][NR]

        public int P => DOut + queries * PaddedHead;                                // [queries][padded keys]

        public int DS => P + queries * PaddedKeys;                                  // [queries][padded keys]

        public int Mixed => DS + queries * PaddedKeys;                              // [MR][padded head width]

        public int Tile => Mixed + GemmBlocking<V>.Mr * PaddedHead;                 // [depth][MR]

        public int Total => Tile + Math.Max(headWidth, Math.Max(queries, keys)) * GemmBlocking<V>.Mr + V.Count;

        private static int RoundUp(int columns) => (columns + GemmBlocking<V>.Nr - 1) / GemmBlocking<V>.Nr * GemmBlocking<V>.Nr;
    }

    private struct Body<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView Q, K, V_, DOut, DQ, DK, DV, Scratch;
        public int* QueryStarts, KeyStarts;
        public int Heads, HeadWidth;
        public bool Causal, BlindEnd;

        /// <summary>One head of one sequence.</summary>
        public readonly void Invoke(int index, int worker)
        {
            int sequence = index / Heads, column = index % Heads * HeadWidth;
            int queries = QueryStarts[sequence + 1] - QueryStarts[sequence], keys = KeyStarts[sequence + 1] - KeyStarts[sequence];
            MatrixView q = Head(Q, QueryStarts[sequence], queries, column), dOut = Head(DOut, QueryStarts[sequence], queries, column);
            MatrixView k = Head(K, KeyStarts[sequence], keys, column), v = Head(V_, KeyStarts[sequence], keys, column);
            Layout<V> at = new(queries, keys, HeadWidth);
            float* scratch = Scratch.Row(worker);
            PackTransposed(k, scratch + at.KeysTransposed);
            PackTransposed(v, scratch + at.ValuesTransposed);
            Pack(k, scratch + at.Keys);
            Pack(q, scratch + at.Queries);
            Pack(dOut, scratch + at.DOut);

            RowPartition tiles = Tiles(queries);
            for (int tile = 0; tiles.Start(tile) < queries; tile++)
                QueryTile(
                    q, dOut, tiles.Start(tile), tiles.Length(tile), keys, Head(DQ, QueryStarts[sequence], queries, column), scratch, at);

            // Causal tiles of keys are those of queries: what a tile's rows have beyond the keys that they see has been set to zero.
            tiles = Tiles(keys);
            for (int tile = 0; tiles.Start(tile) < keys; tile++)
            {
                int first = tiles.Start(tile), rows = tiles.Length(tile), firstQuery = Causal ? first : 0;
                Gather(scratch + at.P, firstQuery, queries, first, rows, scratch + at.DOut, Head(DV, KeyStarts[sequence], keys, column),
                    scratch, at);
                Gather(scratch + at.DS, firstQuery, queries, first, rows, scratch + at.Queries, Head(DK, KeyStarts[sequence], keys, column),
                    scratch, at);
            }
        }

        private readonly MatrixView Head(MatrixView rows, int first, int count, int column) =>
            rows.Range(first, count).ColumnRange(column, HeadWidth);

        private static RowPartition Tiles(int rows) => new(rows, (rows + GemmBlocking<V>.Mr - 1) / GemmBlocking<V>.Mr);

        /// <summary>P and dS of some queries, and their dQ.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void QueryTile(
            MatrixView q, MatrixView dOut, int position, int rows, int keys, MatrixView dq, float* scratch, Layout<V> at)
        {
            int visible = Causal ? position + rows : keys; // keys that any row of the tile sees
            int nr = GemmBlocking<V>.Nr, stride = at.PaddedKeys;
            float scale = 1f / MathF.Sqrt(HeadWidth);
            float* p = scratch + at.P + position * stride, ds = scratch + at.DS + position * stride, tile = scratch + at.Tile,
                mixed = scratch + at.Mixed;

            // p = softmax((q / √d) · kᵀ)
            Transpose.Run(q.Row(position), q.Stride, rows, HeadWidth, tile, rows);
            for (int i = 0; i < rows * HeadWidth; i++)
                tile[i] *= scale;
            for (int key = 0; key < visible; key += nr)
                Microkernel.Run<V>(
                    rows, HeadWidth, tile, scratch + at.KeysTransposed + key * HeadWidth, p + key, stride, accumulate: false,
                    LinesAhead.None(scratch));
            for (int r = 0; r < rows; r++)
            {
                int seen = Causal ? position + r + 1 : keys;
                if (BlindEnd && position + r == q.Rows - 1)
                    seen = keys - 1;
                RowSoftmax.Run<V>(p + r * stride, seen);
                new Span<float>(p + r * stride + seen, (visible + nr - 1) / nr * nr - seen).Clear();
            }

            // ds = p ⊙ (dO · vᵀ − δ) / √d
            Transpose.Run(dOut.Row(position), dOut.Stride, rows, HeadWidth, tile, rows);
            for (int key = 0; key < visible; key += nr)
                Microkernel.Run<V>(
                    rows, HeadWidth, tile, scratch + at.ValuesTransposed + key * HeadWidth, ds + key, stride, accumulate: false,
                    LinesAhead.None(scratch));
            for (int r = 0; r < rows; r++)
                ScoreGradients(p + r * stride, ds + r * stride, visible, scale);

            // dq = ds · k
            Transpose.Run(ds, stride, rows, visible, tile, rows);
            for (int c = 0; c < HeadWidth; c += nr)
                Microkernel.Run<V>(
                    rows, visible, tile, scratch + at.Keys + c * keys, mixed + c, at.PaddedHead, accumulate: false,
                    LinesAhead.None(scratch));
            CopyOut(mixed, at.PaddedHead, dq.Range(position, rows));
        }

        /// <summary>to[first … first + rows] = weightsᵀ · panels, over the queries from a first one on.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Gather(
            float* weights, int firstQuery, int queries, int first, int rows, float* panels, MatrixView to, float* scratch, Layout<V> at)
        {
            int nr = GemmBlocking<V>.Nr, depth = queries - firstQuery;
            float* tile = scratch + at.Tile, mixed = scratch + at.Mixed;
            WeightGradient.CopyTile<V>(new(weights + firstQuery * at.PaddedKeys, depth, at.PaddedKeys, at.PaddedKeys), first, rows, tile);
            for (int c = 0; c < HeadWidth; c += nr)
                Microkernel.Run<V>(
                    rows, depth, tile, panels + c * queries + firstQuery * nr, mixed + c, at.PaddedHead, accumulate: false,
                    LinesAhead.None(scratch));
            CopyOut(mixed, at.PaddedHead, to.Range(first, rows));
        }

        private static void CopyOut(float* mixed, int stride, MatrixView to)
        {
            for (int r = 0; r < to.Rows; r++)
                new ReadOnlySpan<float>(mixed + r * stride, to.Columns).CopyTo(to.RowSpan(r));
        }

        /// <summary>ds ← p ⊙ (ds − Σ p ⊙ ds) · scale over a row; behind what is seen p is zero up to the end of the panel.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void ScoreGradients(float* p, float* ds, int visible, float scale)
        {
            V sums = V.Zero;
            for (int key = 0; key < visible; key += V.Count)
                V.MultiplyAdd(ref sums, V.Load(p + key), V.Load(ds + key));
            V delta = V.Broadcast(V.Sum(sums)), scales = V.Broadcast(scale);
            for (int key = 0; key < visible; key += V.Count)
                V.Store(V.Load(p + key) * (V.Load(ds + key) - delta) * scales, ds + key);
        }

        /// <summary>Panels of NR rows, transposed: rows are the columns of the product. Missing rows of the last panel are zero.</summary>
        private static void PackTransposed(MatrixView rows, float* packed)
        {
            int nr = GemmBlocking<V>.Nr;
            for (int first = 0; first < rows.Rows; first += nr, packed += nr * rows.Columns)
            {
                int count = Math.Min(nr, rows.Rows - first);
                if (count < nr)
                    new Span<float>(packed, nr * rows.Columns).Clear();
                Transpose.Run(rows.Row(first), rows.Stride, count, rows.Columns, packed, nr);
            }
        }

        /// <summary>Panels of NR columns, row by row.</summary>
        private static void Pack(MatrixView rows, float* packed)
        {
            int nr = GemmBlocking<V>.Nr;
            for (int column = 0; column < rows.Columns; column += nr, packed += nr * rows.Rows)
                WeightGradient.CopyPanel<V>(rows.ColumnRange(column, Math.Min(nr, rows.Columns - column)), packed);
        }
    }
}
