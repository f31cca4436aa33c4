using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>The text tower with its workspaces: token ids to embeddings, several texts a pass.</summary>
internal sealed class TextEncoder(TextConfig config, int embeddingWidth, Func<TextWeights> read, SimdTier tier, WorkerPool pool, bool normalize)
    : Encoder<TextWeights>(config.Transformer, 0, embeddingWidth, config.ContextLength, read, tier, pool, normalize)
{
    private TextTransformer? _tower;

    protected override long WeightBytes => Weights().Bytes;

    /// <summary>Encodes one text.</summary>
    /// <param name="ids">1 to context length ids.</param>
    /// <param name="destination">[embedding width]</param>
    public void Encode(ReadOnlySpan<int> ids, Span<float> destination)
    {
        Check(ids);
        Weights();
        ReadOnlySpan<int> used = ids[..config.LengthToPool(ids)];
        Activations workspace = Rent(1, config.ContextLength);
        try
        {
            workspace.Begin();
            _tower!.Add(used, workspace);
            Run(workspace, destination);
        }
        finally
        {
            Return(workspace);
        }
    }

    /// <summary>Encodes many texts.</summary>
    public float[][] Encode(ReadOnlyMemory<int>[] texts, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Prepare(texts);
        float[][] embeddings = new float[texts.Length][];
        float[] delivered = new float[Math.Min(texts.Length, RowsPerPass) * EmbeddingWidth];
        for (int first = 0; first < texts.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = CountOfPass(texts.AsSpan(first));
            EncodePass(texts.AsSpan(first, count), delivered);
            for (int i = 0; i < count; i++)
                embeddings[first + i] = delivered.AsSpan(i * EmbeddingWidth, EmbeddingWidth).ToArray();
            first += count;
            progress?.Report(first);
        }
        return embeddings;
    }

    /// <summary>Encodes many texts into the caller's memory. Allocates nothing once it is warm.</summary>
    /// <param name="texts">Ids of each text.</param>
    /// <param name="destination">[texts, embedding width]</param>
    public void Encode(ReadOnlySpan<ReadOnlyMemory<int>> texts, Span<float> destination)
    {
        Prepare(texts);
        while (!texts.IsEmpty)
        {
            int count = CountOfPass(texts);
            EncodePass(texts[..count], destination);
            texts = texts[count..];
            destination = destination[(count * EmbeddingWidth)..];
        }
    }

    protected override void Build(TextWeights weights) => _tower = new(config, weights);

    private void Prepare(ReadOnlySpan<ReadOnlyMemory<int>> texts)
    {
        foreach (ReadOnlyMemory<int> ids in texts)
            Check(ids.Span);
        Weights();
    }

    /// <summary>How many of the texts fit in one pass; at least one.</summary>
    private int CountOfPass(ReadOnlySpan<ReadOnlyMemory<int>> texts)
    {
        int rows = 0, count = 0;
        while (count < texts.Length && (count == 0 || rows + config.LengthToPool(texts[count].Span) <= RowsPerPass))
            rows += config.LengthToPool(texts[count++].Span);
        return count;
    }

    private void EncodePass(ReadOnlySpan<ReadOnlyMemory<int>> texts, Span<float> destination)
    {
        // Planned for the worst case, so that one workspace serves every pass: each sequence has at least one row.
        Activations workspace = Rent(texts.Length, Math.Max(config.ContextLength, RowsPerPass));
        try
        {
            workspace.Begin();
            foreach (ReadOnlyMemory<int> ids in texts)
                _tower!.Add(ids.Span[..config.LengthToPool(ids.Span)], workspace);
            Run(workspace, destination);
        }
        finally
        {
            Return(workspace);
        }
    }

    private void Run(Activations workspace, Span<float> destination)
    {
        Pass pass = new() { Encoder = this, Workspace = workspace, Destination = destination };
        Run(ref pass);
    }

    private void Check(ReadOnlySpan<int> ids)
    {
        if (ids.Length == 0 || ids.Length > config.ContextLength)
            throw new ArgumentException($"A text has 1 to {config.ContextLength} token ids, not {ids.Length}.", nameof(ids));
        foreach (int id in ids)
            if ((uint)id >= (uint)config.VocabularySize)
                throw new ArgumentException($"Token id {id} is not in the vocabulary of {config.VocabularySize}.", nameof(ids));
    }

    private ref struct Pass : ISimdAction
    {
        public TextEncoder Encoder;
        public Activations Workspace;
        public Span<float> Destination;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            Encoder._tower!.Forward<V>(Workspace, Encoder.Pool);
            Encoder.Deliver<V>(Workspace, Destination);
        }
    }
}
