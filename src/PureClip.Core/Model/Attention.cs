using PureClip.Memory;

namespace PureClip.Model;

/// <summary>Attention of several heads: softmax(q · kᵀ / √d) · v · Wo + b with q, k, v = x · Wqkv + b.</summary>
/// <remarks>Vaswani et al. 2017, 3.2.2.</remarks>
internal sealed class Attention(Scope at, int width, int heads, int layer)
{
    private readonly Linear _qkv = new(at["qkv"], width, width, parts: 3), _out = new(at["out"], width, width);

    /// <summary>z = z + attention(y)</summary>
    /// <param name="p">The pass.</param>
    /// <param name="y">[rows, width]: every token, normalised.</param>
    /// <param name="causal">Whether tokens see only what came before them.</param>
    /// <param name="read">Which tokens ask. A single one sees every key: it is the last of a causal sequence, or there is no mask.</param>
    /// <param name="z">[tokens that ask, width]: the residual stream.</param>
    public void AddTo(Pass p, MatrixView y, bool causal, ReadOut read, MatrixView z)
    {
        bool readsOne = read.ReadsOne();
        int part = p.Compute.PaddedColumns(width);
        MatrixView mixed = p.Take("attention", z.Rows, width);                                  // [asking, width]
        long mark = p.Mark();
        MatrixView qkv = p.Take("qkv", y.Rows, readsOne ? 2 * part : 3 * part);                 // query, key and value beside one another
        MatrixView query = readsOne ? p.Take("query", z.Rows, width) : qkv.ColumnRange(0, width); // [asking, width]
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

        MatrixView weights = p.Taps?.Wants(Tap.Attention, layer) == true
            ? p.Take("attention.weights", z.Rows * heads, p.LongestSequence)
            : default;
        p.Compute.Attention(query, key, value, p.Starts, heads, causal && !readsOne, readsOne, mixed, weights);
        p.Tap(Tap.Attention, layer, weights);
        p.Release(mark);
        _out.AddTo(p, mixed, z);
    }
}
