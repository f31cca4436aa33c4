using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>What is done to each number of a product before it is stored.</summary>
internal enum Act
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x · σ(1.702·x)</summary>
    QuickGelu,

    /// <summary>x · Φ(x)</summary>
    Gelu,

    /// <summary>The tanh form of GELU.</summary>
    GeluTanh,

    /// <summary>max(x, 0)</summary>
    Relu,

    /// <summary>1 / (1 + e⁻ˣ)</summary>
    Sigmoid,
}

/// <summary>
/// The machine as a model sees it: one vector width, some threads, and the memory of one pass, from which it also takes what its products
/// need. Nobody above it names a vector, a pointer or scratch.
/// </summary>
internal abstract unsafe class Compute(WorkerPool pool, Arena arena) : IDisposable
{
    /// <summary>Who computes.</summary>
    public WorkerPool Pool => pool;

    /// <summary>The memory of the pass.</summary>
    public Arena Arena => arena;

    /// <summary>Whether numbers are computed; else they are only counted, and matrices have no memory.</summary>
    public virtual bool IsReal => true;

    /// <summary>The machine with vectors of one width.</summary>
    /// <param name="tier">The width.</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="need">What <see cref="Counting"/> has found to be needed.</param>
    public static Compute Of(SimdTier tier, WorkerPool pool, ComputeNeed need)
    {
        Maker maker = new() { Pool = pool, Need = need };
        tier.Dispatch(ref maker);
        return maker.Made!;
    }

    /// <summary>
    /// A machine that computes nothing and counts: operations, and the memory that the real one needs for the same calls.
    /// </summary>
    public static CountingCompute Counting(SimdTier tier)
    {
        CounterMaker maker = default;
        tier.Dispatch(ref maker);
        return maker.Made!;
    }

    /// <summary>Columns that one part of a product fills: the matrix's, rounded up to whole panels.</summary>
    public abstract int PaddedColumns(int columns);

    /// <summary>y = (x − mean) / √(variance + eps) · weight + bias over each row; y may be x.</summary>
    public abstract void LayerNorm(MatrixView x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float eps, MatrixView y);

    /// <summary>y = act(a · b + bias), the bias where b has one.</summary>
    public void Product(MatrixView a, WeightMatrix b, MatrixView y, Act act = Act.None) => Product(a, b, .., y, act);

    /// <summary>The same for some parts of b, whose columns lie in y from its first one on.</summary>
    public abstract void Product(MatrixView a, WeightMatrix b, Range parts, MatrixView y, Act act = Act.None);

    /// <summary>x = act(x + (a · b + bias)): the residual connection.</summary>
    public abstract void AddProduct(MatrixView a, WeightMatrix b, MatrixView x, Act act = Act.None);

    /// <summary>y = softmax(q · kᵀ / √d) · v for each head of each sequence.</summary>
    /// <param name="q">[query rows, width]: one row for every key row, or one a sequence.</param>
    /// <param name="k">[rows, width]</param>
    /// <param name="v">[rows, width]</param>
    /// <param name="starts">[sequences + 1]: first row of each sequence, and the row after the last.</param>
    /// <param name="heads">Heads; the width is a multiple of it.</param>
    /// <param name="causal">Whether a query sees only the keys up to its own position.</param>
    /// <param name="onePerSequence">Whether each sequence has a single query, which sees all its keys.</param>
    /// <param name="y">[query rows, width]</param>
    /// <param name="weights">[query rows · heads, longest sequence]: receives what each query gives each key; default for nowhere.</param>
    /// <param name="blindEnd">Whether the last token of each sequence, which then has two or more, does not see itself.</param>
    /// <param name="unseen">[rows]: keys that no query sees; empty for none. The first of each sequence is seen.</param>
    public abstract void Attention(
        MatrixView q, MatrixView k, MatrixView v, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence, MatrixView y,
        MatrixView weights = default, bool blindEnd = false, ReadOnlySpan<bool> unseen = default);

