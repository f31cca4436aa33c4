using BenchmarkDotNet.Attributes;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>How long does normalising the rows of a pass take: one text, one picture, sixteen pictures?</summary>
public unsafe class LayerNormBench
{
    private const int Width = 768;

    private AlignedBuffer? _weights;
    private Arena? _arena;
    private MatrixView _x, _y;

    /// <summary>Rows of <see cref="Width"/> numbers.</summary>
    [Params(7, 50, 800)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _weights = new(2 * Width);
        _arena = new(2L * Rows * Arena.Stride(Width));
        (_x, _y) = (_arena.Take(Rows, Width), _arena.Take(Rows, Width));
        for (int row = 0; row < Rows; row++)
            RandomTowers.Numbers(Width, 1f).CopyTo(_x.RowSpan(row));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _arena?.Dispose();
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
            LayerNorm.Run<V>(Bench._x, Bench._weights!.Pointer, Bench._weights.Pointer + Width, 1e-5f, Bench._y, WorkerPool.Serial);
    }
}
