using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Scan;

/// <summary>
/// The scans over stored rows, with vectors of one width: a query against every row, and blocks of rows against blocks. Exact, and as fast
/// as the rows can be read from memory.
/// </summary>
internal abstract unsafe class VectorScan
{
    /// <summary>The scans with the vectors of a tier.</summary>
    public static VectorScan Of(SimdTier tier)
    {
        Maker maker = default;
        tier.Dispatch(ref maker);
        return maker.Made!;
    }

    /// <summary>
    /// The best rows, best first; equal scores in the order of their rows. Threads take stretches of rows and keep the best of what they
    /// saw; a row's score does not depend on who computes it, so the answer does not depend on the number of threads.
    /// </summary>
    /// <param name="rows">What is searched.</param>
    /// <param name="query">[width], finite, below 2¹⁵.</param>
    /// <param name="limits">How many, and which.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="cancellationToken">Checked before each stretch of rows.</param>
    public ScoredRow[] Best(
        VectorRows rows, ReadOnlySpan<float> query, ScanLimits limits, WorkerPool pool, CancellationToken cancellationToken = default)
    {
        TopRows[] best = OfWorkers(pool, rows.Count, limits);
        if (best.Length > 0)
            Scan(rows, query, limits.Among, best, pool, cancellationToken);
        return Merged(best);
    }

    /// <summary>As <see cref="Best"/>, of rows that lie anywhere and are listed.</summary>
    /// <param name="rows">What is searched.</param>
    /// <param name="query">[width], finite, below 2¹⁵.</param>
    /// <param name="list">Which rows, each once.</param>
    /// <param name="limits">How many, and which of them.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="cancellationToken">Checked before each stretch of the list.</param>
    public ScoredRow[] BestOf(
        VectorRows rows, ReadOnlySpan<float> query, ReadOnlyMemory<int> list, ScanLimits limits, WorkerPool pool,
        CancellationToken cancellationToken = default)
    {
        TopRows[] best = OfWorkers(pool, list.Length, limits);
        if (best.Length > 0)
            ScanList(rows, query, list, limits.Among, best, pool, cancellationToken);
        return Merged(best);
    }

    /// <summary>The scores of single rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="query">As in <see cref="Best"/>.</param>
    /// <param name="scored">Rows whose scores are replaced.</param>
    public abstract void Rescore(VectorRows rows, ReadOnlySpan<float> query, Span<ScoredRow> scored);

    /// <summary>products[i, j] = a[i] · b[j]; see <see cref="BlockProduct"/>.</summary>
    public abstract void Products(VectorBlock a, VectorBlock b, float* products, int stride);

    protected abstract void Scan(
        VectorRows rows, ReadOnlySpan<float> query, RowSet among, TopRows[] best, WorkerPool pool, CancellationToken cancellationToken);

    protected abstract void ScanList(
        VectorRows rows, ReadOnlySpan<float> query, ReadOnlyMemory<int> list, RowSet among, TopRows[] best, WorkerPool pool,
        CancellationToken cancellationToken);

    /// <summary>Where each thread keeps the best of what it sees; none where there is nothing to be kept.</summary>
    private static TopRows[] OfWorkers(WorkerPool pool, long count, ScanLimits limits)
    {
        int capacity = (int)Math.Min(limits.Top, count);
        if (capacity == 0)
            return [];
        TopRows[] best = new TopRows[pool.Workers];
        for (int i = 0; i < best.Length; i++)
            best[i] = new(capacity, limits.MinimumScore);
        return best;
    }

    private static ScoredRow[] Merged(TopRows[] best)
    {
        if (best.Length == 0)
            return [];
        foreach (TopRows other in best.AsSpan(1))
            best[0].Merge(other);
        return best[0].ToSorted();
    }

    private struct Maker : ISimdAction
    {
        public VectorScan? Made;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Made = new VectorScan<V>();
    }
}

