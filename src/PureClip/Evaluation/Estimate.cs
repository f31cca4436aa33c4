using PureClip.Concepts;

namespace PureClip.Evaluation;

/// <summary>A share that was counted on some pictures, and where it lies for pictures of that kind in general.</summary>
/// <param name="Value">0 to 1.</param>
/// <param name="Low">Where its 95 % confidence interval begins.</param>
/// <param name="High">Where that ends.</param>
public readonly record struct Estimate(double Value, double Low, double High)
{
    private const double Normal975 = 1.959963984540054; // 97.5 % of a normal distribution lie below
    private const double Tail = 0.025;
    private const int Draws = 2000;

    /// <summary>A count of independent answers, with Wilson's interval, which holds near 0 and 1 and for few answers too.</summary>
    /// <remarks>Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".</remarks>
    /// <param name="right">0 to <paramref name="of"/>.</param>
    /// <param name="of">At least 1.</param>
    public static Estimate OfCount(int right, int of)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(of, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(right);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(right, of);
        const double Square = Normal975 * Normal975;
        double share = (double)right / of, width = 1 + Square / of, centre = share + Square / (2.0 * of);
        double half = Normal975 * Math.Sqrt(share * (1 - share) / of + Square / (4.0 * of * of));
        return new(share, Math.Max(0, (centre - half) / width), Math.Min(1, (centre + half) / width));
    }

    /// <summary>A sum of groups over a sum of groups, with the interval of the percentile bootstrap over the groups.</summary>
    /// <remarks>
    /// Efron 1979, "Bootstrap Methods". What belongs together is drawn together: captions of one picture are no independent questions.
    /// </remarks>
    /// <param name="groups">What each group adds above and below the line.</param>
    internal static Estimate OfGroups(ReadOnlySpan<(double Right, double Of)> groups)
    {
        double[] shares = new double[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            SplitMix random = new(draw);
            double right = 0, of = 0;
            for (int i = 0; i < groups.Length; i++)
            {
                (double groupRight, double groupOf) = groups[random.Next(groups.Length)];
                (right, of) = (right + groupRight, of + groupOf);
            }
            shares[draw] = right / of;
        }
        double allRight = 0, all = 0;
        foreach ((double right, double of) in groups)
            (allRight, all) = (allRight + right, all + of);
        if (allRight == 0 || allRight == all)
            return OfCount(allRight == 0 ? 0 : groups.Length, groups.Length); // every draw is alike; that is no certainty
        Array.Sort(shares);
        return new(allRight / all, shares[(int)(Tail * Draws)], shares[(int)((1 - Tail) * Draws) - 1]);
    }

    /// <summary>A mean of means, one for each class, with the bootstrap within each class.</summary>
    /// <param name="classes">Right answers and pictures of each class.</param>
    internal static Estimate OfClasses(ReadOnlySpan<(int Right, int Of)> classes)
    {
        double[] means = new double[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            SplitMix random = new(draw);
            foreach ((int right, int of) in classes)
            {
                int drawn = 0;
                for (int i = 0; i < of; i++)
                    drawn += random.Next(of) < right ? 1 : 0;
                means[draw] += (double)drawn / of / classes.Length;
            }
        }
        double mean = 0;
        foreach ((int right, int of) in classes)
            mean += (double)right / of / classes.Length;
        if (mean == 0 || classes.ToArray().All(static row => row.Right == row.Of))
            return OfCount(mean == 0 ? 0 : classes.ToArray().Sum(static row => row.Of), classes.ToArray().Sum(static row => row.Of));
        Array.Sort(means);
        return new(mean, means[(int)(Tail * Draws)], means[(int)((1 - Tail) * Draws) - 1]);
    }
}
