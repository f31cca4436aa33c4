using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>
/// The machine as a trainer sees it: the forward products that keep what the backward ones need, and the backward ones. Every result has
/// the same bits for any number of threads. One call at a time: all threads work on it.
/// </summary>
internal abstract unsafe class TrainingCompute(SimdTier tier, WorkerPool pool) : IDisposable
{
    private AlignedBuffer _scratch = new(0), _shared = new(0);

    /// <summary>Who computes.</summary>
    public WorkerPool Pool => pool;

    /// <summary>With what.</summary>
    public SimdTier Tier => tier;

    /// <summary>How matrices are packed.</summary>
    public PanelLayout Layout { get; } = PanelLayout.Of(tier, WeightType.F32);

    /// <summary>The machine with vectors of one width.</summary>
    public static TrainingCompute Of(SimdTier tier, WorkerPool pool)
    {
        Maker maker = new() { Tier = tier, Pool = pool };
        tier.Dispatch(ref maker);
        return maker.Made!;
    }

    /// <summary>y = a·b</summary>
    public abstract void Product(MatrixView a, PackedMatrix b, MatrixView y);

    /// <summary>c += aᵀ·b</summary>
    /// <param name="a">[rows, m]</param>
    /// <param name="b">[rows, n]</param>
    /// <param name="c">[m, n]</param>
    public abstract void AddTransposedProduct(MatrixView a, MatrixView b, MatrixView c);

    /// <summary>sums += Σ rows</summary>
    /// <param name="rows">[rows, columns]</param>
    /// <param name="sums">[columns]</param>
    public abstract void AddRows(MatrixView rows, float* sums);

    /// <summary>y = x·Wᵀ + b</summary>
    public abstract void Linear(MatrixView x, TrainedMatrix w, MatrixView y);

    /// <summary>h = x·Wᵀ + b, y = f(h)</summary>
    public abstract void Linear(MatrixView x, TrainedMatrix w, Nonlinearity f, MatrixView h, MatrixView y);

    /// <summary>y = residual + (x·Wᵀ + b)</summary>
    public abstract void LinearPlus(MatrixView x, TrainedMatrix w, MatrixView residual, MatrixView y);

    /// <summary>dX = dY·W</summary>
    public void InputGradient(MatrixView dy, TrainedMatrix w, MatrixView dx) => Product(dy, w.Backward, dx);

    /// <summary>dH = (dY·W) ⊙ f′(h), and y = f(h) once more.</summary>
    public abstract void InputGradient(MatrixView dy, TrainedMatrix w, Nonlinearity f, MatrixView h, MatrixView dh, MatrixView y);

    /// <summary>dW += dYᵀ·X and db += Σ dY; of a matrix that does not learn, its adapters' gradients, if it has any.</summary>
    public void WeightGradient(MatrixView dy, MatrixView x, TrainedMatrix w)
    {
        if (w.Learns)
            AddTransposedProduct(dy, x, w.Gradient);
        if (w.BiasGradient is not null)
            AddRows(dy, w.BiasGradient);
        foreach (LowRank adapter in w.Adapters)
            adapter.AddGradients(dy, x, this);
    }

    /// <summary>y = norm(x)</summary>
    public abstract void LayerNorm(MatrixView x, TrainedNorm norm, MatrixView y);

    /// <summary>dx = or += the gradient through a norm; its scale and shift get theirs.</summary>
    public abstract void LayerNormBackward(MatrixView x, TrainedNorm norm, MatrixView dy, MatrixView dx, bool add);

    /// <summary>y = SiLU(g) ⊙ v</summary>
    public abstract void Gate(MatrixView g, MatrixView v, MatrixView y);

    /// <summary>dg = dy ⊙ v ⊙ SiLU′(g) and dv = dy ⊙ SiLU(g)</summary>
    public abstract void GateBackward(MatrixView g, MatrixView v, MatrixView dy, MatrixView dg, MatrixView dv);

    /// <summary>to += from</summary>
    public void Add(MatrixView from, MatrixView to) =>
        Pool.For(from.Rows, row => TensorPrimitives.Add(to.RowSpan(row), from.RowSpan(row), to.RowSpan(row)));

    /// <summary>to = from</summary>
    public void Copy(MatrixView from, MatrixView to)
    {
        for (int row = 0; row < from.Rows; row++)
            from.RowSpan(row).CopyTo(to.RowSpan(row));
    }

    /// <summary>
    /// y = softmax(q·kᵀ/√d)·v for each head of each sequence; the last token may be told not to see itself, see <see cref="Model.Sight"/>.
    /// </summary>
    public abstract void Attention(
        MatrixView q, MatrixView k, MatrixView v, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence, MatrixView y,
        bool blindEnd = false);

