using PureClip.Kernels;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>
/// What both towers share: weights that are read at first use, and rounds of passes on the worker pool.
/// </summary>
/// <typeparam name="TWeights">The tower's weights.</typeparam>
internal abstract class Encoder<TWeights>(Func<TWeights> read, Workspaces workspaces, SimdTier tier, WorkerPool pool, bool normalize) : IDisposable
    where TWeights : class, IDisposable
{
    private readonly Lock _lock = new();
    private TWeights? _weights;

    /// <summary>Bytes of the workspaces, and of the weights once they have been read.</summary>
    public long AllocatedBytes => workspaces.Bytes + (_weights is null ? 0 : WeightBytes);

    /// <summary>Bytes of the packed weights.</summary>
    protected abstract long WeightBytes { get; }

    /// <summary>Threads that compute.</summary>
    protected int Workers => pool.Workers;

    private WorkerPool Pool => pool;

    private Workspaces Workspaces => workspaces;

    /// <summary>Reads the weights now.</summary>
    public void Warm() => Weights();

    /// <inheritdoc/>
    public void Dispose()
    {
        workspaces.Dispose();
        lock (_lock)
            _weights?.Dispose();
    }

    /// <summary>Called once, when the weights have been read.</summary>
    protected abstract void Build(TWeights weights);

    /// <summary>The weights, read at the first call.</summary>
    protected TWeights Weights()
    {
        if (Volatile.Read(ref _weights) is TWeights ready)
            return ready;
        lock (_lock)
        {
            if (_weights is null)
            {
                TWeights weights = read();
                Build(weights);
                Volatile.Write(ref _weights, weights);
            }
            return _weights;
        }
    }

    /// <summary>Encodes all sequences.</summary>
    protected void Encode<TSequences>(TSequences sequences)
        where TSequences : struct, ISequences, allows ref struct
    {
        for (int first = 0; first < sequences.Count;)
            first = EncodeRound(sequences, first);
    }

    /// <summary>Encodes the next sequences while no other call uses the pool.</summary>
    /// <param name="sequences">All sequences of the call.</param>
    /// <param name="first">The first that has not been encoded; there is one.</param>
    /// <returns>The first that has still not been encoded.</returns>
    protected int EncodeRound<TSequences>(TSequences sequences, int first)
        where TSequences : struct, ISequences, allows ref struct
    {
        Weights();
        Span<int> starts = stackalloc int[PassPlan.MostPasses(Workers) + 1];
        int passes = PassPlan.Cut(sequences, first, Workers, starts);
        Round<TSequences> round = new() { Encoder = this, Sequences = sequences, Starts = starts[..(passes + 1)] };
        if (Workers == 1)
            tier.Dispatch(ref round);
        else
            lock (pool.Turn)
                tier.Dispatch(ref round);
        return starts[passes];
    }

    /// <summary>Hands over a pass's embeddings, at length 1 if that is wanted.</summary>
    private void Deliver<V, TSequences>(Activations a, TSequences sequences, int first)
        where V : unmanaged, ISimd<V>
        where TSequences : struct, ISequences, allows ref struct
    {
        for (int i = 0; i < a.Sequences; i++)
        {
            if (normalize)
                L2Normalize.Row<V>(a.Embeddings, i);
            sequences.Deliver(first + i, a.Embeddings.RowSpan(i));
        }
    }

    /// <summary>Some passes: one that all workers share, or several that workers run on their own.</summary>
    private ref struct Round<TSequences> : ISimdAction
        where TSequences : struct, ISequences, allows ref struct
    {
        public Encoder<TWeights> Encoder;
        public TSequences Sequences;
        public ReadOnlySpan<int> Starts;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            Passes<V, TSequences> passes = new() { Encoder = Encoder, Sequences = Sequences, Starts = Starts };
            if (Starts.Length == 2)
                passes.Run(0, Encoder.Pool);
            else
                Encoder.Pool.Run(Starts.Length - 1, ref passes);
        }
    }

    private ref struct Passes<V, TSequences> : IParallelBody
        where V : unmanaged, ISimd<V>
        where TSequences : struct, ISequences, allows ref struct
    {
        public Encoder<TWeights> Encoder;
        public TSequences Sequences;
        public ReadOnlySpan<int> Starts;

        public readonly void Invoke(int index, int worker) => Run(index, WorkerPool.Serial);

        public readonly void Run(int index, WorkerPool pool)
        {
            int first = Starts[index], count = Starts[index + 1] - first, rows = 0;
            for (int i = 0; i < count; i++)
                rows += Sequences.Tokens(first + i);
            Activations a = Encoder.Workspaces.Rent(count, rows, pool.Workers);
            try
            {
                Sequences.Forward<V>(first, count, a, pool);
                Encoder.Deliver<V, TSequences>(a, Sequences, first);
            }
            finally
            {
                Encoder.Workspaces.Return(a);
            }
        }
    }
}
