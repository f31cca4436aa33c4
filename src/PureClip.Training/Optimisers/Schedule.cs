using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using System.Text.Json.Serialization;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>How a run ends early: from a step on the rate falls to nothing, as if the run had been planned to end there.</summary>
/// <param name="From">The first step of the fall, counted from 0.</param>
/// <param name="Steps">Its steps, at least 1.</param>
internal sealed record Cooldown(long From, long Steps)
{
    // Of the cooldown's steps: what the running average looks back over.
    private const double AveragedShare = 0.1;

    /// <summary>The step behind its last.</summary>
    [JsonIgnore]
    public long End => From + Steps;

    /// <summary>
    /// What the running average keeps at a step: within the cooldown it looks back over a tenth of it, so that what it was before is forgotten.
    /// </summary>
    public double AverageAt(long step, double before) =>
        step < From ? before : Math.Clamp(1 - 1 / (AveragedShare * Steps), 0, before);
}

/// <summary>
/// The learning rate over a run, as a share of its peak: a linear warm-up upon a cosine; or, where it is held, upon a level that only a cooldown
/// ends. A function of the step, never of the clock.
/// </summary>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="WarmUp">Steps until the peak; 0 for none.</param>
/// <param name="Floor">Share that is left at the end of the cosine.</param>
/// <remarks>
/// A cooldown makes a finished model of any checkpoint: 1 − √t over its steps, which Hägele et al. 2024 (arXiv 2405.18392) found better than a
/// straight line, and as good as a cosine of the same length when it takes a fifth of the run.
/// </remarks>
internal sealed record Schedule(long Steps, int WarmUp = 100, double Floor = 0.01)
{
    /// <summary>From this step on the rate stays as it was; null where it follows the cosine to the end.</summary>
    public long? HeldFrom { get; init; }

    /// <summary>How it ends early; null where it does not.</summary>
    public Cooldown? Cooldown { get; init; }

    /// <summary>The share at a step, counted from 0.</summary>
    public double At(long step)
    {
        if (Cooldown is Cooldown end && step >= end.From)
            return Level(end.From) * (1 - Math.Sqrt(Math.Min(1.0, (double)(step - end.From) / end.Steps)));
        return Level(step);
    }

    private double Level(long step)
    {
        double rise = WarmUp > 0 ? Math.Min(1.0, (step + 1.0) / WarmUp) : 1.0;
        double fall = 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1.0, (double)Math.Min(step, HeldFrom ?? step) / Steps)));
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
