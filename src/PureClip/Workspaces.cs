using System.Numerics;
using PureClip.Model;
using PureClip.Simd;

namespace PureClip;

/// <summary>The workspaces of a tower: one for each pass in flight, kept for the next. Thread-safe.</summary>
internal sealed class Workspaces(SimdTier tier, TransformerConfig config, int inputWidth, int embeddingWidth, int maxTokens) : IDisposable
{
    private readonly List<Activations> _idle = [];
    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>Those of a vision tower.</summary>
    public static Workspaces Of(VisionConfig config, int embeddingWidth, SimdTier tier) =>
        new(tier, config.Transformer, 3 * config.PatchSize * config.PatchSize, embeddingWidth, config.Tokens);

    /// <summary>Those of a text tower.</summary>
    public static Workspaces Of(TextConfig config, int embeddingWidth, SimdTier tier) =>
        new(tier, config.Transformer, 0, embeddingWidth, config.ContextLength);

    /// <summary>Size of all that exist, in use or idle.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The smallest idle workspace that is large enough, or a new one.</summary>
    /// <param name="sequences">Sequences of the pass.</param>
    /// <param name="rows">Tokens of all sequences together.</param>
    /// <param name="workers">Threads that compute.</param>
    public Activations Rent(int sequences, int rows, int workers)
    {
        lock (_lock)
        {
            Activations? fitting = null;
            foreach (Activations idle in _idle)
                if (idle.MaxSequences >= sequences && idle.MaxRows >= rows && idle.Workers >= workers && !(idle.Bytes >= fitting?.Bytes))
                    fitting = idle;
            if (fitting is not null)
            {
                _idle.Remove(fitting);
                return fitting;
            }
        }

        // In few sizes, so that calls of different lengths find each other's.
        int roundedRows = rows <= maxTokens ? maxTokens : (int)BitOperations.RoundUpToPowerOf2((uint)rows);
        int roundedSequences = sequences == 1 ? 1 : (int)BitOperations.RoundUpToPowerOf2((uint)sequences);
        Activations workspace = Activations.Allocate(tier, config, inputWidth, embeddingWidth, maxTokens, roundedSequences, roundedRows, workers);
        Interlocked.Add(ref _bytes, workspace.Bytes);
        return workspace;
    }

    /// <summary>Gives a workspace back.</summary>
    public void Return(Activations workspace)
    {
        lock (_lock)
            _idle.Add(workspace);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _idle.ForEach(workspace => workspace.Dispose());
            _idle.Clear();
        }
    }
}
