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

    /// <summary>Compares numbers before and after; what is not finite before is left out.</summary>
    public void Add(ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        for (int i = 0; i < before.Length; i++)
        {
            double distance = Math.Abs((double)before[i] - after[i]);
            if (!double.IsFinite(distance))
                continue;
            _sum += distance;
            Largest = Math.Max(Largest, distance);
            Count++;
        }
    }
}
