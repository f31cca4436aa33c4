using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// SigLIP's head: one learnt query looks at all tokens of a picture, y = attention(probe, x); then y + mlp(norm(y)). And its backward.
/// </summary>
/// <remarks>The query is the same for all pictures, so its gradients are summed before they go through its matrix.</remarks>
internal sealed class AttentionPoolTraining(TrainedNumbers numbers, string name, int heads, float eps, Nonlinearity f) : IDisposable
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly (MatrixView Numbers, MatrixView Gradients) _probe = numbers.Table($"{name}.probe");
    private readonly TrainedMatrix _out = numbers.Matrix($"{name}.attn.out");
    private readonly TrainedMatrix _query = numbers.Matrix($"{name}.attn.qkv", ..numbers.List[$"{name}.attn.out.weight"].Rows);
    private readonly TrainedMatrix _keyValue = numbers.Matrix($"{name}.attn.qkv", numbers.List[$"{name}.attn.out.weight"].Rows..);
    private readonly TrainedNorm _norm = numbers.Norm($"{name}.ln", eps);
    private readonly MlpTraining _mlp = new(numbers, $"{name}.mlp", f);
    private readonly TrainingMatrix _one = new(), _sum = new();

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory : IDisposable
    {
        public AttentionTraining.Memory Attention { get; } = new();

        public TrainingMatrix Middle { get; } = new();

        public TrainingMatrix Hidden { get; } = new();

        public TrainingMatrix Output { get; } = new();

        public void Dispose()
        {
            Attention.Dispose();
            Middle.Dispose();
            Hidden.Dispose();
            Output.Dispose();
        }
    }

    private int Width => _out.Outputs;

    /// <summary>[pictures, width]</summary>
    /// <param name="x">[rows, width]: every token; kept by whoever computed it.</param>
    /// <param name="s">The sequences.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    public MatrixView Forward(MatrixView x, Sequences s, Memory m, BlockScratch t)
    {
        MatrixView one = _one.Shape(1, Width), query = m.Attention.Query.Shape(s.Count, Width),
            kv = m.Attention.Qkv.Shape(x.Rows, 2 * Width);
        _compute.Linear(_probe.Numbers, _query, one);
        for (int i = 0; i < s.Count; i++)
            one.RowSpan(0).CopyTo(query.RowSpan(i));
        _compute.Linear(x, _keyValue, kv);
        MatrixView mixed = m.Attention.Mixed.Shape(s.Count, Width), middle = m.Middle.Shape(s.Count, Width),
            output = m.Output.Shape(s.Count, Width);
        _compute.Attention(
            query, kv.ColumnRange(0, Width), kv.ColumnRange(Width, Width), s.Starts, heads, causal: false, onePerSequence: true, mixed);
        _compute.Linear(mixed, _out, middle);
        MatrixView u = t.Normed.Shape(s.Count, Width);
        _compute.LayerNorm(middle, _norm, u);
        _mlp.Forward(u, m.Hidden, t, middle, output);
        return output;
    }

    /// <summary>Gradient by x from that by the output, which is overwritten.</summary>
    public void Backward(MatrixView d, MatrixView x, Sequences s, Memory m, BlockScratch t, MatrixView dx)
    {
        MatrixView middle = m.Middle.View, u = t.Normed.Shape(s.Count, Width), du = t.DNormed.Shape(s.Count, Width);
        _compute.LayerNorm(middle, _norm, u);
        _mlp.Backward(d, u, m.Hidden, t, du);
        _compute.LayerNormBackward(middle, _norm, du, d, add: true);

        MatrixView dMixed = t.DMixed.Shape(s.Count, Width), dq = t.DQuery.Shape(s.Count, Width), dkv = t.DQkv.Shape(x.Rows, 2 * Width);
        _compute.InputGradient(d, _out, dMixed);
        _compute.WeightGradient(d, m.Attention.Mixed.View, _out);

        MatrixView kv = m.Attention.Qkv.View;
        _compute.AttentionBackward(
            m.Attention.Query.View, kv.ColumnRange(0, Width), kv.ColumnRange(Width, Width), dMixed, s.Each, s.Starts, heads, causal: false,
            dq, dkv.ColumnRange(0, Width), dkv.ColumnRange(Width, Width));
        _compute.InputGradient(dkv, _keyValue, dx);
        _compute.WeightGradient(dkv, x, _keyValue);

        MatrixView sum = _sum.Zeros(1, Width), dProbe = _one.Shape(1, Width);
        unsafe
        {
            _compute.AddRows(dq, sum.Data);
        }
        _compute.WeightGradient(sum, _probe.Numbers, _query);
        if (!numbers.Learns)
            return;
        _compute.InputGradient(sum, _query, dProbe);
        System.Numerics.Tensors.TensorPrimitives.Add(_probe.Gradients.RowSpan(0), dProbe.RowSpan(0), _probe.Gradients.RowSpan(0));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _one.Dispose();
        _sum.Dispose();
    }
}
