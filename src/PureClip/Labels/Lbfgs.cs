using System.Numerics.Tensors;

namespace PureClip.Labels;

/// <summary>The smallest value of a smooth function of many variables. Deterministic, all in double.</summary>
/// <remarks>
/// Nocedal and Wright, Numerical Optimization, algorithm 7.4 (two-loop recursion), with the bisection line search for the weak Wolfe
/// conditions of Lewis and Overton 2013: its steps always give a positive curvature, so that no pair has to be left out.
/// </remarks>
internal static class Lbfgs
{
    /// <summary>Computes a value and writes the gradient.</summary>
    public delegate double Objective(ReadOnlySpan<double> x, Span<double> gradient);

    // Ten pairs: more gain little (Liu and Nocedal 1989, 3 to 7 are usual) and cost memory of ten times the variables twice.
    private const int History = 10;

    // A step has to gain a ten-thousandth of what the slope promises and to lose a tenth of the slope.
    private const double Gain = 1e-4, Slope = 0.9;

    // 2^-40 of a step changes nothing in double any more.
    private const int MostTrials = 40;

    /// <summary>Minimises.</summary>
    /// <param name="objective">What is minimised.</param>
    /// <param name="x">Where to begin; becomes where the minimum was found.</param>
    /// <param name="tolerance">Largest length of the gradient at the end.</param>
    /// <param name="mostIterations">After so many steps it ends anyway.</param>
    /// <param name="cancellationToken">Looked at before every step.</param>
    /// <returns>The length of the gradient at the end: above the tolerance if steps ran out, or rounding left no way down.</returns>
    public static double Minimize(
        Objective objective, double[] x, double tolerance, int mostIterations, CancellationToken cancellationToken)
    {
        double[] gradient = new double[x.Length], direction = new double[x.Length], trial = new double[x.Length],
            trialGradient = new double[x.Length];
        Queue<Pair> pairs = new(History);
        double value = objective(x, gradient), length = TensorPrimitives.Norm<double>(gradient);
        for (int i = 0; i < mostIterations && length > tolerance; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Descent(pairs, gradient, direction);
            if (!TryStep(objective, x, value, gradient, direction, trial, trialGradient, out double lower))
                break;
            Remember(pairs, x, gradient, trial, trialGradient);
            (value, length) = (lower, TensorPrimitives.Norm<double>(trialGradient));
            trial.CopyTo(x, 0);
            trialGradient.CopyTo(gradient, 0);
        }
        return length;
    }

    /// <summary>direction = −H · gradient, H being what the last steps tell of the inverse Hessian.</summary>
    private static void Descent(Queue<Pair> pairs, double[] gradient, double[] direction)
    {
        TensorPrimitives.Negate<double>(gradient, direction);
        Span<double> alpha = stackalloc double[History];
        Pair[] oldestFirst = [.. pairs];
        for (int i = oldestFirst.Length - 1; i >= 0; i--)
        {
            Pair pair = oldestFirst[i];
            alpha[i] = TensorPrimitives.Dot<double>(pair.Step, direction) / pair.Curvature;
            TensorPrimitives.MultiplyAdd<double>(pair.Change, -alpha[i], direction, direction);
        }
        double scale = oldestFirst.Length == 0
            ? 1 / Math.Max(1, TensorPrimitives.Norm<double>(gradient))
            : oldestFirst[^1].Curvature / TensorPrimitives.SumOfSquares<double>(oldestFirst[^1].Change);
        TensorPrimitives.Multiply<double>(direction, scale, direction);
        for (int i = 0; i < oldestFirst.Length; i++)
        {
            Pair pair = oldestFirst[i];
            double beta = TensorPrimitives.Dot<double>(pair.Change, direction) / pair.Curvature;
            TensorPrimitives.MultiplyAdd<double>(pair.Step, alpha[i] - beta, direction, direction);
        }
    }

    /// <summary>Halves the step where it gains too little, doubles it where the slope is still steep.</summary>
    private static bool TryStep(Objective objective, double[] x, double value, double[] gradient, double[] direction,
        double[] trial, double[] trialGradient, out double lower)
    {
        double slope = TensorPrimitives.Dot<double>(gradient, direction);
        double tooShort = 0, tooLong = double.PositiveInfinity, step = 1;
        lower = value;
        for (int i = 0; i < MostTrials && slope < 0; i++)
        {
            TensorPrimitives.MultiplyAdd<double>(direction, step, x, trial);
            lower = objective(trial, trialGradient);
            if (!(lower <= value + Gain * step * slope))
                tooLong = step;
            else if (TensorPrimitives.Dot<double>(trialGradient, direction) < Slope * slope)
                tooShort = step;
            else
                return true;
            step = double.IsFinite(tooLong) ? (tooShort + tooLong) / 2 : 2 * step;
        }
        return false;
    }

    private static void Remember(Queue<Pair> pairs, double[] x, double[] gradient, double[] next, double[] nextGradient)
    {
        if (pairs.Count == History)
            pairs.Dequeue();
        double[] step = new double[x.Length], change = new double[x.Length];
        TensorPrimitives.Subtract<double>(next, x, step);
        TensorPrimitives.Subtract<double>(nextGradient, gradient, change);
        pairs.Enqueue(new(step, change, TensorPrimitives.Dot<double>(step, change)));
    }

    /// <summary>A step, how the gradient changed by it, and their product.</summary>
    private sealed record Pair(double[] Step, double[] Change, double Curvature);
}
