namespace PureClip.Labels;

/// <summary>
/// How each label scores on background pictures: ones like those to be judged that show none of the labels. A cosine of 0.25 is much for
/// one label and little for another; against its own background each label can be told from chance, and "none of these" becomes an answer.
/// Immutable and thread-safe.
/// </summary>
/// <remarks>
/// The p-value of a score within the sample is (1 + background scores at least as high) / (n + 1), which is valid for any distribution if
/// the picture is exchangeable with the background (Vovk et al. 2005, conformal p-values). It cannot be below 1 / (n + 1), too coarse for
/// many labels. Beyond the largest of the sample the tail is taken to be exponential (Pickands 1975 with shape 0): over the (k+1)-th
/// largest score u, p = (k + 1) / (n + 1) · (1 + (score − u) / Σ excess)^−k, where the sum runs over the k largest. For an exponential tail
/// that is exact, the uncertainty of the estimate included; for lighter ones, as normal ones are, it is too large, that is, careful.
/// </remarks>
public sealed class LabelCalibration
{
    /// <summary>Fewest background pictures.</summary>
    public const int LeastPictures = 20;

    // The upper tenth is the usual threshold of extreme-value fits: enough scores to estimate one number, few enough to be a tail.
    private const int TailFraction = 10;

    private readonly float[] _scores;
    private readonly (double Mean, double Deviation, double Excess)[] _moments;

    /// <param name="scores">[labels, pictures], ascending in each row; not copied.</param>
    /// <param name="labels">Rows.</param>
    internal LabelCalibration(float[] scores, int labels)
    {
        _scores = scores;
        Pictures = scores.Length / labels;
        _moments = new (double, double, double)[labels];
        for (int label = 0; label < labels; label++)
            _moments[label] = MomentsOf(ScoresOf(label), TailLength);
    }

    /// <summary>Labels.</summary>
    public int Labels => _moments.Length;

    /// <summary>Background pictures.</summary>
    public int Pictures { get; }

    /// <summary>[labels, pictures], ascending in each row.</summary>
    internal ReadOnlyMemory<float> Scores => _scores;

    private int TailLength => Pictures / TailFraction;

    /// <summary>The mean logit of a label on the background.</summary>
    public double Mean(int label) => _moments[label].Mean;

    /// <summary>The standard deviation of a label's logits on the background (n − 1).</summary>
    public double Deviation(int label) => _moments[label].Deviation;

    /// <summary>The logit that a share of the background stays below, between neighbours linearly.</summary>
    /// <param name="label">Place of the label.</param>
    /// <param name="share">0 for the smallest to 1 for the largest.</param>
    public double Quantile(int label, double share)
    {
        if (share is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "A quantile's share is from 0 to 1.");
        ReadOnlySpan<float> scores = ScoresOf(label);
        double at = share * (scores.Length - 1);
        int below = (int)at;
        return double.Lerp(scores[below], scores[Math.Min(below + 1, scores.Length - 1)], at - below);
    }

    /// <summary>Standard deviations above the background's mean; infinite or not a number where the background does not vary.</summary>
    public double ZScore(int label, float logit) => (logit - Mean(label)) / Deviation(label);

    /// <summary>How often a background picture scores as high; see the remarks of the class.</summary>
    public double PValue(int label, float logit)
    {
        ReadOnlySpan<float> scores = ScoresOf(label);
        int asHigh = scores.Length - CountBelow(scores, logit);
        double p = (1.0 + asHigh) / (scores.Length + 1);
        return asHigh == 0 ? Math.Min(p, Tail(label, logit)) : p;
    }

    /// <summary>Background scores of one label, in ascending order.</summary>
    internal ReadOnlySpan<float> ScoresOf(int label) => _scores.AsSpan(label * Pictures, Pictures);

    private double Tail(int label, float logit)
    {
        ReadOnlySpan<float> scores = ScoresOf(label);
        double excess = _moments[label].Excess, over = (double)logit - scores[^(TailLength + 1)];
        return excess > 0 ? (TailLength + 1.0) / (scores.Length + 1) * Math.Pow(1 + over / excess, -TailLength) : 1;
    }

    private static (double Mean, double Deviation, double Excess) MomentsOf(ReadOnlySpan<float> scores, int tail)
    {
        double mean = 0, squares = 0, excess = 0;
        foreach (float score in scores)
            mean += score;
        mean /= scores.Length;
        foreach (float score in scores)
            squares += (score - mean) * (score - mean);
        foreach (float score in scores[^tail..])
            excess += (double)score - scores[^(tail + 1)];
        return (mean, Math.Sqrt(squares / (scores.Length - 1)), excess);
    }

    private static int CountBelow(ReadOnlySpan<float> ascending, float limit)
    {
        int first = 0, end = ascending.Length;
        while (first < end)
        {
            int middle = (first + end) / 2;
            if (ascending[middle] < limit)
                first = middle + 1;
            else
                end = middle;
        }
        return first;
    }
}

/// <summary>
/// P-values of many labels at once: the probability that any label that does not hold is accepted stays below the level, however the
/// labels' scores depend on one another. Šidák's correction, which gains a fortieth at 5 %, needs them independent; those of "cat" and
/// "kitten" are not.
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
