using PureClip.Memory;

namespace PureClip.Training;

/// <summary>f(u·Wfcᵀ + b)·Wprojᵀ + b, and its backward; with a gate in place of f, and a norm of what is hidden, where the family has them.</summary>
/// <param name="numbers">The model's.</param>
/// <param name="name">Name of the layer.</param>
/// <param name="f">What stands between the matrices, where there is no gate.</param>
/// <param name="isGated">Whether it is SiLU(g) ⊙ v, with g and v the halves of what is hidden.</param>
/// <param name="normEps">Eps of the norm before the second matrix, behind a gate; null where there is none.</param>
internal sealed class MlpTraining(TrainedNumbers numbers, string name, Nonlinearity f, bool isGated = false, float? normEps = null)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly TrainedMatrix _fc = numbers.Matrix($"{name}.fc"), _proj = numbers.Matrix($"{name}.proj");
    private readonly TrainedNorm? _norm = normEps is float eps ? numbers.Norm($"{name}.norm", eps) : null;

    /// <summary>Floats that are kept of a token.</summary>
    public int Kept => _fc.Outputs;

    /// <summary>to = residual + mlp(u)</summary>
    /// <param name="u">[rows, width]: kept, or made again, by whoever calls.</param>
    /// <param name="hidden">Receives [rows, MLP width], before the activation, or twice that beside a gate: kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="residual">[rows, width]; null for none.</param>
    /// <param name="to">[rows, width]</param>
    public void Forward(MatrixView u, TrainingMatrix hidden, BlockScratch t, MatrixView? residual, MatrixView to)
    {
        MatrixView h = hidden.Shape(u.Rows, _fc.Outputs), y = t.Activated.Shape(u.Rows, _proj.Inputs);
        if (isGated)
        {
            _compute.Linear(u, _fc, h);
            y = Gated(h, t);
        }
        else
        {
            _compute.Linear(u, _fc, f, h, y);
        }
        if (residual is MatrixView x)
            _compute.LinearPlus(y, _proj, x, to);
        else
            _compute.Linear(y, _proj, to);
    }

    /// <summary>Gradient by u from that by mlp(u).</summary>
    /// <param name="d">[rows, width]</param>
    /// <param name="u">[rows, width]: as it was.</param>
    /// <param name="hidden">What was kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="du">[rows, width]: receives the gradient.</param>
    public void Backward(MatrixView d, MatrixView u, TrainingMatrix hidden, BlockScratch t, MatrixView du)
    {
        MatrixView h = hidden.View, dh = t.DHidden.Shape(u.Rows, h.Columns);
        if (isGated)
        {
            GatedBackward(d, h, dh, t);
        }
        else
        {
            MatrixView y = t.Activated.Shape(u.Rows, h.Columns);
            _compute.InputGradient(d, _proj, f, h, dh, y);
            _compute.WeightGradient(d, y, _proj);
        }
        _compute.InputGradient(dh, _fc, du);
        _compute.WeightGradient(dh, u, _fc);
    }

    /// <summary>What goes into the second matrix: SiLU(g) ⊙ v, normed.</summary>
    private MatrixView Gated(MatrixView h, BlockScratch t)
    {
        int width = _proj.Inputs;
        MatrixView y = t.Activated.Shape(h.Rows, width);
        _compute.Gate(h.ColumnRange(0, width), h.ColumnRange(width, width), y);
        if (_norm is not TrainedNorm norm)
            return y;
        MatrixView normed = t.ActivatedNormed.Shape(h.Rows, width);
        _compute.LayerNorm(y, norm, normed);
        return normed;
    }

    private void GatedBackward(MatrixView d, MatrixView h, MatrixView dh, BlockScratch t)
    {
        int width = _proj.Inputs;
        MatrixView into = Gated(h, t), dy = t.DActivated.Shape(h.Rows, width);
        _compute.InputGradient(d, _proj, dy);
        _compute.WeightGradient(d, into, _proj);
        if (_norm is TrainedNorm norm)
        {
            MatrixView dNormed = dy;
            dy = t.DActivatedNormed.Shape(h.Rows, width);
            _compute.LayerNormBackward(t.Activated.View, norm, dNormed, dy, add: false);
        }
        _compute.GateBackward(
            h.ColumnRange(0, width), h.ColumnRange(width, width), dy, dh.ColumnRange(0, width), dh.ColumnRange(width, width));
    }
}
