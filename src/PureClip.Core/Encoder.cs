using PureClip.Model;
using PureClip.Threading;

namespace PureClip;

/// <summary>
/// What both towers share: weights that are read at first use, and rounds of passes on the worker pool.
/// </summary>
/// <typeparam name="TWeights">The tower's weights.</typeparam>
internal abstract class Encoder<TWeights>(Func<TWeights> read, Workspaces workspaces, WorkerPool pool, bool normalize) : IDisposable
    where TWeights : class, IDisposable
{
    private readonly Lock _lock = new();
    private TWeights? _weights;
    private volatile bool _disposed;

    /// <summary>Bytes of the workspaces, and of the weights once they have been read.</summary>
    public long AllocatedBytes => workspaces.Bytes + (_weights is null ? 0 : WeightBytes);

    /// <summary>Bytes of the packed weights.</summary>
    protected abstract long WeightBytes { get; }

    /// <summary>Threads that compute.</summary>
    protected int Workers => pool.Workers;

    /// <summary>Who computes.</summary>
    protected WorkerPool Pool => pool;

    /// <summary>Reads the weights now.</summary>
    public void Warm() => Weights();

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
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
        ObjectDisposedException.ThrowIf(_disposed, this);
        Weights();
        Span<int> starts = stackalloc int[PassPlan.MostPasses(Workers) + 1];
        int passes = PassPlan.Cut(sequences, first, Workers, starts);
        starts = starts[..(passes + 1)];
        WorkspaceSet set = passes == 1
            ? workspaces.Rent(1, Workers, PassPlan.MostRows(sequences, starts))
            : workspaces.Rent(Workers, 1, PassPlan.MostRows(sequences, starts));
        try
        {
            Passes<TSequences> body = new() { Sequences = sequences, Starts = starts, Set = set, Normalize = normalize };
            if (Workers == 1)
                Run(ref body, passes);
            else
                lock (pool.Turn)
                    Run(ref body, passes);
        }
        finally
        {
            workspaces.Return(set);
        }
        return starts[passes];
    }

    private void Run<TSequences>(ref Passes<TSequences> body, int passes)
        where TSequences : struct, ISequences, allows ref struct
    {
        if (passes == 1)
            body.Invoke(0, 0);
        else
            pool.Run(passes, ref body);
    }

    private ref struct Passes<TSequences> : IParallelBody
        where TSequences : struct, ISequences, allows ref struct
    {
        public TSequences Sequences;
        public ReadOnlySpan<int> Starts;
        public WorkspaceSet Set;
        public bool Normalize;

        public readonly void Invoke(int index, int worker)
        {
            Activations a = Set[worker];
            int first = Starts[index], count = Starts[index + 1] - first;
            Sequences.Forward(first, count, a);
            for (int i = 0; i < count; i++)
            {
                if (Normalize)
                    a.Compute.Normalize(a.Embeddings, i);
                Sequences.Deliver(first + i, a.Embeddings.RowSpan(i));
            }
        }
    }
}
