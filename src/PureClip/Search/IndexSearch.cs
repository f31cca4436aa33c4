using System.Numerics.Tensors;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Search;

/// <summary>What an open index needs to be searched: threads, the rows that count and, once somebody asks for it, the first pass.</summary>
internal sealed class IndexSearch : IDisposable
{
    private readonly EmbeddingIndex _index;
    private readonly Lazy<WorkerPool> _pool;
    private readonly Lazy<RowSet> _live;
    private readonly Lazy<FirstPass> _firstPass;

    /// <param name="index">What is searched.</param>
    /// <param name="threads">How many threads do it.</param>
    public IndexSearch(EmbeddingIndex index, int threads)
    {
        _index = index;
        _pool = new(() => new(threads));
        _live = new(() => index.DeadRows == 0 ? default : Among(_ => true));
        _firstPass = new(() => new(index.Vectors, Pool));
    }

    /// <summary>The threads, started when they are first needed.</summary>
    public WorkerPool Pool => _pool.Value;

    /// <summary>The entries nearest to a query, best first; equal scores in the order of the entries.</summary>
    public SearchHit[] Run(ReadOnlySpan<float> query, SearchOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        float[] unit = UnitOf(query);
        ScanLimits limits = new(options.Top, options.MinimumScore, options.Filter is null ? _live.Value : Among(options.Filter));
        ScoredRow[] best = options.FirstPassFactor == 0 || _index.VectorType == VectorType.Int8 || _index.Count == 0
            ? VectorScan.Best(_index.Vectors, unit, limits, Pool, SimdTier.Active, cancellationToken)
            : _firstPass.Value.Best(unit, limits, options.FirstPassFactor, Pool, SimdTier.Active, cancellationToken);
        return Array.ConvertAll(best, HitOf);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_firstPass.IsValueCreated)
            _firstPass.Value.Dispose();
        if (_pool.IsValueCreated)
            _pool.Value.Dispose();
    }

    private SearchHit HitOf(ScoredRow row)
    {
        int entry = _index.Rows.BinarySearch((int)row.Row);
        return new(entry, _index.KeyOf(entry), Math.Clamp(row.Score, -1f, 1f)); // rounding alone leads beyond
    }

    private RowSet Among(Func<int, bool> filter)
    {
        RowSet among = RowSet.Empty(_index.Vectors.Count);
        for (int entry = 0; entry < _index.Count; entry++)
            if (filter(entry))
                among.Add(_index.Rows[entry]);
        return among;
    }

    private float[] UnitOf(ReadOnlySpan<float> query)
    {
        if (query.Length != _index.Width)
            throw new ArgumentException($"The query has {query.Length} numbers, the vectors of this index have {_index.Width}. Do they come from the same model?", nameof(query));
        float norm = TensorPrimitives.Norm(query);
        if (!float.IsFinite(norm) || norm == 0f)
            throw new ArgumentException($"The query's length is {norm}; it needs a direction to be compared with.", nameof(query));
        float[] unit = new float[query.Length];
        TensorPrimitives.Divide(query, norm, unit);
        return unit;
    }
}
