using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Training;

/// <summary>What a loss says about a batch.</summary>
/// <param name="Loss">Its value.</param>
/// <param name="Floor">The least that it can be with these targets: their entropy.</param>
/// <param name="LogScaleGradient">Gradient by the stored logarithm of the scale.</param>
/// <param name="BiasGradient">Gradient by the bias of the logits, where there is one.</param>
/// <param name="Recall">Share of pictures whose nearest text is true of them.</param>
internal readonly record struct LossValue(double Loss, double Floor, double LogScaleGradient, double BiasGradient = 0, double Recall = 0);

/// <summary>
/// A loss over all pairs of a batch: logits L = s·A·Bᵀ of unit rows, s = e^τ. Pictures and texts meet nowhere else. Sums and exponentials
/// are in double, products in float.
/// </summary>
internal abstract class PairLoss(TrainingCompute compute) : IDisposable
{
    private readonly TrainingMatrix _cosines = new(), _gradients = new();
    private PackedMatrix? _transposed, _plain;

    /// <summary>Who computes.</summary>
    protected TrainingCompute Compute => compute;

    /// <summary>Value and gradients of a batch.</summary>
    /// <param name="a">[n, width]: unit rows of pictures.</param>
    /// <param name="b">[n, width]: unit rows of texts.</param>
    /// <param name="logScale">τ</param>
    /// <param name="bias">Added to every logit by a loss that has one.</param>
    /// <param name="positives">[n · n]: whether text j is true of picture i, row by row.</param>
    /// <param name="dA">[n, width]: receives the gradient.</param>
    /// <param name="dB">[n, width]: receives the gradient.</param>
    public LossValue Run(MatrixView a, MatrixView b, double logScale, double bias, bool[] positives, MatrixView dA, MatrixView dB)
    {
        int n = a.Rows;
        if (b.Rows != n || positives.Length != (long)n * n)
            throw new ArgumentException(
                $"{n} pictures need {n} texts and {(long)n * n} marks, not {b.Rows} and {positives.Length}.", nameof(positives));
        MatrixView cosines = _cosines.Shape(n, n), gradients = _gradients.Shape(n, n);
        Pack(b);
        compute.Product(a, _transposed!, cosines);
        double scale = Math.Exp(logScale);
        LossValue value = Run(cosines, scale, bias, positives, gradients);
        for (int i = 0; i < n; i++)
            foreach (ref float g in gradients.RowSpan(i))
                g = (float)(g * scale);
        compute.Product(gradients, _plain!, dA);
        for (int i = 0; i < n; i++)
            dB.RowSpan(i).Clear();
        compute.AddTransposedProduct(gradients, a, dB);
        int hits = 0;
        for (int i = 0; i < n; i++)
            hits += positives[i * n + System.Numerics.Tensors.TensorPrimitives.IndexOfMax(cosines.RowSpan(i))] ? 1 : 0;
        return value with { Recall = (double)hits / n };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cosines.Dispose();
        _gradients.Dispose();
        _transposed?.Dispose();
        _plain?.Dispose();
    }

    /// <summary>Value, and gradients by the logits.</summary>
    /// <param name="cosines">[n, n]: A·Bᵀ</param>
    /// <param name="scale">s</param>
    /// <param name="bias">Added to every logit by a loss that has one.</param>
    /// <param name="positives">[n · n]</param>
    /// <param name="gradients">[n, n]: receives dL.</param>
    protected abstract LossValue Run(MatrixView cosines, double scale, double bias, bool[] positives, MatrixView gradients);

    private unsafe void Pack(MatrixView b)
    {
        if (_transposed is null || _transposed.Inputs != b.Columns || _transposed.Outputs != b.Rows)
        {
            _transposed?.Dispose();
            _plain?.Dispose();
            _transposed = new(b.Columns, b.Rows, 1, compute.Layout);
            _plain = new(b.Rows, b.Columns, 1, compute.Layout);
        }
        float[] rows = new float[b.Rows * b.Columns];
        for (int i = 0; i < b.Rows; i++)
            b.RowSpan(i).CopyTo(rows.AsSpan(i * b.Columns));
        _transposed.SetWeights(0, rows, WeightOrder.OutputsByInputs);
        _plain!.SetWeights(0, rows, WeightOrder.InputsByOutputs);
    }
}

