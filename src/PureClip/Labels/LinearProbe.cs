using System.Numerics.Tensors;

namespace PureClip.Labels;

/// <summary>
/// Classes told apart by what distinguishes their pictures: logistic regression on normalised embeddings. The better choice from about ten
/// pictures a class on; with fewer, <see cref="PrototypeClassifier"/> is often as good.
/// </summary>
/// <remarks>
/// Radford et al. 2021, A.3. Classes with more pictures are taken to be more frequent in what will be judged too (the bias learns it);
/// where that is not so, give each class equally many.
/// </remarks>
public static class LinearProbe
{
    /// <summary>Trains with every λ, cross-validates, and keeps the most accurate. The same input gives the same bits.</summary>
    /// <param name="pictures">What is learnt from.</param>
    /// <param name="options">What to try; null for the defaults.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Looked at before every step.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TrainedProbe Train(LabelledEmbeddings pictures, ProbeOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        options ??= new();
        options.Validate(pictures);
        LogisticRegression Of(int[] rows) => new(pictures, rows, options.PullsToNames ? options.Names!.Head : null);
        LinearHead[] Fit(int[] rows) => Of(rows).Fit(options.Lambdas, cancellationToken);
        return new CrossValidation(pictures, options.Lambdas, Fit, options, progress, cancellationToken).Run(ClassifierKind.LinearProbe);
    }
}

/// <summary>
/// Multinomial logistic regression: mean cross-entropy + λ/2 · ‖weights − prior‖², the biases being free. Convex, so that where the gradient
/// vanishes is the answer.
/// </summary>
/// <param name="pictures">What is learnt from.</param>
/// <param name="rows">Which of them.</param>
/// <param name="prior">What weights are pulled to; null for zero.</param>
internal sealed class LogisticRegression(LabelledEmbeddings pictures, int[] rows, LinearHead? prior = null)
{
    // Length of the gradient. Cross-entropy is some tenths; weights are then right to about 1e-5 / λ at worst, classes and probabilities
    // far better.
    private const double Tolerance = 1e-6;
    private const int MostIterations = 1000;

    // Products in double take double operands: widened once, not at every pass.
    private readonly double[][] _directions = [.. rows.Select(row => Widen(pictures.Direction(row)))];

    // [labels, width]
    private readonly double[]? _prior = prior is null ? null : Widen(prior.Weights.Span);

    private readonly double[] _logits = new double[pictures.Labels.Count];

    private int Labels => pictures.Labels.Count;

    private int Width => pictures.Width;

    /// <summary>The answers for several λ; each begins where the one before ended, which is quickest from strong to weak.</summary>
    public LinearHead[] Fit(IReadOnlyList<double> lambdas, CancellationToken cancellationToken)
    {
        LinearHead[] heads = new LinearHead[lambdas.Count];
        double[] parameters = new double[Labels * (Width + 1)];
        _prior?.CopyTo(parameters.AsSpan());
        foreach (int i in Enumerable.Range(0, heads.Length).OrderByDescending(i => lambdas[i]))
        {
            Lbfgs.Minimize((x, gradient) => Evaluate(x, lambdas[i], gradient), parameters, Tolerance, MostIterations, cancellationToken);
            heads[i] = new(Narrow(parameters.AsSpan(0, Labels * Width)), Narrow(parameters.AsSpan(Labels * Width)));
        }
        return heads;
    }

    /// <summary>The loss and its gradient.</summary>
    /// <param name="parameters">Weights [labels, width], then biases [labels].</param>
    /// <param name="lambda">Strength of the regularisation.</param>
    /// <param name="gradient">As the parameters.</param>
    internal double Evaluate(ReadOnlySpan<double> parameters, double lambda, Span<double> gradient)
    {
        ReadOnlySpan<double> weights = parameters[..(Labels * Width)], biases = parameters[(Labels * Width)..];
        Span<double> weightGradient = gradient[..(Labels * Width)], biasGradient = gradient[(Labels * Width)..];
        gradient.Clear();
        double loss = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int label = 0; label < Labels; label++)
                _logits[label] = TensorPrimitives.Dot(weights.Slice(label * Width, Width), _directions[i]) + biases[label];
            loss += ToErrors(_logits, pictures.ClassOf(rows[i]));
            for (int label = 0; label < Labels; label++)
            {
                Span<double> row = weightGradient.Slice(label * Width, Width);
                TensorPrimitives.MultiplyAdd(_directions[i], _logits[label], row, row);
                biasGradient[label] += _logits[label];
            }
        }
        TensorPrimitives.Divide(gradient, rows.Length, gradient);
        TensorPrimitives.MultiplyAdd(weights, lambda, weightGradient, weightGradient);
        if (_prior is null)
            return loss / rows.Length + lambda / 2 * TensorPrimitives.SumOfSquares(weights);
        TensorPrimitives.MultiplyAdd(_prior, -lambda, weightGradient, weightGradient);
        return loss / rows.Length + lambda / 2 * Math.Pow(TensorPrimitives.Distance(weights, _prior), 2);
    }

    /// <summary>
    /// Logits to probability − 1 for the right label and probability for the others; returns −ln probability of the right one.
    /// </summary>
    private static double ToErrors(Span<double> logits, int right)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<double>(logits), logits);
        double rightLogit = logits[right];
        TensorPrimitives.Exp(logits, logits);
        double sum = TensorPrimitives.Sum<double>(logits);
        TensorPrimitives.Divide(logits, sum, logits);
        logits[right] -= 1;
        return Math.Log(sum) - rightLogit;
    }

    private static double[] Widen(ReadOnlySpan<float> direction)
    {
        double[] wide = new double[direction.Length];
        TensorPrimitives.ConvertTruncating<float, double>(direction, wide);
        return wide;
    }

    private static float[] Narrow(ReadOnlySpan<double> parameters)
    {
        float[] narrow = new float[parameters.Length];
        TensorPrimitives.ConvertTruncating(parameters, narrow);
        return narrow;
    }
}