/// <summary>The scans, compiled for one vector and each type of rows.</summary>
internal sealed unsafe class VectorScan<V> : VectorScan
    where V : unmanaged, ISimd<V>
{
    // A stretch takes some 50 µs to read: long against taking the next one, short against a whole scan.
    private const int BytesAtATime = 1 << 20;

    // The processor's own prefetching stops at the end of a page. Halves were read at 65 % of the memory's speed without this, at 85 to 94
    // % with it; 2 to 8 KiB are alike.
    private const int BytesAhead = 4096;

    public override void Products(VectorBlock a, VectorBlock b, float* products, int stride) => BlockProduct.Run<V>(a, b, products, stride);

    public override void Rescore(VectorRows rows, ReadOnlySpan<float> query, Span<ScoredRow> scored)
    {
        switch (rows.Type)
        {
            case VectorType.F32: Rescore<F32Product>(rows, query, scored); break;
            case VectorType.F16: Rescore<F16Product>(rows, query, scored); break;
            default: Rescore<Int8Product>(rows, query, scored); break;
        }
    }

    protected override void Scan(
        VectorRows rows, ReadOnlySpan<float> query, RowSet among, TopRows[] best, WorkerPool pool, CancellationToken cancellationToken)
    {
        switch (rows.Type)
        {
            case VectorType.F32: Scan<F32Product>(rows, query, among, best, pool, cancellationToken); break;
            case VectorType.F16: Scan<F16Product>(rows, query, among, best, pool, cancellationToken); break;
            default: Scan<Int8Product>(rows, query, among, best, pool, cancellationToken); break;
        }
    }

    protected override void ScanList(
        VectorRows rows, ReadOnlySpan<float> query, ReadOnlyMemory<int> list, RowSet among, TopRows[] best, WorkerPool pool,
        CancellationToken cancellationToken)
    {
        switch (rows.Type)
        {
            case VectorType.F32: ScanList<F32Product>(rows, query, list, among, best, pool, cancellationToken); break;
            case VectorType.F16: ScanList<F16Product>(rows, query, list, among, best, pool, cancellationToken); break;
            default: ScanList<Int8Product>(rows, query, list, among, best, pool, cancellationToken); break;
        }
    }

    private static void Rescore<TProduct>(VectorRows rows, ReadOnlySpan<float> query, Span<ScoredRow> scored)
        where TProduct : IRowProduct
    {
        using AlignedBuffer prepared = new(TProduct.PreparedLength(rows.Width));
        TProduct.Prepare<V>(query, prepared.Pointer);
        foreach (ref ScoredRow row in scored)
            row = row with { Score = TProduct.Of<V>(prepared.Pointer, rows.First + row.Row * rows.RowBytes, rows.Width) };
    }

    private static void Scan<TProduct>(
        VectorRows rows, ReadOnlySpan<float> query, RowSet among, TopRows[] best, WorkerPool pool, CancellationToken cancellationToken)
        where TProduct : IRowProduct
    {
        using AlignedBuffer prepared = new(TProduct.PreparedLength(rows.Width));
        TProduct.Prepare<V>(query, prepared.Pointer);
        int rowsAtATime = Math.Max(1, BytesAtATime / rows.RowBytes);
        Stretch<TProduct> stretch = new()
        {
            Rows = rows,
            Prepared = prepared.Pointer,
            Among = among,
            Best = best,
            RowsAtATime = rowsAtATime,
            Cancellation = cancellationToken,
        };
        pool.Run(checked((int)((rows.Count + rowsAtATime - 1) / rowsAtATime)), ref stretch);
    }

    private static void ScanList<TProduct>(
        VectorRows rows, ReadOnlySpan<float> query, ReadOnlyMemory<int> list, RowSet among, TopRows[] best, WorkerPool pool,
        CancellationToken cancellationToken)
        where TProduct : IRowProduct
    {
        using AlignedBuffer prepared = new(TProduct.PreparedLength(rows.Width));
        TProduct.Prepare<V>(query, prepared.Pointer);
        int rowsAtATime = Math.Max(1, BytesAtATime / rows.RowBytes);
        ListStretch<TProduct> stretch = new()
        {
            Rows = rows,
            Prepared = prepared.Pointer,
            List = list,
            Among = among,
            Best = best,
            RowsAtATime = rowsAtATime,
            Cancellation = cancellationToken,
        };
        pool.Run((list.Length + rowsAtATime - 1) / rowsAtATime, ref stretch);
    }

    private struct ListStretch<TProduct> : IParallelBody
        where TProduct : IRowProduct
    {
        // So far ahead a row is asked for that it is there when its turn comes: some 100 ns of memory against 20 to 40 of a row.
        private const int RowsAhead = 6;

        public VectorRows Rows;
        public float* Prepared;
        public ReadOnlyMemory<int> List;
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
            int width = Rows.Width, rowBytes = Rows.RowBytes, lines = (rowBytes + AlignedBuffer.Alignment - 1) / AlignedBuffer.Alignment;
            ReadOnlySpan<int> list = List.Span.Slice(index * RowsAtATime, Math.Min(RowsAtATime, List.Length - index * RowsAtATime));
            for (int i = 0; i < list.Length; i++)
            {
                Prefetch.ToSecondLevel(Rows.First + (long)list[Math.Min(i + RowsAhead, list.Length - 1)] * rowBytes, lines);
                if (Among.Contains(list[i]))
                    best.Offer(list[i], TProduct.Of<V>(prepared, Rows.First + (long)list[i] * rowBytes, width));
            }
        }
    }

    private struct Stretch<TProduct> : IParallelBody
        where TProduct : IRowProduct
    {
        public VectorRows Rows;
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
            byte* row = Rows.First + first * rowBytes;
            for (long i = first; i < end; i++, row += rowBytes)
            {
                Prefetch.ToSecondLevel(row + BytesAhead, rowBytes / AlignedBuffer.Alignment);
                if (Among.Contains(i))
                    best.Offer(i, TProduct.Of<V>(prepared, row, width));
            }
        }
    }
}

