using System.Numerics.Tensors;

namespace PureClip.Convert.Output;

/// <summary>How far the numbers of a group of tensors moved when their type changed.</summary>
/// <param name="group">One block of a tower, or what a tower has beside its blocks.</param>
internal sealed class RoundingError(string group)
{
    private double _sum;

    public string Group => group;

    /// <summary>Numbers compared.</summary>
    public long Count { get; private set; }

    /// <summary>The largest distance of a number from what it was.</summary>
    public double Largest { get; private set; }

    /// <summary>The mean distance.</summary>
    public double Mean => Count == 0 ? 0 : _sum / Count;

    /// <summary>Compares numbers before and after; what is not finite counts as unmoved.</summary>
    /// <param name="before">[count]</param>
    /// <param name="after">[count]</param>
    /// <param name="scratch">[count], overwritten.</param>
    public void Add(ReadOnlySpan<float> before, ReadOnlySpan<float> after, Span<float> scratch)
    {
        TensorPrimitives.Subtract(before, after, scratch);
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(scratch));
        if (!float.IsFinite(largest))
        {
            for (int i = 0; i < scratch.Length; i++)
                scratch[i] = float.IsFinite(scratch[i]) ? scratch[i] : 0;
            largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(scratch));
        }
        Largest = Math.Max(Largest, largest);
        _sum += TensorPrimitives.SumOfMagnitudes<float>(scratch);
        Count += scratch.Length;
    }
}