    /// <summary>Each row = softmax(scale · row · tokensᵀ) · tokens: what asks becomes the mixture of what answers.</summary>
    /// <param name="asking">[sequences · heads, width], overwritten.</param>
    /// <param name="tokens">[sequences · tokens, width]</param>
    /// <param name="heads">Rows of a sequence that ask.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    public void Mix(MatrixView asking, MatrixView tokens, int heads, float scale)
    {
        if (IsReal)
            TokenMixture.Run(asking, tokens, heads, scale, pool);
    }

    /// <summary>gate = SiLU(gate) · x, number by number.</summary>
    public abstract void Gate(MatrixView gate, MatrixView x);

    /// <summary>y = x</summary>
    public void Copy(MatrixView x, MatrixView y)
    {
        for (int row = 0; row < x.Rows && IsReal; row++)
            x.RowSpan(row).CopyTo(y.RowSpan(row));
    }

    /// <summary>z = z + x, number by number.</summary>
    public void Add(MatrixView x, MatrixView z)
    {
        for (int row = 0; row < x.Rows && IsReal; row++)
            TensorPrimitives.Add(z.RowSpan(row), x.RowSpan(row), z.RowSpan(row));
    }

    /// <summary>z = z · x, number by number.</summary>
    public void Multiply(MatrixView x, MatrixView z)
    {
        for (int row = 0; row < x.Rows && IsReal; row++)
            TensorPrimitives.Multiply(z.RowSpan(row), x.RowSpan(row), z.RowSpan(row));
    }

    /// <summary>y = the mean of what a window sees of each picture itself.</summary>
    /// <inheritdoc cref="Pools.AverageSeen"/>
    public void AverageSeen(MatrixView x, Window window, MatrixView y)
    {
        if (IsReal)
            Pools.AverageSeen(x, window, y, pool);
    }

    /// <summary>x = GELU(x)</summary>
    public abstract void Activate(MatrixView x);

    /// <summary>x = tanh(x), number by number: for what is one row of a sequence.</summary>
    public void Tanh(MatrixView x)
    {
        for (int row = 0; row < x.Rows && IsReal; row++)
            foreach (ref float number in x.RowSpan(row))
                number = MathF.Tanh(number);
    }

    /// <summary>Adds some of a parameter's numbers to every row.</summary>
    /// <param name="numbers">The parameter's; empty while it is only counted.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="x">[rows, columns]</param>
    public void AddToRows(ReadOnlySpan<float> numbers, int first, MatrixView x)
    {
        for (int row = 0; row < x.Rows && IsReal; row++)
            TensorPrimitives.Add(x.RowSpan(row), numbers.Slice(first, x.Columns), x.RowSpan(row));
    }

    /// <summary>Turns pairs of neighbouring numbers of queries or keys by the angles of their places.</summary>
    /// <param name="x">[rows, heads · head width], overwritten.</param>
    /// <param name="angles">What was made of the grid.</param>
    /// <param name="starts">[sequences + 1]: each has a row for every place, behind others that are not turned.</param>
    public void Rotate(MatrixView x, RotaryAngles angles, ReadOnlySpan<int> starts)
    {
        if (IsReal)
            angles.Rotate(x, starts, pool);
    }

    /// <summary>y = act(convolution(x) + bias), one of all channels: a product with what each output sees.</summary>
    /// <param name="x">[pictures · pixels, channels]</param>
    /// <param name="window">What an output sees.</param>
    /// <param name="b">[places · channels, outputs]</param>
    /// <param name="y">[pictures · output pixels, outputs]</param>
    /// <param name="act">What is done to each number.</param>
    public abstract void Convolve(MatrixView x, Window window, WeightMatrix b, MatrixView y, Act act);

    /// <summary>y = max(convolution(x) + bias, 0), one of 3x3 by tiles; see <see cref="Winograd"/>.</summary>
    /// <param name="x">[pictures · side², channels]</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="b">[channels, outputs] in 16 parts: transformed kernels.</param>
    /// <param name="y">[pictures · side², outputs]</param>
    public abstract void ConvolveByTiles(MatrixView x, int side, WeightMatrix b, MatrixView y);

