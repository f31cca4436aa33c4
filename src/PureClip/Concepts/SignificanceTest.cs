using System.Numerics.Tensors;

namespace PureClip.Concepts;

/// <summary>What chance is taken to be when a score is tested.</summary>
public enum NullKind
{
    /// <summary>
    /// Directions without any structure. Needs nothing but the words. Differences of pictures are nearer to words than such directions
    /// whatever the pictures show, so a word is tested by how far its score stands out among the scores of all words (in standard
    /// deviations), not by its size.
    /// </summary>
    RandomDirections,

    /// <summary>Differences of pictures that have nothing to do with one another: how near do these come to a word?</summary>
    UnrelatedPictures,

    /// <summary>
    /// The same pairs with "with" and "without" swapped at random in each: how consistent are they? Needs six pairs or more.
    /// </summary>
    SwappedPairs,
}

/// <summary>How likely chance gives such a score.</summary>
/// <param name="P">That it gives this word such a score.</param>
/// <param name="FamilyWiseP">
/// That it gives any of the words such a score: the one to go by after looking for the best of many words.
/// </param>
public readonly record struct WordSignificance(double P, double FamilyWiseP);

/// <summary>
/// Tells a concept that the model sees from chance, by drawing at random what would have come out if there were none. The score of a word
/// is the mean over the pairs of its cosine with their differences; for a single difference that is the cosine itself. A small p-value says
/// that the nearness of a word is no accident, not that the model gives things their right names.
/// </summary>
/// <remarks>
/// Monte Carlo p-values, (1 + draws that reach the score) / (1 + draws): Davison and Hinkley 1997, 4.2. For many words, the distribution of
/// the largest score: Westfall and Young 1993. Draws are the same in every run.
/// </remarks>
public sealed class SignificanceTest
{
    /// <summary>How many draws there are unless a call says otherwise; the smallest p-value is then 0.001.</summary>
    public const int UsualDraws = 999;

    /// <summary>Fewest pairs whose swapping can show anything: five give 32 patterns, and p-values of 1/32 at best.</summary>
    public const int FewestPairsToSwap = 6;

    private readonly float[] _observed;
    private readonly DrawOf _draw;

    private SignificanceTest(NullKind kind, float[] observed, DrawOf draw)
    {
        Kind = kind;
        _observed = observed;
        _draw = draw;
    }

    /// <summary>Adds up one draw in a zeroed vector.</summary>
    private delegate void DrawOf(SplitMix random, Span<float> direction);

    /// <summary>What chance is taken to be.</summary>
    public NullKind Kind { get; }

    /// <summary>Against directions without structure.</summary>
    /// <param name="pairs">The difference of each pair, at least one.</param>
    public static SignificanceTest RandomDirections(params IReadOnlyList<ConceptVector> pairs) =>
        new(NullKind.RandomDirections, Mean(pairs), (random, direction) =>
    {
        foreach (ref float number in direction)
            number = random.NextNormal();
    });

    /// <summary>Against the same pairs, swapped at random.</summary>
    /// <param name="pairs">The difference of each pair, at least <see cref="FewestPairsToSwap"/>.</param>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public static SignificanceTest SwappedPairs(params IReadOnlyList<ConceptVector> pairs)
    {
        float[] observed = Mean(pairs);
        if (pairs.Count < FewestPairsToSwap)
            throw new ArgumentException(
                $"{pairs.Count} pairs were given; swapping shows something from {FewestPairsToSwap} pairs on.", nameof(pairs));
        return new(NullKind.SwappedPairs, observed, (random, direction) =>
        {
            foreach (ConceptVector pair in pairs)
                TensorPrimitives.MultiplyAdd(pair.Vector.Span, random.NextSign() / pairs.Count, direction, direction);
        });
    }

