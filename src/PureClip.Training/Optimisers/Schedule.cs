using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>
/// The learning rate over a run, as a share of its peak: a linear warm-up upon a cosine. A function of the step, never of the clock.
/// </summary>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="WarmUp">Steps until the peak; 0 for none.</param>
/// <param name="Floor">Share that is left at the end.</param>
internal sealed record Schedule(long Steps, int WarmUp = 100, double Floor = 0.01)
{
    /// <summary>The share at a step, counted from 0.</summary>
    public double At(long step)
    {
        double rise = WarmUp > 0 ? Math.Min(1.0, (step + 1.0) / WarmUp) : 1.0;
        double fall = 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1.0, (double)step / Steps)));
        return rise * (Floor + (1 - Floor) * fall);
    }
}

/// <summary>Keeps one bad batch from throwing the model: gradients together are no longer than a limit.</summary>
internal static unsafe class GradientClip
{
    // Numbers of one partial sum. Fixed, so that the norm has the same bits for any number of threads.
    private const int Block = 1 << 14;

    /// <summary>g ← g · min(1, limit/(‖g‖ + 1e-6))</summary>
    /// <returns>‖g‖ before.</returns>
    public static double Run(NumberSet gradients, double limit, WorkerPool pool)
    {
        double[] sums = new double[(gradients.Count + Block - 1) / Block];
        pool.For(sums.Length, block =>
        {
            ReadOnlySpan<float> numbers = Of(gradients, block);
            sums[block] = UnitRows.Dot(numbers, numbers);
        });
        double norm = Math.Sqrt(sums.Sum()), factor = limit / (norm + 1e-6);
        if (factor < 1)
            pool.For(sums.Length, block => TensorPrimitives.Multiply(Of(gradients, block), (float)factor, Of(gradients, block)));
        return norm;
    }

    private static Span<float> Of(NumberSet gradients, int block) =>
        new(gradients.Pointer + (long)block * Block, (int)Math.Min(Block, gradients.Count - (long)block * Block));
}

/// <summary>The running average of a model's numbers, which is better than any of them: e ← d·e + (1 − d)·p.</summary>
internal static unsafe class MovingAverage
{
    private const int Block = 1 << 14;

    /// <summary>One step.</summary>
    /// <param name="average">e</param>
    /// <param name="numbers">p</param>
    /// <param name="step">k, counted from 0: early averages forget fast, d = min(most, (1 + k)/(20 + k)).</param>
    /// <param name="most">d in the long run.</param>
    /// <param name="pool">Who computes.</param>
    public static void Step(NumberSet average, NumberSet numbers, long step, double most, WorkerPool pool)
    {
        double keep = Math.Min(most, (1.0 + step) / (20.0 + step));
        Vector256<float> d = Vector256.Create((float)keep), rest = Vector256.Create((float)(1 - keep));
        pool.For((int)((numbers.Count + Block - 1) / Block), block =>
        {
            long end = Math.Min(numbers.Count, (block + 1L) * Block);
            for (long i = (long)block * Block; i < end; i += Vector256<float>.Count)
                (d * Vector256.Load(average.Pointer + i) + rest * Vector256.Load(numbers.Pointer + i)).Store(average.Pointer + i);
        });
    }
}
