using PureClip.Memory;

namespace PureClip.Training;

/// <summary>Memory that blocks use in turn: what is computed again, and gradients on their way.</summary>
internal sealed class BlockScratch : IDisposable
{
    private readonly List<TrainingMatrix> _all = [];

    public BlockScratch()
    {
        (Normed, Asking, Activated) = (New(), New(), New());
        (DHidden, DNormed, DMixed, DQkv, DQuery, DAsking) = (New(), New(), New(), New(), New(), New());
        (DRead, DStream, DEmbedded) = (New(), New(), New());
    }

    /// <summary>[rows, width]: a norm's output.</summary>
    public TrainingMatrix Normed { get; }

    /// <summary>[sequences, width]: rows of it that are read.</summary>
    public TrainingMatrix Asking { get; }

    /// <summary>[rows, MLP width]</summary>
    public TrainingMatrix Activated { get; }

    /// <summary>[rows, MLP width]</summary>
    public TrainingMatrix DHidden { get; }

    /// <summary>[rows, width]</summary>
    public TrainingMatrix DNormed { get; }

    /// <summary>[rows, width]</summary>
    public TrainingMatrix DMixed { get; }

    /// <summary>[rows, 2 or 3 widths]</summary>
    public TrainingMatrix DQkv { get; }

    /// <summary>[sequences, width]</summary>
    public TrainingMatrix DQuery { get; }

    /// <summary>[sequences, width]</summary>
    public TrainingMatrix DAsking { get; }

    /// <summary>[sequences, width]: the gradient of the rows that are read.</summary>
    public TrainingMatrix DRead { get; }

    /// <summary>[rows, width]: the residual stream's gradient, where a block begins it.</summary>
    public TrainingMatrix DStream { get; }

    /// <summary>[rows, width]: that of the first norm's input.</summary>
    public TrainingMatrix DEmbedded { get; }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(static matrix => matrix.Dispose());

    private TrainingMatrix New()
    {
        _all.Add(new());
        return _all[^1];
    }
}

/// <summary>x + f(norm(x)·Wfcᵀ + b)·Wprojᵀ + b, and its backward.</summary>
internal sealed class MlpTraining(TrainedNumbers numbers, string norm, string name, float eps, Nonlinearity f)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly TrainedNorm _norm = numbers.Norm(norm, eps);
    private readonly TrainedMatrix _fc = numbers.Matrix($"{name}.fc"), _proj = numbers.Matrix($"{name}.proj");

    /// <summary>sum = x + mlp(x)</summary>
    /// <param name="x">[rows, width]: kept by whoever computed it.</param>
    /// <param name="hidden">Receives [rows, MLP width], before the activation: kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="sum">[rows, width]</param>
    public void Forward(MatrixView x, TrainingMatrix hidden, BlockScratch t, MatrixView sum)
    {
        MatrixView u = t.Normed.Shape(x.Rows, x.Columns), h = hidden.Shape(x.Rows, _fc.Outputs), y = t.Activated.Shape(x.Rows, _fc.Outputs);
        _compute.LayerNorm(x, _norm, u);
        _compute.Linear(u, _fc, f, h, y);
        _compute.LinearPlus(y, _proj, x, sum);
    }

    /// <summary>Gradient by x from that by the sum, in place.</summary>
    /// <param name="d">[rows, width]</param>
    /// <param name="x">[rows, width]: as it was.</param>
    /// <param name="hidden">What was kept.</param>
    /// <param name="t">Scratch.</param>
    public void Backward(MatrixView d, MatrixView x, TrainingMatrix hidden, BlockScratch t)
    {
        MatrixView h = hidden.View, dh = t.DHidden.Shape(x.Rows, h.Columns), y = t.Activated.Shape(x.Rows, h.Columns);
        _compute.InputGradient(d, _proj, f, h, dh, y);
        _compute.WeightGradient(d, y, _proj);

        MatrixView u = t.Normed.Shape(x.Rows, x.Columns), du = t.DNormed.Shape(x.Rows, x.Columns);
        _compute.LayerNorm(x, _norm, u);
        _compute.InputGradient(dh, _fc, du);
        _compute.WeightGradient(dh, u, _fc);
        _compute.LayerNormBackward(x, _norm, du, d, add: true);
    }
}

