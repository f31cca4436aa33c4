using BenchmarkDotNet.Attributes;
using PureClip.Scan;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>
/// How long does one query take over every vector of an index? (<c>search</c> as first argument compares with the memory's own speed.)
/// </summary>
public class ScanBench
{
    private const int Rows = 1_000_000, Width = 512;

    private readonly VectorScan _scan = VectorScan.Of(SimdTier.Active);
    private readonly float[] _query = new float[Width];
    private StoredVectors? _rows;
    private WorkerPool _pool = WorkerPool.Serial;

    /// <summary>How the vectors are stored.</summary>
    [Params(VectorType.F32, VectorType.F16, VectorType.Int8)]
    public VectorType Type { get; set; }

    /// <summary>Threads that compute.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _rows = StoredVectors.Random(Type, Rows, Width);
        _pool = new(Threads);
        StoredVectors.RandomUnit(-1, _query);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _rows?.Dispose();
        _pool.Dispose();
    }

    /// <summary>The best ten of a million.</summary>
    [Benchmark]
    public int Scan() => _scan.Best(_rows!.Rows, _query, new(10), _pool).Length;
}