/// <summary>
/// Stored vectors as they lie in memory, one <see cref="VectorRow"/> after the other; borrowed from a mapping or an array that outlives it.
/// </summary>
/// <param name="first">The first row.</param>
/// <param name="count">Rows.</param>
/// <param name="width">Numbers of a vector.</param>
/// <param name="type">How they are stored.</param>
internal readonly unsafe struct VectorRows(byte* first, long count, int width, VectorType type)
{
    /// <summary>The first row.</summary>
    public byte* First { get; } = first;

    /// <summary>Rows.</summary>
    public long Count { get; } = count;

    /// <summary>Numbers of a vector.</summary>
    public int Width { get; } = width;

    /// <summary>How they are stored.</summary>
    public VectorType Type { get; } = type;

    /// <summary>Bytes from a row to the next.</summary>
    public int RowBytes { get; } = VectorRow.Bytes(type, width);

    /// <summary>A row's bytes.</summary>
    public ReadOnlySpan<byte> this[long row] => new(First + row * RowBytes, RowBytes);
}

/// <summary>The best rows of all that were offered: a binary heap with the worst of them on top, which is the next to leave.</summary>
/// <param name="capacity">How many are kept, 1 or more.</param>
/// <param name="minimumScore">The least score that is kept; a score that is no number never is.</param>
internal sealed class TopRows(int capacity, float minimumScore)
{
    private const int FirstLength = 64; // "all rows" is a fair wish that most scans do not fulfil

    private ScoredRow[] _heap = new ScoredRow[Math.Min(capacity, FirstLength)];
    private float _least = minimumScore;
    private int _count;

    /// <summary>Keeps a row if it is among the best.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(long row, float score)
    {
        if (score >= _least)
            Take(new(row, score));
    }

    /// <summary>Keeps what another one has kept, so far as it is among the best.</summary>
    public void Merge(TopRows other)
    {
        foreach (ScoredRow row in other._heap.AsSpan(0, other._count))
            Offer(row.Row, row.Score);
    }

    /// <summary>What was kept, best first.</summary>
    public ScoredRow[] ToSorted()
    {
        ScoredRow[] sorted = _heap[.._count];
        Array.Sort(sorted);
        return sorted;
    }

    private void Take(ScoredRow row)
    {
        if (_count < capacity)
            Add(row);
        else if (row.IsBetterThan(_heap[0]))
            SiftDown(row);
        if (_count == capacity)
            _least = _heap[0].Score;
    }

    private void Add(ScoredRow row)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, (int)Math.Min(2L * _count, capacity));
        int at = _count++;
        for (int parent = (at - 1) / 2; at > 0 && _heap[parent].IsBetterThan(row); parent = (at - 1) / 2)
        {
            _heap[at] = _heap[parent];
            at = parent;
        }
        _heap[at] = row;
    }

    /// <summary>Puts a row in the place of the worst.</summary>
    private void SiftDown(ScoredRow row)
    {
        int at = 0;
        for (int child = 1; child < _count; child = 2 * at + 1)
        {
            if (child + 1 < _count && _heap[child].IsBetterThan(_heap[child + 1]))
                child++;
            if (!row.IsBetterThan(_heap[child]))
                break;
            _heap[at] = _heap[child];
            at = child;
        }
        _heap[at] = row;
    }
}
