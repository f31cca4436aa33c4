using System.Numerics.Tensors;
using PureClip.Cli.Arguments;
using PureClip.Concepts;

namespace PureClip.Cli.Commands;

/// <summary>
/// How often the attribute of a pair is the word nearest to its difference, and what remains of that without the right partner, or without
/// any.
/// </summary>
/// <param name="pairs">The pairs, each with an attribute.</param>
/// <param name="embeddings">Of every picture, by path.</param>
/// <param name="words">Words that hold all attributes.</param>
internal sealed class ConceptEvaluation(
    IReadOnlyList<PicturePair> pairs, IReadOnlyDictionary<string, float[]> embeddings, NearestWords words)
{
    /// <summary>How often a partner is drawn anew for the shuffled baseline.</summary>
    public const int Shuffles = 200;

    private const int Near = 3;

    private readonly Dictionary<string, int> _indexOf = words.Table.Words.Select((word, index) => (word, index)).ToDictionary();

    /// <summary>How often the attribute was found.</summary>
    /// <param name="Group">Which pairs.</param>
    /// <param name="Scoring">What was compared with the words.</param>
    /// <param name="Of">How many were asked for.</param>
    /// <param name="First">How many were the nearest word; a mean, where partners were drawn.</param>
    /// <param name="Top3">How many were among the nearest three.</param>
    /// <param name="FirstDeviation">Standard deviation of <paramref name="First"/> over the draws, or null.</param>
    /// <param name="Top3Deviation">The same of <paramref name="Top3"/>.</param>
    internal sealed record Row(
        string Group, string Scoring, int Of, double First, double Top3, double? FirstDeviation = null, double? Top3Deviation = null);

    /// <summary>Everything, by group.</summary>
    public IEnumerable<Row> Rows() => Groups().SelectMany(group => Rows(group.Name, group.Pairs));

    private IEnumerable<(string Name, PicturePair[] Pairs)> Groups()
    {
        yield return ("all", [.. pairs]);
        foreach (IGrouping<bool?, PicturePair> group in pairs.GroupBy(pair => pair.Trained).OrderByDescending(group => group.Key))
            if (group.Key is bool trained)
                yield return (trained ? "trained styles" : "unseen styles", [.. group]);
        foreach (string art in pairs.Select(pair => pair.Art).OfType<string>().Distinct().Order(StringComparer.Ordinal))
            yield return (art, [.. pairs.Where(pair => pair.Art == art)]);
    }

    private IEnumerable<Row> Rows(string group, PicturePair[] chosen)
    {
        Row Counted(string scoring, IReadOnlyCollection<int> ranks) =>
            new(group, scoring, ranks.Count, ranks.Count(rank => rank == 1), ranks.Count(rank => rank <= Near));

        yield return Counted("with - without", Ranks(chosen, pair => Minus(pair.With, embeddings[pair.Without])));
        if (pairs.Count > 1)
            yield return Shuffled(group, chosen);
        yield return Counted("with alone", Ranks(chosen, pair => embeddings[pair.With]));
        float[] mean = MeanPicture();
        yield return Counted("with - mean picture", Ranks(chosen, pair => Minus(pair.With, mean)));

        PicturePair[][] byAttribute = [.. chosen.GroupBy(pair => pair.Attribute).Select(same => same.ToArray())];
        PicturePair[][] repeated = [.. byAttribute.Where(same => same.Length > 1)];
        if (repeated.Length == 0)
            yield break;
        yield return Counted("mean of an attribute's pairs", [.. repeated.Select(same => Rank(same[0], MeanDifference(same)))]);
        yield return Counted(
            "these pairs one by one", Ranks([.. repeated.SelectMany(same => same)], pair => Minus(pair.With, embeddings[pair.Without])));
    }

    /// <summary>
    /// The "without" picture of another pair: of the same art, where there is one, since another style would be easier to tell.
    /// </summary>
    private Row Shuffled(string group, PicturePair[] chosen)
    {
        string[][] others = [.. chosen.Select(OthersOf)];
        (double First, double Near)[] counts = new (double, double)[Shuffles];
        for (int i = 0; i < counts.Length; i++)
        {
            Draws random = new(i);
            float[] Drawn(string[] pictures) => embeddings[pictures[random.Next(pictures.Length)]];
            int[] ranks = [.. chosen.Zip(others, (pair, other) => Rank(pair, Minus(pair.With, Drawn(other))))];
            counts[i] = (ranks.Count(rank => rank == 1), ranks.Count(rank => rank <= Near));
        }
        (double first, double firstDeviation) = Moments([.. counts.Select(count => count.First)]);
        (double near, double nearDeviation) = Moments([.. counts.Select(count => count.Near)]);
        return new(group, "with - another's without", chosen.Length, first, near, firstDeviation, nearDeviation);
    }

    private string[] OthersOf(PicturePair pair)
    {
        string[] others = [.. pairs.Where(other => !ReferenceEquals(other, pair) && other.Art == pair.Art).Select(other => other.Without)];
        return others.Length > 0 ? others : [.. pairs.Where(other => !ReferenceEquals(other, pair)).Select(other => other.Without)];
    }

    private int[] Ranks(PicturePair[] chosen, Func<PicturePair, float[]> direction) =>
        [.. chosen.Select(pair => Rank(pair, direction(pair)))];

    private int Rank(PicturePair pair, float[] direction)
    {
        float[] scores = words.Scores(direction);
        float own = scores[_indexOf[pair.Attribute!]];
        return 1 + scores.Count(score => score > own);
    }

    private float[] Minus(string picture, float[] other)
    {
        float[] difference = new float[other.Length];
        TensorPrimitives.Subtract(embeddings[picture], other, difference);
        return difference;
    }

    private float[] MeanDifference(PicturePair[] same) =>
        ConceptVector.MeanOfPairs(words.Table.Space, [.. same.Select(Embeddings)]).Vector.ToArray();

    private (ReadOnlyMemory<float> With, ReadOnlyMemory<float> Without) Embeddings(PicturePair pair) =>
        (embeddings[pair.With], embeddings[pair.Without]);

    private float[] MeanPicture()
    {
        string[] paths = [.. pairs.SelectMany(pair => new[] { pair.With, pair.Without })];
        float[] mean = new float[words.Table.Width];
        foreach (string path in paths)
            TensorPrimitives.MultiplyAdd(embeddings[path], 1f / paths.Length, mean, mean);
        return mean;
    }

    private static (double Mean, double Deviation) Moments(double[] values)
    {
        double mean = values.Average();
        return (mean, Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1)));
    }

    /// <summary>Draws that are the same with every version of .NET, so that a published evaluation can be repeated.</summary>
    /// <remarks>SplitMix64: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".</remarks>
    private struct Draws(int stream)
    {
        private ulong _state = Mix((ulong)stream * 0xD1342543DE82EF95);

        /// <summary>A whole number from 0 to below a bound.</summary>
        public int Next(int bound) => (int)((Mix(_state += 0x9E3779B97F4A7C15) >> 32) * (ulong)bound >> 32);

        private static ulong Mix(ulong z)
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
