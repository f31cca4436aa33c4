using BenchmarkDotNet.Attributes;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>
/// How close does attention come to the peak, for the sequences that occur: texts, and pictures of ViT-B/32, B/16 and L/14?
/// </summary>
public class AttentionBench
{
    private Arena? _arena;
    private MatrixView _queries, _keys, _values, _output, _scratch;
    private int[] _starts = [];

    /// <summary>The sequence.</summary>
    [ParamsSource(nameof(Sequences))]
    public AttentionShape Shape { get; set; } = new(50, 12, false);

    public static IEnumerable<AttentionShape> Sequences =>
        [new(7, 8, true), new(77, 8, true), new(50, 12, false), new(197, 12, false), new(577, 16, false)];

    [GlobalSetup]
    public void Setup()
    {
        SetupFor setup = new() { Bench = this };
        SimdTier.Active.Dispatch(ref setup);
    }

    [GlobalCleanup]
    public void Cleanup() => _arena?.Dispose();

    [Benchmark]
    public void Attend()
    {
        Action action = new() { Bench = this };
        SimdTier.Active.Dispatch(ref action);
    }

    private MatrixView Filled()
    {
        MatrixView matrix = _arena!.Take(Shape.Tokens, Shape.Width);
        for (int row = 0; row < matrix.Rows; row++)
            RandomTowers.Numbers(matrix.Columns, 1f).CopyTo(matrix.RowSpan(row));
        return matrix;
    }

    private struct SetupFor : ISimdAction
    {
        public AttentionBench Bench;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            AttentionShape shape = Bench.Shape;
            int scratch = (int)Attention.ScratchFloats<V>(shape.Tokens, AttentionShape.HeadWidth);
            Bench._arena = new(4L * shape.Tokens * Arena.Stride(shape.Width) + Arena.Stride(scratch));
            (Bench._queries, Bench._keys, Bench._values) = (Bench.Filled(), Bench.Filled(), Bench.Filled());
            (Bench._output, Bench._scratch) = (Bench._arena.Take(shape.Tokens, shape.Width), Bench._arena.Take(1, scratch));
            Bench._starts = [0, shape.Tokens];
        }
    }

    private struct Action : ISimdAction
    {
        public AttentionBench Bench;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Attention.Run<V>(
                Bench._queries, Bench._keys, Bench._values, Bench._starts, Bench.Shape.Heads, Bench.Shape.Causal, onePerSequence: false,
                Bench._output, weights: default, Bench._scratch, WorkerPool.Serial);
    }
}

/// <summary>One sequence; a causal one does half of the arithmetic.</summary>
public sealed record AttentionShape(int Tokens, int Heads, bool Causal) : IFlops
{
    /// <summary>Of every CLIP.</summary>
    public const int HeadWidth = 64;

    /// <summary>Numbers of a token.</summary>
    public int Width => Heads * HeadWidth;

    double IFlops.Flops => 4.0 * Tokens * (Causal ? (Tokens + 1) / 2.0 : Tokens) * Width;

    public override string ToString() => $"{Tokens} tokens, {Heads} heads{(Causal ? ", causal" : "")}";
}
