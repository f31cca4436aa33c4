using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>x ← x + attention(ln_1(x)); x ← x + mlp(ln_2(x)).</summary>
/// <remarks>Radford et al. 2021, 2.4: pre-norm, as in Vaswani et al. 2017 with the norm moved to the front.</remarks>
internal sealed class ResidualAttentionBlock(TransformerConfig config, BlockWeights w)
{
    /// <summary>All tokens: <see cref="Pass.X"/> in, <see cref="Pass.X"/> out.</summary>
    public void Forward(Pass a, bool causal)
    {
        Compute compute = a.Compute;
        // q, k, v = ln_1(x) · Wqkv + b
        compute.LayerNorm(a.X, w.Ln1, a.Y);
        compute.Linear(a.Y, w.Qkv, .., a.Qkv);

        // x = x + attention(q, k, v) · Wout + b
        compute.Attention(a.Query, a.Key, a.Value, Starts(a), config.Heads, causal, onePerSequence: false, a.Y);
        compute.AddLinear(a.Y, w.Out, a.X, a.Sums);

        Mlp(a.X, a.Y, a.Hidden, a.Sums, compute);
    }

    /// <summary>
    /// The last block: only one token of each sequence is read after it, so only that token is computed. Its key-value side still is
    /// every token. In: <see cref="Pass.X"/>; out: <see cref="Pass.PooledX"/>.
    /// </summary>
    /// <param name="a">The pass.</param>
    /// <param name="readLast">Whether the token that is read is the last of its sequence, else the first.</param>
    public void ForwardPooled(Pass a, bool readLast)
    {
        Compute compute = a.Compute;
        compute.LayerNorm(a.X, w.Ln1, a.Y);
        for (int i = 0; i < a.Sequences; i++)
        {
            int row = readLast ? a.Starts[i + 1] - 1 : a.Starts[i];
            a.X.RowSpan(row).CopyTo(a.PooledX.RowSpan(i));
            a.Y.RowSpan(row).CopyTo(a.PooledY.RowSpan(i));
        }

        compute.Linear(a.PooledY, w.Qkv, 0..1, a.PooledQuery);
        compute.Linear(a.Y, w.Qkv, 1..3, a.KeyValue);

        // The token that is read sees every key: it is the last of a causal sequence, or there is no mask.
        compute.Attention(a.PooledQuery, a.Key, a.Value, Starts(a), config.Heads, causal: false, onePerSequence: true, a.PooledY);
        MatrixView sums = a.Sums.Top(a.Sequences);
        compute.AddLinear(a.PooledY, w.Out, a.PooledX, sums);

        Mlp(a.PooledX, a.PooledY, a.Hidden.Top(a.Sequences), sums, compute);
    }

    private static ReadOnlySpan<int> Starts(Pass a) => a.Starts.AsSpan(0, a.Sequences + 1);

    /// <summary>x = x + gelu(ln_2(x) · Wfc + b) · Wproj + b</summary>
    private void Mlp(MatrixView x, MatrixView y, MatrixView hidden, MatrixView sums, Compute compute)
    {
        compute.LayerNorm(x, w.Ln2, y);
        compute.Linear(y, w.Fc, config.Gelu, hidden);
        compute.AddLinear(hidden, w.Proj, x, sums);
    }
}
