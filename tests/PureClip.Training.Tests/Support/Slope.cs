namespace PureClip.Training.Tests.Support;

/// <summary>
/// Gradients by central differences in double: the truth that shares nothing with what is tested. The function is written out in the test
/// with plain loops.
/// </summary>
internal static class Slope
{
    private const double Step = 1e-4;

    /// <summary>The gradient of a function by all its numbers. Fourth order, so that its error is far below that of floats.</summary>
    public static double[] Of(Func<double[], double> function, double[] at)
    {
        double[] gradient = new double[at.Length], x = [.. at];
        double At(int i, double offset)
        {
            x[i] = at[i] + offset;
            double value = function(x);
            x[i] = at[i];
            return value;
        }
        for (int i = 0; i < at.Length; i++)
            gradient[i] = (8 * (At(i, Step) - At(i, -Step)) - (At(i, 2 * Step) - At(i, -2 * Step))) / (12 * Step);
        return gradient;
    }

    /// <summary>Σ y ⊙ upstream: the scalar whose gradient is what a backward pass computes from upstream.</summary>
    public static double Weighted(double[] y, float[] upstream) => y.Select((value, i) => value * upstream[i]).Sum();

    public static double[] Doubles(float[] numbers) => Array.ConvertAll(numbers, static x => (double)x);
}
