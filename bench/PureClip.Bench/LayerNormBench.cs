using BenchmarkDotNet.Attributes;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>How long does normalising the rows of a pass take: one text, one picture, sixteen pictures?</summary>
public unsafe class LayerNormBench
{
    private const int Width = 768;

    private LayerNormWeights? _weights;
    private Workspace? _workspace;
    private MatrixView _x, _y;

    /// <summary>Rows of <see cref="Width"/> numbers.</summary>
    [Params(7, 50, 800)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _weights = new(Width, 1e-5f);
        _workspace = new();
        int x = _workspace.Declare(Rows, Width), y = _workspace.Declare(Rows, Width);
        _workspace.Allocate();
        (_x, _y) = (_workspace.Matrix(x), _workspace.Matrix(y));
        for (int row = 0; row < Rows; row++)
            RandomTowers.Numbers(Width, 1f).CopyTo(_x.RowSpan(row));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _workspace?.Dispose();
        _weights?.Dispose();
    }

    [Benchmark]
    public void Normalize()
    {
        Action action = new() { Bench = this };
        SimdTier.Active.Dispatch(ref action);
    }

    private struct Action : ISimdAction
    {
        public LayerNormBench Bench;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            LayerNorm.Run<V>(Bench._x, Bench._weights!.Weight, Bench._weights.Bias, Bench._weights.Eps, Bench._y, WorkerPool.Serial);
    }
}
