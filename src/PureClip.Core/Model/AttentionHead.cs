using PureClip.Memory;

namespace PureClip.Model;

/// <summary>One embedding of all tokens: a learnt one asks, all answer, and a residual MLP follows.</summary>
/// <remarks>
/// Zhai et al. 2022, "Scaling Vision Transformers": multi-head attention pooling (MAP). y = a + mlp(norm(a)), and nothing else of the
/// residual stream: the learnt token itself is not added.
/// </remarks>
internal sealed class AttentionHead(Scope at, VisionTransformerConfig c)
{
    private readonly Parameter _probe = at.Declare("probe", [c.Transformer.Width]);
    private readonly Linear _qkv = new(at["attn.qkv"], c.Transformer.Width, c.Transformer.Width, parts: 3);
    private readonly Linear _out = new(at["attn.out"], c.Transformer.Width, c.Transformer.Width);
    private readonly Norm _norm = new(at["ln"], c.Transformer.Width, c.Transformer.LayerNormEps);
    private readonly Mlp _mlp = new(at["mlp"], c.Transformer.Width, c.PoolMlpWidth, c.Transformer.Act, isGated: false, norm: null);

    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, width]: every token, normed.</param>
    /// <param name="y">[pictures, width]</param>
    public void Run(Pass p, MatrixView x, MatrixView y)
    {
        long mark = p.Mark();
        int width = x.Columns, part = p.Compute.PaddedColumns(width);
        MatrixView mixed = p.Take("head.attention", y.Rows, width);                     // [pictures, width]
        MatrixView probe = p.Take("head.probe", y.Rows, width), query = p.Take("head.query", y.Rows, width);
        MatrixView answers = p.Take("head.answers", x.Rows, 2 * part);                  // key and value beside one another
        for (int i = 0; i < y.Rows && p.Compute.IsReal; i++)
            _probe.Numbers.CopyTo(probe.RowSpan(i));
        _qkv.Run(p, probe, 0..1, query);
        _qkv.Run(p, x, 1..3, answers);
        p.Compute.Attention(
            query, answers.ColumnRange(0, width), answers.ColumnRange(part, width), p.Starts, c.PoolHeads, causal: false,
            onePerSequence: true, mixed);
        _out.Run(p, mixed, y);
        p.Release(mark);

        MatrixView u = p.Take("head.ln", y.Rows, width);
        _norm.Run(p, y, u);
        _mlp.AddTo(p, u, y);
        p.Release(mark);
    }
}

/// <summary>The first of some learnt queries' answers: what the others ask is for captions.</summary>
/// <remarks>
/// Yu et al. 2022, "CoCa", as open_clip has it: keys and values are the tokens by a norm of their own, queries by another. What is added to
/// every key moves all scores alike and is nothing; what is added to every value stands in the mixture as it is.
/// </remarks>
internal sealed class QueryPool(Scope at, VisionTransformerConfig c, int width)
{
    private readonly Parameter _queries = at.Declare("queries", [c.PoolQueries, width]);
    private readonly Norm _normOfQueries = new(at["ln_query"], width, c.Transformer.LayerNormEps);
    private readonly Norm _normOfTokens = new(at["ln_key"], c.Transformer.Width, c.Transformer.LayerNormEps);
    private readonly Linear _query = new(at["query"], width, width, bias: false);
    private readonly Linear _key = new(at["key"], c.Transformer.Width, width, bias: false);
    private readonly Linear _value = new(at["value"], c.Transformer.Width, width, bias: false);
    private readonly Parameter _bias = at.Declare("qkv_bias", [3 * width]);
    private readonly Linear _out = new(at["out"], width, width);

    /// <param name="p">The pass.</param>
    /// <param name="x">[rows, tower's width]: every token.</param>
    /// <param name="y">[pictures, width]</param>
    public void Run(Pass p, MatrixView x, MatrixView y)
    {
        long mark = p.Mark();
        MatrixView asking = p.Take("pool.asking", y.Rows, width), query = p.Take("pool.query", y.Rows, width);
        MatrixView mixed = p.Take("pool.attention", y.Rows, width);                     // [pictures, width]
        MatrixView tokens = p.Take("pool.ln_key", x.Rows, x.Columns);                   // [rows, tower's width]
        MatrixView key = p.Take("pool.key", x.Rows, width), value = p.Take("pool.value", x.Rows, width);
        for (int i = 0; i < y.Rows && p.Compute.IsReal; i++)
            _queries.Numbers[..width].CopyTo(asking.RowSpan(i));
        _normOfQueries.Run(p, asking, asking);
        _normOfTokens.Run(p, x, tokens);
        _query.Run(p, asking, query);
        _key.Run(p, tokens, key);
        _value.Run(p, tokens, value);
        p.Compute.AddToRows(_bias.Numbers, 0, query);
        p.Compute.Attention(query, key, value, p.Starts, c.PoolHeads, causal: false, onePerSequence: true, mixed);
        p.Compute.AddToRows(_bias.Numbers, 2 * width, mixed);
        _out.Run(p, mixed, y);
        p.Release(mark);
    }
}
