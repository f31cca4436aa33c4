namespace PureClip.Labels;

/// <summary>
/// P-values of many labels at once: the probability that any label that does not hold is accepted stays below the level, however the labels'
/// scores depend on one another. Šidák's correction, which gains a fortieth at 5 %, needs them independent; those of "cat" and "kitten" are not.
/// </summary>
/// <remarks>Holm 1979, "A simple sequentially rejective multiple test procedure".</remarks>
internal static class HolmCorrection
{
    /// <summary>Adjusts: the i-th smallest of m is multiplied by m − i (from 0), and none becomes smaller than the one before it.</summary>
    /// <param name="scores">[labels], of which <see cref="LabelScore.AdjustedPValue"/> is written.</param>
    public static void Apply(Span<LabelScore> scores)
    {
        // Sorted where they lie and put back in order, so that nothing is allocated.
        scores.Sort(static (a, b) => a.PValue.CompareTo(b.PValue));
        double largest = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            largest = Math.Max(largest, Math.Min(1, scores[i].PValue * (scores.Length - i)));
            scores[i] = scores[i] with { AdjustedPValue = largest };
        }
        scores.Sort(static (a, b) => a.Label.CompareTo(b.Label));
    }
}
