using PureClip.Kernels;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>
/// What both towers share: weights that are read at first use, a stack of idle workspaces, and turns at the worker pool.
/// </summary>
/// <typeparam name="TWeights">The tower's weights.</typeparam>
internal abstract class Encoder<TWeights>(
    TransformerConfig config, int inputWidth, int embeddingWidth, int maxTokens, Func<TWeights> read, SimdTier tier, WorkerPool pool, bool normalize) : IDisposable
    where TWeights : class, IDisposable
{
    /// <summary>
    /// Tokens of one pass: enough rows that the weights, which every pass reads once from memory, cost little against the arithmetic
    /// (at 800 rows a byte of weights serves 400 operations), and few enough that activations stay near the processor (about 25 MB for ViT-B).
    /// </summary>
    protected internal const int RowsPerPass = 800;

    private readonly Stack<Activations> _idle = new();
    private readonly Lock _lock = new();
    private TWeights? _weights;
    private long _workspaceBytes;

    /// <summary>Bytes of the workspaces that exist; weights count through <see cref="WeightBytes"/>.</summary>
    public long AllocatedBytes => Volatile.Read(ref _workspaceBytes) + (_weights is null ? 0 : WeightBytes);

    /// <summary>Bytes of the packed weights.</summary>
    protected abstract long WeightBytes { get; }

    /// <summary>Numbers of an embedding.</summary>
    protected int EmbeddingWidth => embeddingWidth;

    /// <summary>The vector width in use.</summary>
    protected SimdTier Tier => tier;

    /// <summary>Who computes.</summary>
    protected WorkerPool Pool => pool;

    /// <summary>Reads the weights now.</summary>
    public void Warm() => Weights();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            while (_idle.TryPop(out Activations? workspace))
                workspace.Dispose();
            _weights?.Dispose();
        }
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

    /// <summary>An idle workspace that is large enough, or a new one.</summary>
    protected Activations Rent(int sequences, int rows)
    {
        lock (_lock)
        {
            if (_idle.TryPop(out Activations? idle))
            {
                if (idle.MaxSequences >= sequences && idle.MaxRows >= rows)
                    return idle;
                Interlocked.Add(ref _workspaceBytes, -idle.Bytes);
                idle.Dispose();
            }
        }
        Activations workspace = Activations.Allocate(tier, config, inputWidth, embeddingWidth, maxTokens, sequences, rows, pool.Workers);
        Interlocked.Add(ref _workspaceBytes, workspace.Bytes);
        return workspace;
    }

    /// <summary>Gives a workspace back.</summary>
    protected void Return(Activations workspace)
    {
        lock (_lock)
            _idle.Push(workspace);
    }

    /// <summary>Runs a pass with the tier's vectors while no other call uses the pool.</summary>
    protected void Run<TPass>(ref TPass pass)
        where TPass : struct, ISimdAction, allows ref struct
    {
        if (pool.Workers == 1)
        {
            tier.Dispatch(ref pass);
            return;
        }
        lock (pool.Turn)
            tier.Dispatch(ref pass);
    }

    /// <summary>Copies a pass's embeddings to the caller, at length 1 if that is wanted.</summary>
    protected void Deliver<V>(Activations a, Span<float> destination)
        where V : unmanaged, ISimd<V>
    {
        for (int i = 0; i < a.Sequences; i++)
        {
            Span<float> embedding = a.Embeddings.RowSpan(i);
            if (normalize)
                L2Normalize.Row<V>(a.Embeddings, i);
            embedding.CopyTo(destination.Slice(i * embeddingWidth, embeddingWidth));
        }
    }
}
