using PureClip.Model;
using PureClip.Threading;

namespace PureClip;

/// <summary>
/// What both towers share: weights that are read at first use, and rounds of passes on the worker pool.
/// </summary>
internal abstract class Encoder(Tower tower, Action load, Workspaces workspaces, WorkerPool pool, bool normalize) : IDisposable
{
    private readonly Lock _lock = new();
    private bool _loaded;
    private volatile bool _disposed;

    /// <summary>Bytes of the workspaces, and of the weights once they have been read.</summary>
    public long AllocatedBytes => workspaces.Bytes + tower.Bytes;

    /// <summary>Threads that compute.</summary>
    protected int Workers => pool.Workers;

    /// <summary>Who computes.</summary>
    protected WorkerPool Pool => pool;

    /// <summary>Reads the weights now.</summary>
    public void Warm()
    {
        if (Volatile.Read(ref _loaded))
            return;
        lock (_lock)
        {
            if (_loaded)
                return;
            load();
            Volatile.Write(ref _loaded, true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        workspaces.Dispose();
        lock (_lock)
            tower.Dispose();
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
        Warm();
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
                using (pool.Turn.Take())
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
            Pass a = Set[worker];
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