    /// <summary>y = act(depthwise convolution(x) + bias), each channel by itself.</summary>
    /// <param name="x">[pictures · pixels, channels]</param>
    /// <param name="window">What an output sees; its stride is 1 or 2.</param>
    /// <param name="kernel">The numbers.</param>
    /// <param name="y">[pictures · output pixels, outputs]; not x.</param>
    /// <param name="act"><see cref="Act.None"/> or <see cref="Act.Gelu"/>.</param>
    public abstract void Depthwise(MatrixView x, Window window, DepthwiseKernel kernel, MatrixView y, Act act = Act.None);

    /// <summary>Each row of y is the mean of a square of four pixels of x.</summary>
    /// <param name="x">[pictures · side², channels]</param>
    /// <param name="side">Pixels of a side; even.</param>
    /// <param name="y">[pictures · side² / 4, channels]</param>
    public abstract void AveragePool(MatrixView x, int side, MatrixView y);

    /// <summary>Each row of y is the mean of a picture's pixels.</summary>
    /// <param name="x">[pictures · pixels, channels]</param>
    /// <param name="y">[pictures, channels]</param>
    public void MeanOfPixels(MatrixView x, MatrixView y)
    {
        if (IsReal)
            Pools.Mean(x, y, pool);
    }

    /// <summary>x = GELU(x · factors), those of the picture that a pixel is of.</summary>
    /// <param name="x">[pictures · pixels, channels], overwritten.</param>
    /// <param name="factors">[pictures, channels]</param>
    public abstract void Excite(MatrixView x, MatrixView factors);

    /// <summary>x / ‖x‖₂ of one row.</summary>
    public abstract void Normalize(MatrixView x, int row);

    /// <inheritdoc/>
    public void Dispose() => arena.Dispose();

    private struct Maker : ISimdAction
    {
        public WorkerPool Pool;
        public ComputeNeed Need;
        public Compute? Made;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Made = new Compute<V>(Pool, new(Need.FloatsFor(Pool.Workers)), Need.ScratchFloats);
    }

    private struct CounterMaker : ISimdAction
    {
        public CountingCompute? Made;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Made = new CountingCompute<V>();
    }
}

/// <summary>The memory of a pass.</summary>
/// <param name="Floats">Floats of the buffers that live at the same time.</param>
/// <param name="ScratchFloats">Floats of scratch for each worker.</param>
internal readonly record struct ComputeNeed(long Floats, int ScratchFloats)
{
    /// <summary>Floats in all, with the scratch of so many workers.</summary>
    public long FloatsFor(int workers) => Floats + (long)workers * Arena.Stride(ScratchFloats);
}

