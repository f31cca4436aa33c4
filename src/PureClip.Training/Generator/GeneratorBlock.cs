using PureClip.Generation;
using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// LN(x) ⊙ (1 + a) + b with one scale a and one shift b a sequence, which lie beside one another in a row of modulation. And its backward.
/// </summary>
internal sealed class ModulatedNorm : IDisposable
{
    private const float Eps = 1e-6f;

    private readonly TrainingCompute _compute;
    private readonly TrainingMatrix _ones = new(), _zeros = new();
    private readonly TrainedNorm _norm;

    public unsafe ModulatedNorm(TrainingCompute compute, int width)
    {
        _compute = compute;
        _ones.Zeros(1, width).RowSpan(0).Fill(1f);
        _norm = new((nint)_ones.View.Data, (nint)_zeros.Zeros(1, width).Data, 0, 0, Eps);
    }

    /// <param name="x">[rows, width]</param>
    /// <param name="modulation">[sequences, several widths]</param>
    /// <param name="column">Where the scale starts; the shift stands behind it.</param>
    /// <param name="starts">[sequences + 1]</param>
    /// <param name="normed">Receives LN(x).</param>
    /// <param name="modulated">Receives the result.</param>
    public void Forward(MatrixView x, MatrixView modulation, int column, int[] starts, TrainingMatrix normed, TrainingMatrix modulated)
    {
        int width = x.Columns;
        _compute.LayerNorm(x, _norm, normed.Shape(x.Rows, width));
        SequenceRows.Modulate(
            normed.View, modulation.ColumnRange(column, width), modulation.ColumnRange(column + width, width), starts,
            modulated.Shape(x.Rows, width), _compute.Pool);
    }

    /// <summary>Gradients by scale and shift, and what is added to that by x.</summary>
    public void Backward(
        MatrixView x, MatrixView normed, MatrixView modulation, int column, int[] starts, MatrixView dModulated, TrainingMatrix dNormed,
        MatrixView dModulation, MatrixView dx)
    {
        int width = x.Columns;
        SequenceRows.ModulateBackward(
            normed, modulation.ColumnRange(column, width), starts, dModulated, dNormed.Shape(x.Rows, width),
            dModulation.ColumnRange(column, width),
            dModulation.ColumnRange(column + width, width), _compute.Pool);
        _compute.LayerNormBackward(x, _norm, dNormed.View, dx, add: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ones.Dispose();
        _zeros.Dispose();
    }
}

/// <summary>
/// x += g1 ⊙ attention(LN(x) ⊙ (1 + a1) + b1); x += g2 ⊙ mlp(LN(x) ⊙ (1 + a2) + b2), with all six from one condition. And its backward.
/// </summary>
internal sealed class GeneratorBlock(TrainedNumbers numbers, string name, GeneratorConfig c, ModulatedNorm norm) : IDisposable
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly TrainedMatrix _qkv = numbers.Matrix($"{name}.attn.qkv"), _out = numbers.Matrix($"{name}.attn.out");
    private readonly TrainedMatrix _fc1 = numbers.Matrix($"{name}.mlp.fc1"), _fc2 = numbers.Matrix($"{name}.mlp.fc2");

    // Kept.
    private readonly TrainingMatrix _modulation = new(), _keptQkv = new(), _inverses = new(), _mixed = new(), _branch1 = new(),
        _middle = new(), _hidden = new(), _branch2 = new(), _output = new();

    // Computed again, and gradients on their way.
    private readonly TrainingMatrix _normed = new(), _modulated = new(), _active = new(), _dModulation = new(), _dBranch = new(),
        _dHidden = new();
    private readonly TrainingMatrix _dModulated = new(), _dNormed = new(), _dMixed = new(), _dQkv = new();
    private MatrixView _x;

    /// <summary>Condition to a1, b1, g1, a2, b2, g2.</summary>
    public TrainedMatrix Modulation { get; } = numbers.Matrix($"{name}.modulation");

