using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// A feature map to one embedding: the mean of all pixels asks, the mean and every pixel answer. Neither is normalised. With one question,
/// nothing of the width of a token is multiplied for each of them: a head's question times its keys' matrix is compared with tokens, and its
/// values' matrix gets their mixture.
/// </summary>
/// <remarks>
/// Radford et al. 2021, 2.4: "the query is conditioned on the global average-pooled representation of the image". q·(K·t) = (Kᵀ·q)·t, and
/// Σ aᵢ·(V·tᵢ) = V·Σ aᵢ·tᵢ. What is added to every key moves all scores alike and is nothing; of values it comes out as it is, for Σ aᵢ = 1.
/// </remarks>
internal sealed class AttentionPool
{
    private readonly int _tokens, _width, _heads;
    private readonly Parameter _positions;
    private readonly Linear _query, _out;
    private readonly WeightMatrix _keys, _values;

    /// <param name="at">Where it stands.</param>
    /// <param name="tokens">Pixels, and their mean.</param>
    /// <param name="width">Channels.</param>
    /// <param name="heads">Heads, a divisor of the width.</param>
    /// <param name="outputs">Numbers of the embedding.</param>
    public AttentionPool(Scope at, int tokens, int width, int heads, int outputs)
    {
        (_tokens, _width, _heads) = (tokens, width, heads);
        int headWidth = width / heads;
        _positions = at.Declare("positions", [tokens, width]);
        _query = new(at["query"], width, width);
        _keys = new(headWidth, width, heads, hasBias: false);
        at["key"].DeclareHeads("weight", [width, width], _keys, isTurned: true);
        at["key"].Declare("bias", [width], Use.Folded);
        _values = new(width, headWidth, heads, hasBias: true);
        at["value"].DeclareHeads("weight", [width, width], _values, isTurned: false);
        at["value"].Declare("bias", [width], Use.Bias, _values);
        _out = new(at["out"], width, outputs, Use.End);
    }

    /// <summary>y = attention of the mean · Wo + b</summary>
    /// <param name="p">The pass.</param>
    /// <param name="x">[pictures · (tokens − 1), width]</param>
    /// <param name="y">[pictures, outputs]</param>
    public void Run(Pass p, MatrixView x, MatrixView y)
    {
        int pictures = y.Rows, headWidth = _width / _heads;
        MatrixView mixed = p.Take("pool.attention", pictures, _width);                  // [pictures, width]
        long mark = p.Mark();
        MatrixView all = p.Take("pool.tokens", pictures * _tokens, _width);             // [pictures · tokens, width], the mean first
        MatrixView mean = p.Take("pool.mean", pictures, _width), query = p.Take("pool.query", pictures, _width);
        MatrixView asked = p.Take("pool.asked", pictures * _heads, _width);             // [pictures · heads, width]
        for (int i = 0; i < pictures && p.Compute.IsReal; i++)
        {
            FillTokens(x.Range(i * (_tokens - 1), _tokens - 1), all.Range(i * _tokens, _tokens));
            all.RowSpan(i * _tokens).CopyTo(mean.RowSpan(i));
        }
        _query.Run(p, mean, query);
        for (int head = 0; head < _heads; head++)
            p.Compute.Product(query.ColumnRange(head * headWidth, headWidth), _keys, head..(head + 1), asked.Every(_heads, head));
        p.Compute.Mix(asked, all, _heads, 1 / MathF.Sqrt(headWidth));
        for (int head = 0; head < _heads; head++)
            p.Compute.Product(asked.Every(_heads, head), _values, head..(head + 1), mixed.ColumnRange(head * headWidth, headWidth));
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
            TensorPrimitives.Add(pixels.RowSpan(i), _positions.Numbers.Slice((i + 1) * _width, _width), all.RowSpan(i + 1));
        }
        TensorPrimitives.Divide(mean, pixels.Rows, mean);
        TensorPrimitives.Add(mean, _positions.Numbers[.._width], mean);
    }
}
