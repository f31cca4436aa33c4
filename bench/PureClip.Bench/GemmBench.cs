using BenchmarkDotNet.Attributes;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>How close does a matrix product come to the peak, for every shape that occurs in a tower?</summary>
/// <remarks>Several copies of B are used in turn, so that it comes from memory as in a forward pass.</remarks>
public class GemmBench
{
    private const long BytesOfAllCopies = 128 << 20; // more than a last-level cache

    private PackedMatrix[] _copies = [];
    private Arena? _arena;
    private WorkerPool _pool = WorkerPool.Serial;
    private MatrixView _a, _c, _packedA;
    private int _next;

    /// <summary>The product's shape.</summary>
    [ParamsSource(nameof(Shapes))]
    public GemmShape Shape { get; set; } = new(1, 1, 1);

    /// <summary>Threads that compute.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Tokens of one text up to a batch of pictures, and the four matrices of ViT-B, then of ViT-L.</summary>
    public static IEnumerable<GemmShape> Shapes =>
    [
        .. from m in (int[])[1, 7, 50, 77, 197, 800] from b in ((int, int)[])[(768, 2304), (768, 768), (768, 3072), (3072, 768)]
            select new GemmShape(m, b.Item1, b.Item2),
        .. from m in (int[])[257, 577] from b in ((int, int)[])[(1024, 3072), (1024, 1024), (1024, 4096), (4096, 1024)]
            select new GemmShape(m, b.Item1, b.Item2),
    ];

    [GlobalSetup]
    public void Setup()
    {
        SetupFor setup = new() { Bench = this };
        SimdTier.Active.Dispatch(ref setup);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        Array.ForEach(_copies, copy => copy.Dispose());
        _arena?.Dispose();
        if (Threads > 1)
            _pool.Dispose();
    }

    [Benchmark]
    public void Product()
    {
        Multiply multiply = new() { Bench = this, B = _copies[_next++ % _copies.Length] };
        SimdTier.Active.Dispatch(ref multiply);
    }

    private struct SetupFor : ISimdAction
    {
        public GemmBench Bench;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            GemmShape shape = Bench.Shape;
            Bench._pool = Bench.Threads == 1 ? WorkerPool.Serial : new(Bench.Threads);
            Bench._copies = [.. Enumerable.Range(0, (int)Math.Max(1, BytesOfAllCopies / (4L * shape.K * shape.N)))
                .Select(_ => RandomTowers.Matrix(shape.K, shape.N))];
            Arena arena = Bench._arena = new(
                (long)shape.M * (Arena.Stride(shape.K) + Arena.Stride(shape.N))
                    + (long)Bench.Threads * Arena.Stride(GemmScratch<V>.Floats));
            (Bench._a, Bench._c, Bench._packedA) = (arena.Take(shape.M, shape.K), arena.Take(shape.M, shape.N),
                arena.Take(Bench.Threads, GemmScratch<V>.Floats));
        }
    }

    private unsafe struct Multiply : ISimdAction
    {
        public GemmBench Bench;
        public PackedMatrix B;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Gemm.Run<V, AddBias>(Bench._a, B, Bench._c, new(B.Bias, Bench._c), Bench._packedA, Bench._pool);
    }
}

/// <summary>[M, K] · [K, N]</summary>
public sealed record GemmShape(int M, int K, int N) : IFlops
{
    double IFlops.Flops => 2.0 * M * K * N;

    public override string ToString() => $"{M} x {K} x {N}";
}
