using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Training;

/// <summary>What each row of a batch should be near to: facts with weights.</summary>
internal sealed class FactTargets
{
    private readonly List<int> _starts = [0];
    private readonly List<(int Fact, float Weight)> _all = [];

    /// <summary>Rows so far.</summary>
    public int Rows => _starts.Count - 1;

    /// <summary>Adds a row. Weights usually sum to 1; a row without facts says nothing.</summary>
    public void Add(params ReadOnlySpan<(int Fact, float Weight)> facts)
    {
        _all.AddRange(facts);
        _starts.Add(_all.Count);
    }

    /// <summary>The facts of a row.</summary>
    public ReadOnlySpan<(int Fact, float Weight)> Of(int row) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_all)[_starts[row].._starts[row + 1]];
}

/// <summary>
/// One direction for each fact (a word, a name), learnt beside the towers and thrown away after training: cross-entropy of rows over all of
/// them. −mean_i Σ_v T·ln softmax(e^π·q·ûᵀ) with û = w/‖w‖.
/// </summary>
/// <remarks>
/// d = (softmax·ΣT − T)/n, dq = e^π·d·û, dû = e^π·dᵀ·q, then through the normalisation. By dq alone dπ = Σ q ⊙ dq, since logits are linear
/// in q.
/// </remarks>
internal sealed unsafe class PrototypeLoss : IDisposable
{
    private readonly TrainingCompute _compute;
    private readonly nint _weights, _gradients;
    private readonly int _count, _width;
    private readonly float[] _lengths;
    private readonly TrainingMatrix _unitGradients = new(), _logits = new();
    private readonly PackedMatrix _transposed, _plain;
    private readonly AlignedBuffer _rows;

    /// <param name="compute">Who computes.</param>
    /// <param name="weights">[count, width]: w.</param>
    /// <param name="gradients">[count, width]: where dw is added.</param>
    /// <param name="count">Facts.</param>
    /// <param name="width">Numbers of a direction.</param>
    public PrototypeLoss(TrainingCompute compute, nint weights, nint gradients, int count, int width)
    {
        (_compute, _weights, _gradients, _count, _width) = (compute, weights, gradients, count, width);
        _lengths = new float[count];
        _transposed = new(width, count, 1, compute.Layout);
        _plain = new(count, width, 1, compute.Layout);
        _rows = new((long)count * width);
    }

    /// <summary>Starts a step: takes the prototypes as they are now.</summary>
    public void Begin()
    {
        MatrixView unit = new(_rows.Pointer, _count, _width, _width);
        UnitRows.Forward(new((float*)_weights, _count, _width, _width), unit, _lengths, _compute.Pool);
        ReadOnlySpan<float> rows = new(_rows.Pointer, _count * _width);
        _transposed.SetWeights(0, rows, WeightOrder.OutputsByInputs);
        _plain.SetWeights(0, rows, WeightOrder.InputsByOutputs);
        _unitGradients.Zeros(_count, _width);
    }