/// <summary>
/// The contrastive loss with several positives: cross-entropy of each picture over the texts and of each text over the pictures.
/// </summary>
/// <remarks>
/// Radford et al. 2021, with the targets of each row and each column shared out over everything that is true there:
/// −½·[mean_i Σ_j T1·ln softmax_row(L) + mean_j Σ_i T2·ln softmax_col(L)], dL = ½·(softmax_row − T1 + softmax_col − T2)/n, dτ = Σ dL ⊙ L.
/// A row or a column in which nothing is true says nothing.
/// </remarks>
internal sealed class ContrastiveLoss(TrainingCompute compute) : PairLoss(compute)
{
    protected override LossValue Run(MatrixView cosines, double scale, double bias, bool[] positives, MatrixView gradients)
    {
        int n = cosines.Rows;
        double[] rowSums = new double[n], columnSums = new double[n];           // max + ln Σ e^(L − max)
        int[] inRow = new int[n], inColumn = new int[n];                        // how many are true
        Compute.Pool.For(n, i =>
        {
            double max = double.NegativeInfinity, sum = 0;
            for (int j = 0; j < n; j++)
            {
                max = Math.Max(max, scale * cosines.RowSpan(i)[j]);
                inRow[i] += positives[i * n + j] ? 1 : 0;
            }
            foreach (float c in cosines.RowSpan(i))
                sum += Math.Exp(scale * c - max);
            rowSums[i] = max + Math.Log(sum);
        });
        Compute.Pool.For(n, j =>
        {
            double max = double.NegativeInfinity, sum = 0;
            for (int i = 0; i < n; i++)
            {
                max = Math.Max(max, scale * cosines.RowSpan(i)[j]);
                inColumn[j] += positives[i * n + j] ? 1 : 0;
            }
            for (int i = 0; i < n; i++)
                sum += Math.Exp(scale * cosines.RowSpan(i)[j] - max);
            columnSums[j] = max + Math.Log(sum);
        });

        double[] losses = new double[n], scaleGradients = new double[n];
        Compute.Pool.For(n, i =>
        {
            ReadOnlySpan<float> row = cosines.RowSpan(i);
            Span<float> to = gradients.RowSpan(i);
            for (int j = 0; j < n; j++)
            {
                double logit = scale * row[j], gradient = 0;
                bool isTrue = positives[i * n + j];
                if (inRow[i] > 0)
                    gradient += Math.Exp(logit - rowSums[i]) - (isTrue ? 1.0 / inRow[i] : 0);
                if (inColumn[j] > 0)
                    gradient += Math.Exp(logit - columnSums[j]) - (isTrue ? 1.0 / inColumn[j] : 0);
                if (isTrue)
                    losses[i] -= (logit - rowSums[i]) / inRow[i] + (logit - columnSums[j]) / inColumn[j];
                gradient *= 0.5 / n;
                to[j] = (float)gradient;
                scaleGradients[i] += gradient * logit;
            }
        });
        double floor = inRow.Concat(inColumn).Where(static count => count > 0).Sum(static count => Math.Log(count));
        return new(losses.Sum() * 0.5 / n, floor * 0.5 / n, scaleGradients.Sum());
    }
}

/// <summary>The sigmoid loss: each pair is judged alone.</summary>
/// <remarks>
/// Zhai et al. 2023: −(1/n)·Σ ln σ(z·l) with l = L + b and z = 1 for what is true, −1 else; dL = −z·σ(−z·l)/n. Divided by n, not n².
/// </remarks>
internal sealed class SigmoidLoss(TrainingCompute compute) : PairLoss(compute)
{
    protected override LossValue Run(MatrixView cosines, double scale, double bias, bool[] positives, MatrixView gradients)
    {
        int n = cosines.Rows;
        double[] losses = new double[n], scaleGradients = new double[n], biasGradients = new double[n];
        Compute.Pool.For(n, i =>
        {
            ReadOnlySpan<float> row = cosines.RowSpan(i);
            Span<float> to = gradients.RowSpan(i);
            for (int j = 0; j < n; j++)
            {
                double z = positives[i * n + j] ? 1 : -1, logit = scale * row[j], margin = z * (logit + bias);
                double tail = Math.Exp(-Math.Abs(margin));                      // both forms below never overflow
                losses[i] += Math.Max(-margin, 0) + Math.Log(1 + tail);
                double gradient = -z * (margin > 0 ? tail : 1) / (1 + tail) / n;
                to[j] = (float)gradient;
                scaleGradients[i] += gradient * logit;
                biasGradients[i] += gradient;
            }
        });
        return new(losses.Sum() / n, 0, scaleGradients.Sum(), biasGradients.Sum());
    }
}