    /// <summary>Against differences of pictures that have nothing to do with one another, as many in a mean as there are pairs.</summary>
    /// <param name="pairs">The difference of each pair, at least one.</param>
    /// <param name="pictures">Embeddings, at least as many as weights; hundreds are better.</param>
    /// <param name="weights">
    /// How a difference is put together; null for one picture minus another. Where they do not add up to 0, the pictures' mean is taken
    /// off.
    /// </param>
    /// <exception cref="ArgumentException">There are too few pictures.</exception>
    public static SignificanceTest UnrelatedPictures(
        IReadOnlyList<ConceptVector> pairs, IReadOnlyList<float[]> pictures, IReadOnlyList<float>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        weights ??= [1f, -1f];
        float[] observed = Mean(pairs);
        if (pictures.Count < Math.Max(2, weights.Count) || pictures.Any(picture => picture.Length != observed.Length))
            throw new ArgumentException($"{pictures.Count} unrelated pictures were given; there must be {Math.Max(2, weights.Count)} at "
                + "least (hundreds are better), of the concept's model.", nameof(pictures));
        UnrelatedDifferences differences = new(pictures, weights);
        return new(NullKind.UnrelatedPictures, observed, (random, direction) =>
        {
            for (int pair = 0; pair < pairs.Count; pair++)
                differences.Add(ref random, 1f / pairs.Count, direction);
        });
    }

    /// <summary>Tests words.</summary>
    /// <param name="words">All words among which they were found.</param>
    /// <param name="found">The words to test.</param>
    /// <param name="draws">How many random directions to look at, 1 or more.</param>
    /// <param name="threads">Threads that compute, 1 or more; null for one for each processor. The results do not depend on it.</param>
    /// <param name="progress">Told the number of draws done so far.</param>
    /// <param name="cancellationToken">Checked every few draws.</param>
    /// <returns>One for each of <paramref name="found"/>, in their order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no draws, or no threads.</exception>
    public WordSignificance[] Of(
        NearestWords words,
        IReadOnlyList<WordScore> found,
        int draws = UsualDraws,
        int? threads = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(found);
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1);
        int workers = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1, nameof(threads));
        DrawScores scores = new(words.Table, standardise: Kind == NullKind.RandomDirections);
        float[] observed = new float[words.Table.Words.Count];
        scores.Compute(_observed, 1, observed);
        Tally tally = new(found, observed);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken };
        Parallel.For(0, (draws + DrawScores.PerBlock - 1) / DrawScores.PerBlock, parallel, block =>
        {
            int first = block * DrawScores.PerBlock, count = Math.Min(DrawScores.PerBlock, draws - first);
            float[] directions = new float[count * _observed.Length];
            for (int i = 0; i < count; i++)
                _draw(new SplitMix(first + i), directions.AsSpan(i * _observed.Length, _observed.Length));
            float[] drawn = new float[count * observed.Length];
            scores.Compute(directions, count, drawn);
            tally.Add(drawn, count, progress);
        });
        return tally.Result(draws);
    }

    private static float[] Mean(IReadOnlyList<ConceptVector> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Count == 0)
            throw new ArgumentException("There is no difference to test.", nameof(pairs));
        float[] mean = new float[pairs[0].Width];
        foreach (ConceptVector pair in pairs)
        {
            pair.RequireSpace(pairs[0].Space);
            TensorPrimitives.MultiplyAdd(pair.Vector.Span, 1f / pairs.Count, mean, mean);
        }
        return mean;
    }

    /// <summary>Counts the draws that reach what was observed.</summary>
    private sealed class Tally(IReadOnlyList<WordScore> found, float[] observed)
    {
        private readonly Lock _lock = new();
        private readonly int[] _word = new int[found.Count], _any = new int[found.Count];
        private int _done;

        public void Add(ReadOnlySpan<float> drawn, int count, IProgress<int>? progress)
        {
            lock (_lock)
            {
                for (int i = 0; i < count; i++)
                    Add(drawn.Slice(i * observed.Length, observed.Length));
                progress?.Report(_done += count);
            }
        }

        public WordSignificance[] Result(int draws) =>
            [.. _word.Zip(_any, (word, any) => new WordSignificance((1d + word) / (1d + draws), (1d + any) / (1d + draws)))];

        private void Add(ReadOnlySpan<float> scores)
        {
            float largest = TensorPrimitives.Max(scores);
            for (int i = 0; i < found.Count; i++)
            {
                float score = observed[found[i].Index];
                _word[i] += scores[found[i].Index] >= score ? 1 : 0;
                _any[i] += largest >= score ? 1 : 0;
            }
        }
    }
}