/// <summary>The kernels, compiled for one vector.</summary>
internal sealed unsafe class Compute<V> : Compute
    where V : unmanaged, ISimd<V>
{
    // At the same place for the whole pass: what one product leaves of it in the caches, the next one writes to.
    private readonly MatrixView _scratch;

    public Compute(WorkerPool pool, Arena arena, int scratchFloats)
        : base(pool, arena) => _scratch = arena.Take(pool.Workers, scratchFloats);

    public override int PaddedColumns(int columns) => (columns + GemmBlocking<V>.Nr - 1) / GemmBlocking<V>.Nr * GemmBlocking<V>.Nr;

    public override void LayerNorm(MatrixView x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float eps, MatrixView y)
    {
        fixed (float* w = weight, b = bias)
            Kernels.LayerNorm.Run<V>(x, w, b, eps, y, Pool);
    }

    public override void Product(MatrixView a, WeightMatrix b, Range parts, MatrixView y, Act act = Act.None) =>
        Product(a, default, b, parts, y, act);

    public override void Convolve(MatrixView x, Window window, WeightMatrix b, MatrixView y, Act act) =>
        Product(x, window, b, .., y, act);

    public override void ConvolveByTiles(MatrixView x, int side, WeightMatrix b, MatrixView y)
    {
        int all = y.Rows / (side * side) * Winograd.TilesOf(side), step = Winograd.TilesAtOnce(b.Inputs, b.Outputs, all);
        long mark = Arena.Mark;
        MatrixView seen = Arena.Take(Winograd.Places * step, b.Inputs), sums = Arena.Take(Winograd.Places * step, b.Outputs);
        for (int first = 0; first < all; first += step)
        {
            int count = Math.Min(step, all - first);
            Winograd.See<V>(x, side, first, count, step, seen, Pool);
            for (int place = 0; place < Winograd.Places; place++)
            {
                MatrixView some = sums.Range(place * step, count);
                Gemm.Run<V, Store>(seen.Range(place * step, count), b.Packed, place..(place + 1), some, new(some), _scratch, Pool);
            }
            Winograd.Finish<V>(sums, side, first, count, step, b.Packed.Bias, y, Pool);
        }
        Arena.Release(mark);
    }

    public override void Depthwise(MatrixView x, Window window, DepthwiseKernel kernel, MatrixView y, Act act = Act.None) =>
        Kernels.Depthwise.Run<V>(x, window, kernel, act, y, _scratch, Pool);

    public override void AveragePool(MatrixView x, int side, MatrixView y) => Pools.Average<V>(x, side, y, Pool);

    public override void Excite(MatrixView x, MatrixView factors) => Pools.ScaleAndActivate<V>(x, factors, Pool);

    public override void Activate(MatrixView x) => Pools.Activate<V>(x, Pool);

    private void Product(MatrixView a, Window window, WeightMatrix b, Range parts, MatrixView y, Act act)
    {
        PackedMatrix packed = b.Packed;
        float* bias = packed.Bias + parts.GetOffsetAndLength(packed.Parts).Offset * (packed.PaddedColumns / packed.Parts);
        switch (act)
        {
            case Act.None when !b.HasBias: Gemm.Run<V, Store>(a, packed, parts, y, new(y), _scratch, Pool, window); break;
            case Act.None: Gemm.Run<V, AddBias>(a, packed, parts, y, new(bias, y), _scratch, Pool, window); break;
            case Act.QuickGelu: Gemm.Run<V, AddBiasActivate<QuickGelu>>(a, packed, parts, y, new(bias, y), _scratch, Pool, window); break;
            case Act.Gelu: Gemm.Run<V, AddBiasActivate<Gelu>>(a, packed, parts, y, new(bias, y), _scratch, Pool, window); break;
            case Act.GeluTanh: Gemm.Run<V, AddBiasActivate<GeluTanh>>(a, packed, parts, y, new(bias, y), _scratch, Pool, window); break;
            case Act.Sigmoid: Gemm.Run<V, AddBiasActivate<Sigmoid>>(a, packed, parts, y, new(bias, y), _scratch, Pool, window); break;
            default: Gemm.Run<V, AddBiasActivate<Relu>>(a, packed, parts, y, new(bias, y), _scratch, Pool, window); break;
        }
    }

    public override void AddProduct(MatrixView a, WeightMatrix b, MatrixView x, Act act = Act.None)
    {
        // x is read when a sum is finished, so partial sums of it need another place.
        long mark = Arena.Mark;
        MatrixView sums = Arena.Take(x.Rows, x.Columns);
        if (act == Act.None)
            Gemm.Run<V, AddBiasToResidual>(a, b.Packed, sums, new(b.Packed.Bias, x), _scratch, Pool);
        else if (act == Act.Relu)
            Gemm.Run<V, AddBiasToResidualActivate<Relu>>(a, b.Packed, sums, new(b.Packed.Bias, x), _scratch, Pool);
        else
            throw new NotSupportedException($"No residual connection ends in {act}.");
        Arena.Release(mark);
    }

    public override void Attention(
        MatrixView q, MatrixView k, MatrixView v, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence, MatrixView y,
        MatrixView weights = default, bool blindEnd = false, ReadOnlySpan<bool> unseen = default) =>
        Kernels.Attention.Run<V>(q, k, v, starts, heads, causal, onePerSequence, y, weights, _scratch, Pool, blindEnd, unseen);

    public override void Gate(MatrixView gate, MatrixView x) => SiluGate.Run<V>(gate, x, Pool);

    public override void Normalize(MatrixView x, int row) => L2Normalize.Row<V>(x, row);
}