    /// <summary>Gradients by queries, keys and values; see <see cref="Training.AttentionBackward"/>.</summary>
    public abstract void AttentionBackward(
        MatrixView q, MatrixView k, MatrixView v, MatrixView dOut, ReadOnlySpan<int> queryStarts, ReadOnlySpan<int> keyStarts, int heads,
        bool causal, MatrixView dq, MatrixView dk, MatrixView dv, bool blindEnd = false);

    /// <summary>softmax(scale · x) of each row, in place; rows may be written up to the next whole vector.</summary>
    /// <param name="x">[rows, columns]: numbers in, probabilities out.</param>
    /// <param name="scale">What numbers are multiplied by.</param>
    /// <param name="logSums">[rows]: receives max + ln Σ of each row.</param>
    public abstract void SoftmaxRows(MatrixView x, float scale, Span<float> logSums);

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch.Dispose();
        _shared.Dispose();
    }

    /// <summary>[workers, floats]: a worker's own.</summary>
    protected MatrixView Scratch(int floats)
    {
        floats = (floats + 31) / 32 * 32 + 16; // rows start on cache lines
        return new(Grown(ref _scratch, (long)floats * pool.Workers), pool.Workers, floats, floats);
    }

    /// <summary>Memory of all workers together.</summary>
    protected float* Shared(long floats) => Grown(ref _shared, floats);

    private static float* Grown(ref AlignedBuffer buffer, long floats)
    {
        if (buffer.Length < floats)
        {
            buffer.Dispose();
            buffer = new(floats);
        }
        return buffer.Pointer;
    }

    private struct Maker : ISimdAction
    {
        public SimdTier Tier;
        public WorkerPool Pool;
        public TrainingCompute? Made;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Made = new TrainingCompute<V>(Tier, Pool);
    }
}