/// <summary>
/// The scores of all words for several directions at once, so that a table of many words passes through the caches once for all of them.
/// </summary>
/// <param name="table">The words.</param>
/// <param name="standardise">
/// Whether the scores of a direction become standard scores: their mean over all words is 0, their variance 1.
/// </param>
internal sealed class DrawScores(WordTable table, bool standardise)
{
    /// <summary>Directions at once: 16 of 512 numbers are 32 KiB and stay in the first-level cache.</summary>
    public const int PerBlock = 16;

    /// <summary>Computes scores: dot products, since the length of a mean of differences tells how well they agree.</summary>
    /// <param name="directions">[count, width]</param>
    /// <param name="count">Directions.</param>
    /// <param name="scores">[count, words]</param>
    public void Compute(ReadOnlySpan<float> directions, int count, Span<float> scores)
    {
        int words = table.Words.Count;
        for (int word = 0; word < words; word++)
            for (int i = 0; i < count; i++)
                scores[i * words + word] = TensorPrimitives.Dot(directions.Slice(i * table.Width, table.Width), table[word]);
        for (int i = 0; standardise && i < count; i++)
            Standardise(scores.Slice(i * words, words));
    }

    private static void Standardise(Span<float> scores)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Sum<float>(scores) / scores.Length, scores);
        float deviation = TensorPrimitives.Norm(scores) / MathF.Sqrt(scores.Length);
        if (deviation > 0f)
            TensorPrimitives.Divide(scores, deviation, scores);
    }
}

/// <summary>Draws differences of pictures that have nothing to do with one another.</summary>
internal sealed class UnrelatedDifferences
{
    private readonly float[][] _pictures;
    private readonly IReadOnlyList<float> _weights;

    /// <param name="pictures">Embeddings, at least as many as weights.</param>
    /// <param name="weights">How a difference is put together.</param>
    public UnrelatedDifferences(IReadOnlyList<float[]> pictures, IReadOnlyList<float> weights)
    {
        _weights = weights;
        _pictures = [.. pictures.Select(picture => (float[])picture.Clone())];
        float[] mean = new float[_pictures[0].Length];
        foreach (float[] picture in _pictures)
        {
            TensorPrimitives.Divide(picture, TensorPrimitives.Norm(picture), picture);
            TensorPrimitives.MultiplyAdd(picture, 1f / _pictures.Length, mean, mean);
        }
        foreach (float[] picture in _pictures)
            TensorPrimitives.Subtract(picture, mean, picture); // cancels out where the weights add up to 0
    }

    /// <summary>Adds a difference of that length to a vector. Copies of a picture, whose difference is zero, add nothing.</summary>
    public void Add(ref SplitMix random, float length, Span<float> destination)
    {
        Span<float> sum = new float[destination.Length];
        Span<int> chosen = stackalloc int[_weights.Count];
        for (int i = 0; i < chosen.Length; i++)
        {
            do
                chosen[i] = random.Next(_pictures.Length);
            while (chosen[..i].Contains(chosen[i]));
            TensorPrimitives.MultiplyAdd(_pictures[chosen[i]], _weights[i], sum, sum);
        }
        float norm = TensorPrimitives.Norm<float>(sum);
        if (norm > 0f)
            TensorPrimitives.MultiplyAdd(sum, length / norm, destination, destination);
    }
}
