using PureClip.Memory;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>The machine as a model sees it: one vector width, some threads, and the scratch that products need.</summary>
internal abstract unsafe class Compute(WorkerPool pool, int scratchFloats) : IDisposable
{
    private readonly AlignedBuffer _scratch = new((long)pool.Workers * scratchFloats);

    /// <summary>Who computes.</summary>
    public WorkerPool Pool => pool;

    /// <summary>Bytes of scratch.</summary>
    public long Bytes => _scratch.Length * sizeof(float);

    /// <summary>[workers, floats]</summary>
    protected MatrixView Scratch => new(_scratch.Pointer, pool.Workers, scratchFloats, scratchFloats);

    /// <summary>The machine with vectors of one width.</summary>
    public static Compute Of(SimdTier tier, WorkerPool pool, int tokens, int headWidth)
    {
        Maker maker = new() { Pool = pool, Tokens = tokens, HeadWidth = headWidth };
        tier.Dispatch(ref maker);
        return maker.Made!;
    }

    /// <summary>y = (x − mean) / √(variance + eps) · weight + bias over each row.</summary>
    public abstract void LayerNorm(MatrixView x, LayerNormWeights w, MatrixView y);

    /// <summary>y = a · b</summary>
    public abstract void Product(MatrixView a, PackedMatrix b, MatrixView y);

    /// <summary>y = a · b + bias, of some parts of b.</summary>
    public abstract void Linear(MatrixView a, PackedMatrix b, Range parts, MatrixView y);

    /// <summary>y = gelu(a · b + bias)</summary>
    public abstract void Linear(MatrixView a, PackedMatrix b, GeluKind gelu, MatrixView y);

    /// <summary>x = x + (a · b + bias)</summary>
    public abstract void AddLinear(MatrixView a, PackedMatrix b, MatrixView x, MatrixView sums);

    /// <summary>y = softmax(q · kᵀ / √d) · v</summary>
    public abstract void Attention(MatrixView q, MatrixView k, MatrixView v, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence, MatrixView y);

    /// <summary>x / ‖x‖₂ of one row.</summary>
    public abstract void Normalize(MatrixView x, int row);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    private struct Maker : ISimdAction
    {
        public WorkerPool Pool;
        public int Tokens, HeadWidth;
        public Compute? Made;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Made = new Compute<V>(Pool, Workspace.RoundUp(Math.Max(GemmScratch<V>.Floats, Kernels.Attention.ScratchFloats<V>(Tokens, HeadWidth))) + 16);
    }
}

/// <summary>The kernels, compiled for one vector.</summary>
internal sealed unsafe class Compute<V>(WorkerPool pool, int scratchFloats) : Compute(pool, scratchFloats)
    where V : unmanaged, ISimd<V>
{
    public override void LayerNorm(MatrixView x, LayerNormWeights w, MatrixView y) => Kernels.LayerNorm.Run<V>(x, w.Weight, w.Bias, w.Eps, y, Pool);

    public override void Product(MatrixView a, PackedMatrix b, MatrixView y) => Gemm.Run<V, Store>(a, b, y, new(y), Scratch, Pool);

    public override void Linear(MatrixView a, PackedMatrix b, Range parts, MatrixView y)
    {
        int first = parts.GetOffsetAndLength(b.Parts).Offset;
        Gemm.Run<V, AddBias>(a, b, parts, y, new(b.Bias + first * (b.PaddedColumns / b.Parts), y), Scratch, Pool);
    }

    public override void Linear(MatrixView a, PackedMatrix b, GeluKind gelu, MatrixView y)
    {
        switch (gelu)
        {
            case GeluKind.Quick: Gemm.Run<V, AddBiasActivate<QuickGelu>>(a, b, y, new(b.Bias, y), Scratch, Pool); break;
            case GeluKind.Erf: Gemm.Run<V, AddBiasActivate<Gelu>>(a, b, y, new(b.Bias, y), Scratch, Pool); break;
            default: Gemm.Run<V, AddBiasActivate<GeluTanh>>(a, b, y, new(b.Bias, y), Scratch, Pool); break;
        }
    }

    public override void AddLinear(MatrixView a, PackedMatrix b, MatrixView x, MatrixView sums) => Gemm.Run<V, AddBiasToResidual>(a, b, sums, new(b.Bias, x), Scratch, Pool);

    public override void Attention(MatrixView q, MatrixView k, MatrixView v, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence, MatrixView y) =>
        Kernels.Attention.Run<V>(q, k, v, starts, heads, causal, onePerSequence, y, Scratch, Pool);

    public override void Normalize(MatrixView x, int row) => L2Normalize.Row<V>(x, row);
}
