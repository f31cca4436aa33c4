using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>A machine that computes nothing: it counts what a pass takes, before there are numbers to compute with.</summary>
internal abstract class CountingCompute() : Compute(WorkerPool.Serial, new())
{
    /// <inheritdoc/>
    public override bool IsReal => false;

    /// <summary>
    /// Floating-point operations so far: two for each multiply-add of a matrix product. Norms, activations and softmax, about one in a
    /// hundred, are left out, as is usual.
    /// </summary>
    public double Flops { get; protected set; }

    /// <summary>What the real machine needs for the same calls.</summary>
    public ComputeNeed Need => new(Arena.Peak, checked((int)ScratchFloats));

    /// <summary>Floats of scratch for each worker.</summary>
    protected long ScratchFloats { get; set; }
}

/// <summary>The memory depends on the vector: its tiles are as wide as it is.</summary>
internal sealed class CountingCompute<V> : CountingCompute
    where V : unmanaged, ISimd<V>
{
    public CountingCompute() => ScratchFloats = GemmScratch<V>.Floats;

    public override int PaddedColumns(int columns) => (columns + GemmBlocking<V>.Nr - 1) / GemmBlocking<V>.Nr * GemmBlocking<V>.Nr;

    public override void LayerNorm(MatrixView x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float eps, MatrixView y)
    {
    }

    public override void Product(MatrixView a, WeightMatrix b, Range parts, MatrixView y, Act act = Act.None) =>
        Flops += 2.0 * a.Rows * b.Inputs * b.Outputs * parts.GetOffsetAndLength(b.Parts).Length;

    public override void AddProduct(MatrixView a, WeightMatrix b, MatrixView x, Act act = Act.None)
    {
        Product(a, b, .., x, act);
        long mark = Arena.Mark;
        Arena.Take(x.Rows, x.Columns);
        Arena.Release(mark);
    }

    public override void Convolve(MatrixView x, Window window, WeightMatrix b, MatrixView y, Act act) =>
        Flops += 2.0 * y.Rows * b.Inputs * b.Outputs;

    public override void ConvolveByTiles(MatrixView x, int side, WeightMatrix b, MatrixView y)
    {
        Flops += 2.0 * y.Rows * 9 * b.Inputs * b.Outputs; // of the convolution, as is usual
        int all = y.Rows / (side * side) * Winograd.TilesOf(side), step = Winograd.TilesAtOnce(b.Inputs, b.Outputs, all);
        long mark = Arena.Mark;
        Arena.Take(Winograd.Places * step, b.Inputs);
        Arena.Take(Winograd.Places * step, b.Outputs);
        Arena.Release(mark);
    }

    public override void Depthwise(MatrixView x, Window window, DepthwiseKernel kernel, MatrixView y, Act act = Act.None)
    {
        Flops += 2.0 * y.Rows * kernel.Places * kernel.Outputs;
        ScratchFloats = Math.Max(ScratchFloats, Kernels.Depthwise.ScratchFloats<V>(window));
    }

    public override void AveragePool(MatrixView x, int side, MatrixView y)
    {
    }

    public override void Excite(MatrixView x, MatrixView factors)
    {
    }

    public override void Activate(MatrixView x)
    {
    }

    public override void Attention(
        MatrixView q, MatrixView k, MatrixView v, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence, MatrixView y,
        MatrixView weights = default, bool blindEnd = false, ReadOnlySpan<bool> unseen = default)
    {
        for (int i = 0; i < starts.Length - 1; i++)
        {
            int tokens = starts[i + 1] - starts[i];
            double pairs = onePerSequence ? tokens : causal ? tokens * (tokens + 1.0) / 2 : (double)tokens * tokens;
            Flops += 2 * 2 * pairs * k.Columns; // query · key and weight · value
            ScratchFloats = Math.Max(ScratchFloats, Kernels.Attention.ScratchFloats<V>(tokens, k.Columns / heads));
        }
    }

    public override void Gate(MatrixView gate, MatrixView x)
    {
    }

    public override void Normalize(MatrixView x, int row)
    {
    }
}
