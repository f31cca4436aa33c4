using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Model;

/// <summary>x ← x + attention(ln_1(x)); x ← x + mlp(ln_2(x)).</summary>
/// <remarks>Radford et al. 2021, 2.4: pre-norm, as in Vaswani et al. 2017 with the norm moved to the front.</remarks>
internal sealed unsafe class ResidualAttentionBlock(TransformerConfig config, BlockWeights w)
{
    /// <summary>All tokens: <see cref="Activations.X"/> in, <see cref="Activations.X"/> out.</summary>
    public void Forward<V>(Activations a, bool causal, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        // q, k, v = ln_1(x) · Wqkv + b
        LayerNorm.Run<V>(a.X, w.Ln1.Weight, w.Ln1.Bias, w.Ln1.Eps, a.Y, pool);
        Gemm.Run<V, AddBias>(a.Y, w.Qkv, a.Qkv, new(w.Qkv.Bias, a.Qkv), a.ProductScratch, pool);

        // x = x + attention(q, k, v) · Wout + b
        Attention.Run<V>(a.Query, a.Key, a.Value, Starts(a), config.Heads, causal, onePerSequence: false, a.Y, a.AttentionScratch, pool);
        Gemm.Run<V, AddBiasToResidual>(a.Y, w.Out, a.Sums, new(w.Out.Bias, a.X), a.ProductScratch, pool);

        Mlp<V>(a.X, a.Y, a.Hidden, a.Sums, a, pool);
    }

    /// <summary>
    /// The last block: only one token of each sequence is read after it, so only that token is computed. Its key-value side still is
    /// every token. In: <see cref="Activations.X"/>; out: <see cref="Activations.PooledX"/>.
    /// </summary>
    /// <param name="a">The pass.</param>
    /// <param name="readLast">Whether the token that is read is the last of its sequence, else the first.</param>
    /// <param name="pool">Who computes.</param>
    public void ForwardPooled<V>(Activations a, bool readLast, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        LayerNorm.Run<V>(a.X, w.Ln1.Weight, w.Ln1.Bias, w.Ln1.Eps, a.Y, pool);
        for (int i = 0; i < a.Sequences; i++)
        {
            int row = readLast ? a.Starts[i + 1] - 1 : a.Starts[i];
            a.X.RowSpan(row).CopyTo(a.PooledX.RowSpan(i));
            a.Y.RowSpan(row).CopyTo(a.PooledY.RowSpan(i));
        }

        Gemm.Run<V, AddBias>(a.PooledY, w.Qkv, 0..1, a.PooledQuery, new(w.Qkv.Bias, a.PooledQuery), a.ProductScratch, pool);
        Gemm.Run<V, AddBias>(a.Y, w.Qkv, 1..3, a.KeyValue, new(w.Qkv.Bias + w.Qkv.PaddedColumns / 3, a.KeyValue), a.ProductScratch, pool);

        // The token that is read sees every key: it is the last of a causal sequence, or there is no mask.
        Attention.Run<V>(a.PooledQuery, a.Key, a.Value, Starts(a), config.Heads, causal: false, onePerSequence: true, a.PooledY, a.AttentionScratch, pool);
        MatrixView sums = a.Sums.Top(a.Sequences);
        Gemm.Run<V, AddBiasToResidual>(a.PooledY, w.Out, sums, new(w.Out.Bias, a.PooledX), a.ProductScratch, pool);

        Mlp<V>(a.PooledX, a.PooledY, a.Hidden.Top(a.Sequences), sums, a, pool);
    }

    private static ReadOnlySpan<int> Starts(Activations a) => a.Starts.AsSpan(0, a.Sequences + 1);

    /// <summary>x = x + gelu(ln_2(x) · Wfc + b) · Wproj + b</summary>
    private void Mlp<V>(MatrixView x, MatrixView y, MatrixView hidden, MatrixView sums, Activations a, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        LayerNorm.Run<V>(x, w.Ln2.Weight, w.Ln2.Bias, w.Ln2.Eps, y, pool);
        switch (config.Gelu)
        {
            case GeluKind.Quick: Expand<V, QuickGelu>(y, hidden, a, pool); break;
            case GeluKind.Erf: Expand<V, Gelu>(y, hidden, a, pool); break;
            default: Expand<V, GeluTanh>(y, hidden, a, pool); break;
        }
        Gemm.Run<V, AddBiasToResidual>(hidden, w.Proj, sums, new(w.Proj.Bias, x), a.ProductScratch, pool);
    }

    private void Expand<V, TActivation>(MatrixView y, MatrixView hidden, Activations a, WorkerPool pool)
        where V : unmanaged, ISimd<V>
        where TActivation : struct, IActivation =>
        Gemm.Run<V, AddBiasActivate<TActivation>>(y, w.Fc, hidden, new(w.Fc.Bias, hidden), a.ProductScratch, pool);
}
