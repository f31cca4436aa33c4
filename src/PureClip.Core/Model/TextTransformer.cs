using System.Numerics.Tensors;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Model;

/// <summary>
/// Texts to embeddings: token + position → causal blocks → ln_final of the end-of-text token → projection. Because attention is
/// causal, tokens after the one that is read change nothing; they are not computed, and texts of a batch lie end to end without padding.
/// </summary>
internal sealed class TextTransformer(TextConfig config, int embeddingWidth) : TextTower(embeddingWidth)
{
    private TextWeights? _weights;
    private Transformer? _transformer;

    public override int LeastRows => 1;

    public override int MostRows => config.ContextLength;

    public override long Bytes => _weights?.Bytes ?? 0;

    /// <summary>Takes its numbers.</summary>
    public void Use(TextWeights weights)
    {
        _weights = weights;
        _transformer = new(config.Transformer, weights.Blocks);
    }

    public override Pass CreatePass(SimdTier tier, WorkerPool pool, int sequences, int rows) =>
        Pass.Allocate(tier, config.Transformer, 0, EmbeddingWidth, MostRows, sequences, rows, pool);

    public override int RowsOf(ReadOnlySpan<int> ids) => config.LengthToPool(ids);

    /// <summary>x = token embedding + position</summary>
    public override void Add(ReadOnlySpan<int> ids, Pass p)
    {
        int width = config.Transformer.Width, rows = RowsOf(ids), first = p.Add(rows);
        for (int i = 0; i < rows; i++)
        {
            Span<float> row = p.X.RowSpan(first + i);
            _weights!.Tokens.Read(ids[i], row);
            TensorPrimitives.Add(row, _weights.Positions.AsSpan(i * width, width), row);
        }
    }

    public override void Forward(Pass p)
    {
        _transformer!.Forward(p, causal: true, readLast: true);
        p.Compute.LayerNorm(p.PooledX, _weights!.LnFinal, p.PooledY);
        p.Compute.Product(p.PooledY, _weights.Projection, p.Embeddings);
    }

    public override void Dispose() => _weights?.Dispose();
}