/// <summary>x ← x + attention(ln_1(x)); x ← x + mlp(ln_2(x)), and its backward.</summary>
/// <remarks>
/// Kept of each token are ten states: the input, three of query, key and value, the mixture, the stream between the halves, and four before
/// the activation. What norms and activations put out is computed again.
/// </remarks>
internal sealed class BlockTraining(TrainedNumbers numbers, string name, int heads, float eps, Nonlinearity f, bool causal, Reads reads)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly TrainedNorm _norm = numbers.Norm($"{name}.ln_1", eps);
    private readonly AttentionTraining _attention = new(numbers, $"{name}.attn", heads, causal, reads);
    private readonly MlpTraining _mlp = new(numbers, $"{name}.ln_2", $"{name}.mlp", eps, f);

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory : IDisposable
    {
        /// <summary>[rows, width]: the input, kept by whoever computed it.</summary>
        public MatrixView X { get; set; }

        /// <summary>[sequences, width]: rows of it that are read.</summary>
        public TrainingMatrix Read { get; } = new();

        public AttentionTraining.Memory Attention { get; } = new();

        /// <summary>[rows that are read, width]: the stream between the halves.</summary>
        public TrainingMatrix Middle { get; } = new();

        /// <summary>[rows that are read, MLP width]: before the activation.</summary>
        public TrainingMatrix Hidden { get; } = new();

        /// <summary>[rows that are read, width]: the next block's input.</summary>
        public TrainingMatrix Output { get; } = new();

        public void Dispose()
        {
            Read.Dispose();
            Attention.Dispose();
            Middle.Dispose();
            Hidden.Dispose();
            Output.Dispose();
        }
    }

    /// <summary>The rows that are read on.</summary>
    public MatrixView Forward(MatrixView x, Sequences s, Memory m, BlockScratch t)
    {
        m.X = x;
        MatrixView y = t.Normed.Shape(x.Rows, x.Columns), z = x;
        _compute.LayerNorm(x, _norm, y);
        if (reads != Reads.Every)
            s.Pick(x, reads, z = m.Read.Shape(s.Count, x.Columns));
        MatrixView middle = m.Middle.Shape(z.Rows, x.Columns), output = m.Output.Shape(z.Rows, x.Columns);
        _attention.Forward(y, z, s, m.Attention, t, middle);
        _mlp.Forward(middle, m.Hidden, t, output);
        return output;
    }

    /// <summary>Gradient by x from that by the rows that were read on; where those are all, in place.</summary>
    /// <param name="d">[rows that are read, width]</param>
    /// <param name="s">The sequences.</param>
    /// <param name="m">What was kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="isLowest">Whether nothing below learns: x then gets no gradient, and what is returned means nothing.</param>
    public MatrixView Backward(MatrixView d, Sequences s, Memory m, BlockScratch t, bool isLowest = false)
    {
        MatrixView x = m.X;
        _mlp.Backward(d, m.Middle.View, m.Hidden, t);

        MatrixView y = t.Normed.Shape(x.Rows, x.Columns), dy = t.DNormed.Shape(x.Rows, x.Columns);
        _compute.LayerNorm(x, _norm, y);
        _attention.Backward(d, y, s, m.Attention, t, isLowest ? null : dy);
        if (isLowest)
            return d;
        if (reads == Reads.Every)
        {
            _compute.LayerNormBackward(x, _norm, dy, d, add: true);
            return d;
        }
        MatrixView dx = t.DStream.Shape(x.Rows, x.Columns);
        _compute.LayerNormBackward(x, _norm, dy, dx, add: false);
        s.AddPicked(d, reads, dx);
        return dx;
    }
}
