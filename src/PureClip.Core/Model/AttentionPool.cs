using System.Numerics.Tensors;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// A feature map to one embedding: the mean of all pixels asks, the mean and every pixel answer. Neither is normalised.
/// </summary>
/// <remarks>Radford et al. 2021, 2.4: "the query is conditioned on the global average-pooled representation of the image".</remarks>
internal sealed class AttentionPool(Scope at, int tokens, int width, int heads, int outputs)
{
    private readonly Parameter _positions = at.Declare("positions", [tokens, width]);
    private readonly Linear _query = new(at["query"], width, width), _key = new(at["key"], width, width);
    private readonly Linear _value = new(at["value"], width, width);
    private readonly Linear _out = new(at["out"], width, outputs, Use.End);

    /// <summary>y = attention of the mean · Wo + b</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[pictures · (tokens − 1), width]</param>
    /// <param name="y">[pictures, outputs]</param>
    public void Run(Pass p, MatrixView x, MatrixView y)
    {
        MatrixView mixed = p.Take("pool.attention", y.Rows, width);                     // [pictures, width]
        long mark = p.Mark();
        MatrixView all = p.Take("pool.tokens", y.Rows * tokens, width);                 // [pictures · tokens, width], the mean first
        MatrixView mean = p.Take("pool.mean", y.Rows, width), query = p.Take("pool.query", y.Rows, width);
        MatrixView key = p.Take("pool.key", all.Rows, width), value = p.Take("pool.value", all.Rows, width);
        for (int i = 0; i < y.Rows && p.Compute.IsReal; i++)
        {
            FillTokens(x.Range(i * (tokens - 1), tokens - 1), all.Range(i * tokens, tokens));
            all.RowSpan(i * tokens).CopyTo(mean.RowSpan(i));
        }
        _query.Run(p, mean, query);
        _key.Run(p, all, key);
        _value.Run(p, all, value);
        for (int i = 0; i < y.Rows; i++)
            p.Compute.Attention(
                query.Range(i, 1), key.Range(i * tokens, tokens), value.Range(i * tokens, tokens), [0, tokens], heads, causal: false,
                onePerSequence: true, mixed.Range(i, 1));
        p.Release(mark);
        _out.Run(p, mixed, y);
    }

    /// <summary>[mean; pixels] + positions</summary>
    private void FillTokens(MatrixView pixels, MatrixView all)
    {
        Span<float> mean = all.RowSpan(0);
        mean.Clear();
        for (int i = 0; i < pixels.Rows; i++)
        {
            TensorPrimitives.Add(mean, pixels.RowSpan(i), mean);
            TensorPrimitives.Add(pixels.RowSpan(i), _positions.Numbers.Slice((i + 1) * width, width), all.RowSpan(i + 1));
        }
        TensorPrimitives.Divide(mean, pixels.Rows, mean);
        TensorPrimitives.Add(mean, _positions.Numbers[..width], mean);
    }
}