    /// <summary>[rows, width]</summary>
    public MatrixView Forward(MatrixView x, MatrixView e, Sequences s)
    {
        int rows = x.Rows, width = x.Columns;
        _x = x;
        MatrixView modulation = _modulation.Shape(s.Count, 6 * width), qkv = _keptQkv.Shape(rows, 3 * width),
            mixed = _mixed.Shape(rows, width);
        MatrixView branch1 = _branch1.Shape(rows, width), middle = _middle.Shape(rows, width), branch2 = _branch2.Shape(rows, width),
            output = _output.Shape(rows, width);
        _compute.Linear(e, Modulation, modulation);
        norm.Forward(x, modulation, 0, s.Starts, _normed, _modulated);
        _compute.Linear(_modulated.View, _qkv, qkv);
        if (c.IsNormalized)
            SequenceRows.Normalize(qkv.ColumnRange(0, 2 * width), width / c.Heads, _inverses.Shape(rows, 2 * c.Heads), _compute.Pool);
        _compute.Attention(
            Part(qkv, 0, width), Part(qkv, 1, width), Part(qkv, 2, width), s.Starts, c.Heads, causal: false, onePerSequence: false, mixed);
        _compute.Linear(mixed, _out, branch1);
        SequenceRows.Gate(x, branch1, Part(modulation, 2, width), s.Starts, middle, _compute.Pool);

        norm.Forward(middle, modulation, 3 * width, s.Starts, _normed, _modulated);
        _compute.Linear(
            _modulated.View, _fc1, Nonlinearity.QuickGelu, _hidden.Shape(rows, _fc1.Outputs), _active.Shape(rows, _fc1.Outputs));
        _compute.Linear(_active.View, _fc2, branch2);
        SequenceRows.Gate(middle, branch2, Part(modulation, 5, width), s.Starts, output, _compute.Pool);
        return output;
    }

    /// <summary>Gradient by x from that by the output, in place; <paramref name="take"/> gets that by the modulation.</summary>
    public void Backward(MatrixView d, MatrixView e, Sequences s, Action<MatrixView> take)
    {
        int rows = d.Rows, width = d.Columns;
        MatrixView modulation = _modulation.View, dModulation = _dModulation.Shape(s.Count, 6 * width),
            dBranch = _dBranch.Shape(rows, width);
        MatrixView dModulated = _dModulated.Shape(rows, width), dHidden = _dHidden.Shape(rows, _fc1.Outputs),
            active = _active.Shape(rows, _fc1.Outputs);
        SequenceRows.GateBackward(
            _branch2.View, Part(modulation, 5, width), s.Starts, d, dBranch, Part(dModulation, 5, width), _compute.Pool);
        _compute.InputGradient(dBranch, _fc2, Nonlinearity.QuickGelu, _hidden.View, dHidden, active);
        _compute.WeightGradient(dBranch, active, _fc2);
        norm.Forward(_middle.View, modulation, 3 * width, s.Starts, _normed, _modulated);
        _compute.InputGradient(dHidden, _fc1, dModulated);
        _compute.WeightGradient(dHidden, _modulated.View, _fc1);
        norm.Backward(_middle.View, _normed.View, modulation, 3 * width, s.Starts, dModulated, _dNormed, dModulation, d);

        MatrixView dMixed = _dMixed.Shape(rows, width), dQkv = _dQkv.Shape(rows, 3 * width), qkv = _keptQkv.View;
        SequenceRows.GateBackward(
            _branch1.View, Part(modulation, 2, width), s.Starts, d, dBranch, Part(dModulation, 2, width), _compute.Pool);
        _compute.InputGradient(dBranch, _out, dMixed);
        _compute.WeightGradient(dBranch, _mixed.View, _out);
        _compute.AttentionBackward(
            Part(qkv, 0, width), Part(qkv, 1, width), Part(qkv, 2, width), dMixed, s.Starts, s.Starts, c.Heads, causal: false,
            Part(dQkv, 0, width), Part(dQkv, 1, width), Part(dQkv, 2, width));
        if (c.IsNormalized)
            SequenceRows.NormalizeBackward(
                qkv.ColumnRange(0, 2 * width), width / c.Heads, _inverses.View, dQkv.ColumnRange(0, 2 * width), _compute.Pool);
        norm.Forward(_x, modulation, 0, s.Starts, _normed, _modulated);
        _compute.InputGradient(dQkv, _qkv, dModulated);
        _compute.WeightGradient(dQkv, _modulated.View, _qkv);
        norm.Backward(_x, _normed.View, modulation, 0, s.Starts, dModulated, _dNormed, dModulation, d);
        take(dModulation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TrainingMatrix matrix in (TrainingMatrix[])
        [
            _modulation, _keptQkv, _inverses, _mixed, _branch1, _middle, _hidden, _branch2, _output, _normed, _modulated, _active,
            _dModulation, _dBranch, _dHidden,
            _dModulated, _dNormed, _dMixed, _dQkv,
        ])
            matrix.Dispose();
    }

    private static MatrixView Part(MatrixView rows, int part, int width) => rows.ColumnRange(part * width, width);
}
