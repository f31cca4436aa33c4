using PureClip.Concepts;
using PureClip.Labels;

namespace PureClip.Evaluation;

/// <summary>How well a few pictures of each class do.</summary>
/// <param name="Shots">Pictures of each class.</param>
/// <param name="Draws">How many times they were drawn anew.</param>
/// <param name="Top1">Share of right answers: the mean over the draws, and two standard errors of it to either side.</param>
public sealed record FewShotReport(int Shots, int Draws, Estimate Top1);

/// <summary>
/// Classes as the mean direction of a few of their pictures, blended with their names where there are some: what is gained by showing
/// instead of telling, without training.
/// </summary>
public static class FewShot
{
    /// <summary>Measures it: pictures are drawn, and those that no draw of this size has taken are judged.</summary>
    /// <param name="pictures">Pictures of all classes.</param>
    /// <param name="shots">Pictures of each class, at least 1; each class has more of them.</param>
    /// <param name="names">The classes' names as a classifier of the same labels, or null.</param>
    /// <param name="nameShare">Share of the names, 0 to 1.</param>
    /// <param name="draws">How many times, at least 2.</param>
    /// <param name="seed">Which draws.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">A class has too few pictures, or an argument is out of range.</exception>
    public static FewShotReport Measure(LabelledEmbeddings pictures, int shots, Classifier? names = null, float nameShare = 0.5f,
        int draws = 10, int seed = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentOutOfRangeException.ThrowIfLessThan(shots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 2);
        if (nameShare is not (>= 0f and <= 1f))
            throw new ArgumentOutOfRangeException(nameof(nameShare), nameShare, "A share lies between 0 and 1.");
        int small = Enumerable.Range(0, pictures.Labels.Count).FirstOrDefault(place => pictures.Sizes[place] <= shots, -1);
        if (small >= 0)
            throw new ArgumentException($"The class \"{pictures.Labels[small]}\" has {pictures.Sizes[small]} pictures; {shots} of each "
                + "class are shown and at least one more is judged.", nameof(shots));
        if (names is not null && !names.Labels.SequenceEqual(pictures.Labels))
            throw new ArgumentException("The names are of other classes than the pictures.", nameof(names));
        int[][] members = [.. Enumerable.Range(0, pictures.Labels.Count)
            .Select(place => Enumerable.Range(0, pictures.Count).Where(i => pictures.ClassOf(i) == place).ToArray())];
        double[] shares = new double[draws];
        for (int draw = 0; draw < draws; draw++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            shares[draw] = Share(pictures, members, shots, names, nameShare, new(unchecked(seed * 7919 + draw)));
        }
        double mean = shares.Average(), variance = shares.Sum(share => (share - mean) * (share - mean)) / (draws - 1);
        double twice = 2 * Math.Sqrt(variance / draws);
        return new(shots, draws, new(mean, Math.Max(0, mean - twice), Math.Min(1, mean + twice)));
    }

    private static double Share(
        LabelledEmbeddings pictures, int[][] members, int shots, Classifier? names, float nameShare, SplitMix random)
    {
        bool[] isShown = new bool[pictures.Count];
        List<int> shown = [];
        for (int place = 0; place < members.Length; place++)
        {
            int[] order = [.. members[place]];
            for (int i = 0; i < shots; i++) // the beginning of a shuffle: Fisher and Yates
            {
                int other = i + random.Next(order.Length - i);
                (order[i], order[other]) = (order[other], order[i]);
                isShown[order[i]] = true;
                shown.Add(order[i]);
            }
        }
        LinearHead head = LinearHead.OfDirections(
            PrototypeClassifier.Prototypes(pictures, [.. shown], names, names is null ? 0f : nameShare), scale: 1f, bias: 0f);
        float[] logits = new float[members.Length];
        int right = 0, judged = 0;
        for (int i = 0; i < isShown.Length; i++)
        {
            if (isShown[i])
                continue;
            head.Logits(pictures.Direction(i), logits);
            right += Classification.RankOf(pictures.ClassOf(i), logits) == 0 ? 1 : 0;
            judged++;
        }
        return (double)right / judged;
    }
}
