using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>What tokens see, beside what is in no sequence of theirs.</summary>
internal enum Sight
{
    /// <summary>Every token of their sequence.</summary>
    All,

    /// <summary>Themselves and what came before them.</summary>
    Back,

    /// <summary>As <see cref="Back"/>, but the last one not itself: CoCa's class token.</summary>
    BackBlindEnd,
}

/// <summary>Attention of several heads: softmax(q · kᵀ / √d) · v · Wo + b with q, k, v = x · Wqkv + b.</summary>
/// <param name="at">Where it stands.</param>
/// <param name="c">Sizes, and whether the mixture is normed.</param>
/// <param name="angles">What turns queries and keys; null for nothing.</param>
/// <param name="layer">Which block.</param>
/// <remarks>Vaswani et al. 2017, 3.2.2; the norm of the mixture Wang et al. 2022, "Foundation Transformers".</remarks>
internal sealed class Attention(Scope at, TransformerConfig c, RotaryAngles? angles, int layer)
{
    private readonly Linear _qkv = new(at["qkv"], c.Width, c.Width, parts: 3), _out = new(at["out"], c.Width, c.Width);
    private readonly Norm? _norm = c.HasInnerNorms ? new(at["norm"], c.Width, c.LayerNormEps) : null;

    /// <summary>z = z + attention(y)</summary>
    /// <param name="p">The pass.</param>
    /// <param name="y">[rows, width]: every token, normalised.</param>
    /// <param name="sight">What tokens see.</param>
    /// <param name="read">Which tokens ask. A single one sees every key: it is the last of a causal sequence, or there is no mask.</param>
    /// <param name="z">[tokens that ask, width]: the residual stream.</param>
    public void AddTo(Pass p, MatrixView y, Sight sight, ReadOut read, MatrixView z)
    {
        long mark = p.Mark();
        MatrixView mixed = Mix(p, y, sight, read, z.Rows);
        _out.AddTo(p, mixed, z);
        p.Release(mark);
    }

    /// <summary>result = attention(y)</summary>
    /// <inheritdoc cref="AddTo"/>
    /// <param name="p">The pass.</param>
    /// <param name="y">[rows, width]: every token.</param>
    /// <param name="sight">What tokens see.</param>
    /// <param name="read">Which tokens ask.</param>
    /// <param name="result">[tokens that ask, width]</param>
    public void Run(Pass p, MatrixView y, Sight sight, ReadOut read, MatrixView result)
    {
        long mark = p.Mark();
        _out.Run(p, Mix(p, y, sight, read, result.Rows), result);
        p.Release(mark);
    }

    /// <summary>The heads' mixtures of values, beside one another: [tokens that ask, width].</summary>
    private MatrixView Mix(Pass p, MatrixView y, Sight sight, ReadOut read, int rows)
    {
        int width = c.Width;
        bool readsOne = read.ReadsOne();
        int part = p.Compute.PaddedColumns(width);
        MatrixView mixed = p.Take("attention", rows, width);                                  // [asking, width]
        long mark = p.Mark();
        MatrixView qkv = p.Take("qkv", y.Rows, readsOne ? 2 * part : 3 * part);                 // query, key and value beside one another
        MatrixView query = readsOne ? p.Take("query", rows, width) : qkv.ColumnRange(0, width); // [asking, width]
        MatrixView key = qkv.ColumnRange(qkv.Columns - 2 * part, width);                        // [rows, width]
        MatrixView value = qkv.ColumnRange(qkv.Columns - part, width);                          // [rows, width]
        if (readsOne)
        {
            MatrixView asking = p.Pick(y, read, "asking");
            _qkv.Run(p, asking, 0..1, query);
            _qkv.Run(p, y, 1..3, qkv);
        }
        else
        {
            _qkv.Run(p, y, 0..3, qkv);
        }

        MatrixView weights = p.Paths is not null || p.Taps?.Wants(Tap.Attention, layer) == true
            ? p.Take("attention.weights", rows * c.Heads, p.LongestSequence)
            : default;
        if (angles is not null)
            Rotate(p, query, key, read);
        p.Compute.Attention(
            query, key, value, p.Starts, c.Heads, sight != Sight.All && !readsOne, readsOne, mixed, weights, sight == Sight.BackBlindEnd,
            p.Unseen);
        p.Tap(Tap.Attention, layer, weights);
        p.Paths?.See(p, layer, weights, value, c.Heads, _out);
        p.Release(mark);
        _norm?.Run(p, mixed, mixed);
        return mixed;
    }

    /// <summary>A class token that is read alone has no place, and its query is not turned.</summary>
    private void Rotate(Pass p, MatrixView query, MatrixView key, ReadOut read)
    {
        if (read is ReadOut.Last or ReadOut.Marked)
            throw new NotSupportedException("The last patch of a picture cannot be read by itself where positions are rotary.");
        p.Compute.Rotate(key, angles!, p.Starts);
        if (!read.ReadsOne())
            p.Compute.Rotate(query, angles!, p.Starts);
    }
}