/// <summary>The kernels, compiled for one vector.</summary>
internal sealed unsafe class TrainingCompute<V>(SimdTier tier, WorkerPool pool) : TrainingCompute(tier, pool)
    where V : unmanaged, ISimd<V>
{
    private MatrixView GemmMemory => Scratch(GemmScratch<V>.Floats);

    public override void Product(MatrixView a, PackedMatrix b, MatrixView y) => Gemm.Run<V, Store>(a, b, y, new(y), GemmMemory, Pool);

    public override void AddTransposedProduct(MatrixView a, MatrixView b, MatrixView c) =>
        Training.WeightGradient.Run<V>(
            a, b, c, Shared(Training.WeightGradient.PanelFloats<V>(b.Columns)), Scratch(Training.WeightGradient.ScratchFloats<V>()), Pool);

    public override void AddRows(MatrixView rows, float* sums) => ColumnSums.Run<V>(rows, sums, Pool);

    public override void Linear(MatrixView x, TrainedMatrix w, MatrixView y) =>
        Gemm.Run<V, AddBias>(x, w.Forward, y, new(w.Forward.Bias, y), GemmMemory, Pool);

    public override void Linear(MatrixView x, TrainedMatrix w, Nonlinearity f, MatrixView h, MatrixView y)
    {
        switch (f)
        {
            case Nonlinearity.QuickGelu: Linear<QuickGeluSlope>(x, w, h, y); break;
            case Nonlinearity.Gelu: Linear<GeluSlope>(x, w, h, y); break;
            case Nonlinearity.GeluTanh: Linear<GeluTanhSlope>(x, w, h, y); break;
            default: Linear<SiluSlope>(x, w, h, y); break;
        }
    }

    public override void LinearPlus(MatrixView x, TrainedMatrix w, MatrixView residual, MatrixView y) =>
        Gemm.Run<V, AddBiasPlus>(x, w.Forward, y, new(w.Forward.Bias, residual, y), GemmMemory, Pool);

    public override void InputGradient(MatrixView dy, TrainedMatrix w, Nonlinearity f, MatrixView h, MatrixView dh, MatrixView y)
    {
        switch (f)
        {
            case Nonlinearity.QuickGelu: InputGradient<QuickGeluSlope>(dy, w, h, dh, y); break;
            case Nonlinearity.Gelu: InputGradient<GeluSlope>(dy, w, h, dh, y); break;
            case Nonlinearity.GeluTanh: InputGradient<GeluTanhSlope>(dy, w, h, dh, y); break;
            default: InputGradient<SiluSlope>(dy, w, h, dh, y); break;
        }
    }

    public override void LayerNorm(MatrixView x, TrainedNorm norm, MatrixView y) =>
        Kernels.LayerNorm.Run<V>(x, (float*)norm.Weight, (float*)norm.Bias, norm.Eps, y, Pool);

    public override void LayerNormBackward(MatrixView x, TrainedNorm norm, MatrixView dy, MatrixView dx, bool add)
    {
        MatrixView statistics = new(Shared(2L * x.Rows), x.Rows, 2, 2);
        if (norm.WeightGradient != 0 && dx.Data == dy.Data)
            throw new ArgumentException("A norm that learns needs dy after dx has been written: give dx memory of its own.", nameof(dx));
        Training.LayerNormBackward.Rows<V>(x, (float*)norm.Weight, norm.Eps, dy, dx, add, statistics, Pool);
        if (norm.WeightGradient != 0)
            Training.LayerNormBackward.Columns<V>(x, statistics, dy, (float*)norm.WeightGradient, (float*)norm.BiasGradient, Pool);
    }

    public override void Attention(
        MatrixView q, MatrixView k, MatrixView v, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence, MatrixView y,
        bool blindEnd = false) =>
        Kernels.Attention.Run<V>(
            q, k, v, starts, heads, causal, onePerSequence, y, weights: default,
            Scratch(checked((int)Kernels.Attention.ScratchFloats<V>(Longest(starts), k.Columns / heads))), Pool, blindEnd);

    public override void AttentionBackward(
        MatrixView q, MatrixView k, MatrixView v, MatrixView dOut, ReadOnlySpan<int> queryStarts, ReadOnlySpan<int> keyStarts, int heads,
        bool causal, MatrixView dq, MatrixView dk, MatrixView dv, bool blindEnd = false)
    {
        int floats = Training.AttentionBackward.ScratchFloats<V>(Longest(queryStarts), Longest(keyStarts), k.Columns / heads);
        Training.AttentionBackward.Run<V>(
            q, k, v, dOut, queryStarts, keyStarts, heads, causal, dq, dk, dv, Scratch(floats), Pool, blindEnd);
    }

    public override void Gate(MatrixView g, MatrixView v, MatrixView y)
    {
        Copy(g, y);
        SiluGate.Run<V>(y, v, Pool);
    }

    public override void GateBackward(MatrixView g, MatrixView v, MatrixView dy, MatrixView dg, MatrixView dv)
    {
        GateBody body = new() { G = g, V_ = v, DY = dy, DG = dg, DV = dv };
        Pool.Run(g.Rows, ref body);
    }

    public override void SoftmaxRows(MatrixView x, float scale, Span<float> logSums)
    {
        fixed (float* sums = logSums)
        {
            SoftmaxBody body = new() { X = x, Scale = scale, LogSums = sums };
            Pool.Run(x.Rows, ref body);
        }
    }

    private static int Longest(ReadOnlySpan<int> starts)
    {
        int longest = 0;
        for (int i = 1; i < starts.Length; i++)
            longest = Math.Max(longest, starts[i] - starts[i - 1]);
        return longest;
    }

    private void Linear<TSlope>(MatrixView x, TrainedMatrix w, MatrixView h, MatrixView y)
        where TSlope : struct, ISlope =>
        Gemm.Run<V, AddBiasKeepAndApply<TSlope>>(x, w.Forward, h, new(w.Forward.Bias, h, y), GemmMemory, Pool);

    private void InputGradient<TSlope>(MatrixView dy, TrainedMatrix w, MatrixView h, MatrixView dh, MatrixView y)
        where TSlope : struct, ISlope =>
        Gemm.Run<V, TimesSlope<TSlope>>(dy, w.Backward, dh, new(h, dh, y), GemmMemory, Pool);

    private struct GateBody : IParallelBody
    {
        public MatrixView G, V_, DY, DG, DV;

        public readonly void Invoke(int index, int worker)
        {
            int i = 0;
            for (; i <= G.Columns - V.Count; i += V.Count)
                At<V>(index, i);
            for (; i < G.Columns; i++)
                At<F32x1>(index, i);
        }

        private readonly void At<U>(int row, int i)
            where U : unmanaged, ISimd<U>
        {
            SiluSlope.Apply(U.Load(G.Row(row) + i), out U silu, out U slope);
            U dy = U.Load(DY.Row(row) + i);
            U.Store(dy * U.Load(V_.Row(row) + i) * slope, DG.Row(row) + i);
            U.Store(dy * silu, DV.Row(row) + i);
        }
    }

    private struct SoftmaxBody : IParallelBody
    {
        public MatrixView X;
        public float Scale;
        public float* LogSums;

        public readonly void Invoke(int index, int worker)
        {
            float* x = X.Row(index);
            for (int i = 0; i < X.Columns; i += V.Count)
                V.Store(V.Load(x + i) * V.Broadcast(Scale), x + i);
            LogSums[index] = RowSoftmax.Run<V>(x, X.Columns);
        }
    }
}