    /// <summary>Value and gradients of some rows.</summary>
    /// <param name="q">[n, width]: unit rows.</param>
    /// <param name="targets">n rows.</param>
    /// <param name="logScale">π</param>
    /// <param name="factor">What this loss counts beside others.</param>
    /// <param name="dq">[n, width]: receives the gradient.</param>
    public LossValue Run(MatrixView q, FactTargets targets, double logScale, double factor, MatrixView dq)
    {
        int n = q.Rows;
        if (targets.Rows != n)
            throw new ArgumentException($"{n} rows need as many targets, not {targets.Rows}.", nameof(targets));
        float scale = (float)Math.Exp(logScale);
        double[] losses = new double[n], floors = new double[n];
        float[] logSums = new float[n];
        MatrixView logits = _logits.Shape(n, _count);
        _compute.Product(q, _transposed, logits);
        for (int i = 0; i < n; i++)
            foreach ((int fact, float weight) in targets.Of(i))
            {
                losses[i] -= (double)weight * logits.RowSpan(i)[fact] * scale;
                floors[i] -= weight > 0 ? weight * Math.Log(weight) : 0;
            }
        _compute.SoftmaxRows(logits, scale, logSums);
        _compute.Pool.For(n, i =>
        {
            float sum = 0;
            foreach ((int _, float weight) in targets.Of(i))
                sum += weight;
            losses[i] += (double)sum * logSums[i];
            float common = (float)(factor * scale / n);
            Span<float> row = logits.RowSpan(i);
            System.Numerics.Tensors.TensorPrimitives.Multiply(row, sum * common, row);
            foreach ((int fact, float weight) in targets.Of(i))
                row[fact] -= weight * common;
        });
        _compute.Product(logits, _plain, dq);
        _compute.AddTransposedProduct(logits, q, _unitGradients.View);

        double scaleGradient = 0;
        for (int i = 0; i < n; i++)
            scaleGradient += UnitRows.Dot(q.RowSpan(i), dq.RowSpan(i));
        return new(factor * losses.Sum() / n, factor * floors.Sum() / n, scaleGradient);
    }

    /// <summary>The same for differences (a_u − a_v)/‖·‖ of pairs of rows, whose targets are what u has and v has not.</summary>
    /// <param name="a">[n, width]: unit rows.</param>
    /// <param name="pairs">Which rows.</param>
    /// <param name="targets">One row a pair.</param>
    /// <param name="logScale">π</param>
    /// <param name="factor">What this loss counts beside others.</param>
    /// <param name="dA">[n, width]: the gradient is added, pairs in order.</param>
    public LossValue RunDifferences(
        MatrixView a, IReadOnlyList<(int U, int V)> pairs, FactTargets targets, double logScale, double factor, MatrixView dA)
    {
        const float Apart = 1e-6f; // two equal rows still have a difference
        if (pairs.Count == 0)
            return default;
        using TrainingMatrix differences = new(), gradients = new();
        MatrixView q = differences.Shape(pairs.Count, a.Columns), dq = gradients.Shape(pairs.Count, a.Columns);
        for (int i = 0; i < pairs.Count; i++)
        {
            ReadOnlySpan<float> u = a.RowSpan(pairs[i].U), v = a.RowSpan(pairs[i].V);
            Span<float> row = q.RowSpan(i);
            for (int c = 0; c < row.Length; c++)
                row[c] = u[c] - v[c] + Apart;
        }
        float[] lengths = new float[pairs.Count];
        UnitRows.Forward(q, q, lengths, _compute.Pool);
        LossValue value = Run(q, targets, logScale, factor, dq);
        UnitRows.Backward(q, lengths, dq, dq, _compute.Pool);
        for (int i = 0; i < pairs.Count; i++)
        {
            Span<float> u = dA.RowSpan(pairs[i].U), v = dA.RowSpan(pairs[i].V), row = dq.RowSpan(i);
            System.Numerics.Tensors.TensorPrimitives.Add(u, row, u);
            System.Numerics.Tensors.TensorPrimitives.Subtract(v, row, v);
        }
        return value;
    }

    /// <summary>Ends a step: adds what the rows said about the prototypes to their gradient.</summary>
    public void End()
    {
        MatrixView unit = new(_rows.Pointer, _count, _width, _width), gradients = _unitGradients.View;
        UnitRows.Backward(unit, _lengths, gradients, gradients, _compute.Pool);
        _compute.Pool.For(_count, i =>
        {
            Span<float> to = new((float*)_gradients + (long)i * _width, _width);
            System.Numerics.Tensors.TensorPrimitives.Add(to, gradients.RowSpan(i), to);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _unitGradients.Dispose();
        _logits.Dispose();
        _transposed.Dispose();
        _plain.Dispose();
        _rows.Dispose();
    }
}
