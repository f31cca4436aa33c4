using PureClip.Memory;
using PureClip.Threading;

namespace PureClip.Scan;

/// <summary>
/// A copy of some rows in signed bytes, to be searched first: half the bytes of halves, so half the time. More rows than wanted are taken
/// from it, and what these really score decides.
/// </summary>
internal sealed unsafe class FirstPass : IDisposable
{
    private const int RowsAtATime = 1024;

    private readonly VectorRows _rows, _copy;
    private readonly AlignedBuffer _bytes;

    /// <param name="rows">The rows, which stay where they are.</param>
    /// <param name="pool">The threads that copy.</param>
    public FirstPass(VectorRows rows, WorkerPool pool)
    {
        _rows = rows;
        _bytes = new((rows.Count * VectorRow.Bytes(VectorType.Int8, rows.Width) + sizeof(float) - 1) / sizeof(float));
        _copy = new((byte*)_bytes.Pointer, rows.Count, rows.Width, VectorType.Int8);
        Copying copying = new() { From = rows, To = _copy };
        pool.Run(checked((int)((rows.Count + RowsAtATime - 1) / RowsAtATime)), ref copying);
    }

    /// <summary>The best rows of those that come first by their bytes, with their exact scores, best first.</summary>
    /// <param name="query">[width], finite, below 2¹⁵.</param>
    /// <param name="limits">How many, and which.</param>
    /// <param name="overfetch">How many times as many rows are looked at closely; 1 or more.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="scan">Who compares.</param>
    /// <param name="cancellationToken">Checked before each stretch of rows.</param>
    public ScoredRow[] Best(
        ReadOnlySpan<float> query, ScanLimits limits, int overfetch, WorkerPool pool, VectorScan scan,
        CancellationToken cancellationToken = default)
    {
        int candidates = (int)Math.Min((long)limits.Top * overfetch, int.MaxValue);
        ScoredRow[] first = scan.Best(_copy, query, new(candidates, Among: limits.Among), pool, cancellationToken);
        scan.Rescore(_rows, query, first);
        TopRows best = new(Math.Max(1, Math.Min(limits.Top, first.Length)), limits.MinimumScore);
        foreach (ScoredRow row in first)
            best.Offer(row.Row, row.Score);
        return best.ToSorted();
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    private struct Copying : IParallelBody
    {
        public VectorRows From, To;

        public readonly void Invoke(int index, int worker)
        {
            float[] vector = new float[From.Width];
            long first = (long)index * RowsAtATime, end = Math.Min(first + RowsAtATime, From.Count);
            for (long row = first; row < end; row++)
            {
                VectorRow.Read(From.Type, From[row], vector);
                VectorRow.Write(VectorType.Int8, vector, new(To.First + row * To.RowBytes, To.RowBytes));
            }
        }
    }
}
