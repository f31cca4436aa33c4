using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Search;

/// <summary>
/// Compares a query with every row: exact, and as fast as the rows can be read from memory. Threads take stretches of rows and keep the best
/// of what they saw; a row's score does not depend on who computes it, so the answer does not depend on the number of threads.
/// </summary>
internal static unsafe class VectorScan
{
    // A stretch takes some 50 µs to read: long against taking the next one, short against a whole scan.
    private const int BytesAtATime = 1 << 20;

    // The processor's own prefetching stops at the end of a page. Halves were read at 65 % of the memory's speed without this, at 85 to 94 %
    // with it; 2 to 8 KiB are alike.
    private const int BytesAhead = 4096;

    /// <summary>The best rows, best first; equal scores in the order of their rows.</summary>
    /// <param name="rows">What is searched.</param>
    /// <param name="query">[width], finite, below 2¹⁵.</param>
    /// <param name="limits">How many, and which.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="tier">The vectors.</param>
    /// <param name="cancellationToken">Checked before each stretch of rows.</param>
    public static ScoredRow[] Best(
        VectorMatrix rows, ReadOnlySpan<float> query, ScanLimits limits, WorkerPool pool, SimdTier tier, CancellationToken cancellationToken = default)
    {
        int capacity = (int)Math.Min(limits.Top, rows.Count);
        if (capacity == 0)
            return [];
        TopRows[] best = new TopRows[pool.Workers];
        for (int i = 0; i < best.Length; i++)
            best[i] = new(capacity, limits.MinimumScore);
        Scan scan = new() { Rows = rows, Query = query, Among = limits.Among, Best = best, Pool = pool, Cancellation = cancellationToken };
        RowDispatch<Scan> dispatch = new(rows.Type, scan);
        tier.Dispatch(ref dispatch);
        foreach (TopRows other in best.AsSpan(1))
            best[0].Merge(other);
        return best[0].ToSorted();
    }

    /// <summary>The scores of single rows.</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="query">As in <see cref="Best"/>.</param>
    /// <param name="scored">Rows whose scores are replaced.</param>
    /// <param name="tier">The vectors.</param>
    public static void Rescore(VectorMatrix rows, ReadOnlySpan<float> query, Span<ScoredRow> scored, SimdTier tier)
    {
        RowDispatch<Rescoring> dispatch = new(rows.Type, new() { Rows = rows, Query = query, Scored = scored });
        tier.Dispatch(ref dispatch);
    }

    private ref struct Scan : IRowAction
    {
        public VectorMatrix Rows;
        public ReadOnlySpan<float> Query;
        public RowSet Among;
        public TopRows[] Best;
        public WorkerPool Pool;
        public CancellationToken Cancellation;

        public readonly void Invoke<V, TProduct>()
            where V : unmanaged, ISimd<V>
            where TProduct : IRowProduct
        {
            using AlignedBuffer prepared = new(TProduct.PreparedLength(Rows.Width));
            TProduct.Prepare<V>(Query, prepared.Pointer);
            int rowsAtATime = Math.Max(1, BytesAtATime / Rows.RowBytes);
            Stretch<V, TProduct> stretch = new()
            {
                Rows = Rows,
                Prepared = prepared.Pointer,
                Among = Among,
                Best = Best,
                RowsAtATime = rowsAtATime,
                Cancellation = Cancellation,
            };
            Pool.Run(checked((int)((Rows.Count + rowsAtATime - 1) / rowsAtATime)), ref stretch);
        }
    }

    private struct Stretch<V, TProduct> : IParallelBody
        where V : unmanaged, ISimd<V>
        where TProduct : IRowProduct
    {
        public VectorMatrix Rows;
        public float* Prepared;
        public RowSet Among;
        public TopRows[] Best;
        public int RowsAtATime;
        public CancellationToken Cancellation;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Invoke(int index, int worker)
        {
            Cancellation.ThrowIfCancellationRequested();
            TopRows best = Best[worker];
            float* prepared = Prepared;
            int width = Rows.Width, rowBytes = Rows.RowBytes;
            long first = (long)index * RowsAtATime, end = Math.Min(first + RowsAtATime, Rows.Count);
            byte* row = Rows.Rows + first * rowBytes;
            for (long i = first; i < end; i++, row += rowBytes)
            {
                Prefetch.ToSecondLevel(row + BytesAhead, rowBytes / AlignedBuffer.Alignment);
                if (Among.Contains(i))
                    best.Offer(i, TProduct.Of<V>(prepared, row, width));
            }
        }
    }

    private ref struct Rescoring : IRowAction
    {
        public VectorMatrix Rows;
        public ReadOnlySpan<float> Query;
        public Span<ScoredRow> Scored;

        public readonly void Invoke<V, TProduct>()
            where V : unmanaged, ISimd<V>
            where TProduct : IRowProduct
        {
            using AlignedBuffer prepared = new(TProduct.PreparedLength(Rows.Width));
            TProduct.Prepare<V>(Query, prepared.Pointer);
            foreach (ref ScoredRow row in Scored)
                row = row with { Score = TProduct.Of<V>(prepared.Pointer, Rows.Rows + row.Row * Rows.RowBytes, Rows.Width) };
        }
    }
}
