using System.Numerics.Tensors;

namespace PureClip.Model;

/// <summary>
/// Texts to embeddings: token + position → causal blocks → ln_final of the end-of-text token → projection. Because attention is
/// causal, tokens after the one that is read change nothing; they are not computed, and texts of a batch lie end to end without padding.
/// </summary>
internal sealed class TextTransformer(TextConfig config, TextWeights w)
{
    private readonly Transformer _transformer = new(config.Transformer, w.Blocks);

    /// <summary>Adds a text to the pass: x = token embedding + position.</summary>
    /// <param name="ids">The tokens up to and including the one that is read; each must be in the vocabulary.</param>
    /// <param name="a">The pass.</param>
    public void Add(ReadOnlySpan<int> ids, Activations a)
    {
        int width = config.Transformer.Width, first = a.Add(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            Span<float> row = a.X.RowSpan(first + i);
            w.Tokens.Read(ids[i], row);
            TensorPrimitives.Add(row, w.Positions.AsSpan(i * width, width), row);
        }
    }

    /// <summary>Fills <see cref="Activations.Embeddings"/> for the texts added since <see cref="Activations.Begin"/>, not normalised.</summary>
    public void Forward(Activations a)
    {
        _transformer.Forward(a, causal: true, readLast: true);
        a.Compute.LayerNorm(a.PooledX, w.LnFinal, a.PooledY);
        a.Compute.Product(a.PooledY, w.Projection, a.Embeddings);
    }
}
