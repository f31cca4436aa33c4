using PureClip.Cli.Output;
using PureClip.Concepts;

namespace PureClip.Tests.Concepts;

public sealed class SignificanceTestTests
{
    private const string Fingerprint = "0123456789abcdef0123456789abcdef";
    private const int Width = 16, WordCount = 40, Experiments = 200, Draws = 199;

    // 200 experiments at 5 %: 10 expected, standard deviation 3.1; the bounds are three of these away.
    private const int FewestFalse = 1, MostFalse = 20;

    private readonly Random _random = new(99);
    private readonly NearestWords _words;

    public SignificanceTestTests() => _words = new(WordTable.FromEmbeddings(
        Model(Width), "{}", [.. Enumerable.Range(0, WordCount).Select(i => $"w{i}")],
        [.. Enumerable.Range(0, WordCount).SelectMany(_ => Noise())]));

    [Fact]
    public void Random_directions_are_called_significant_as_often_as_promised() =>
        Assert.InRange(FalsePositives(() => SignificanceTest.RandomDirections(Concept(Noise()))), FewestFalse, MostFalse);

    [Fact]
    public void Differences_of_unrelated_pictures_are_called_significant_as_often_as_promised()
    {
        float[][] pictures = [.. Enumerable.Range(0, 400).Select(_ => Picture())];
        Assert.InRange(
            FalsePositives(() => SignificanceTest.UnrelatedPictures([Difference(Picture(), Picture())], pictures)), FewestFalse, MostFalse);
    }

    [Fact]
    public void Pairs_without_a_common_idea_are_called_significant_as_often_as_promised() =>
        Assert.InRange(
            FalsePositives(() => SignificanceTest.SwappedPairs([.. Enumerable.Range(0, 8).Select(_ => Difference(Picture(), Picture()))])),
            FewestFalse, MostFalse);

    [Theory]
    [InlineData(NullKind.RandomDirections)]
    [InlineData(NullKind.UnrelatedPictures)]
    [InlineData(NullKind.SwappedPairs)]
    public void A_planted_word_is_found(NullKind kind)
    {
        float[][] pictures = [.. Enumerable.Range(0, 400).Select(_ => Picture())];
        int found = 0;
        for (int i = 0; i < 20; i++)
        {
            ConceptVector[] pairs = [.. Enumerable.Range(0, 10).Select(_ => Planted(word: 7, strength: 4f))];
            SignificanceTest test = kind switch
            {
                NullKind.RandomDirections => SignificanceTest.RandomDirections(pairs),
                NullKind.UnrelatedPictures => SignificanceTest.UnrelatedPictures(pairs, pictures),
                _ => SignificanceTest.SwappedPairs(pairs),
            };
            WordScore[] best = _words.Of(ConceptVector.Mean(pairs), top: 1);
            found += best[0].Word == "w7" && test.Of(_words, best, Draws)[0].FamilyWiseP <= 0.05 ? 1 : 0;
            Assert.Equal(kind, test.Kind);
        }
        Assert.InRange(found, 19, 20);
    }

    [Fact]
    public void Of_six_equal_pairs_one_pattern_of_64_reaches_what_was_seen()
    {
        ConceptVector pair = Concept([.. _words.Table[3]]);
        WordSignificance result = SignificanceTest.SwappedPairs([pair, pair, pair, pair, pair, pair])
            .Of(_words, [new("w3", 3, 1f)], draws: 9999)[0];
        Assert.Equal(1 / 64d, result.P, 0.005); // four standard errors
        Assert.InRange(result.FamilyWiseP, result.P, 2 / 64d + 0.007); // the opposite pattern may please another word as much
    }

    [Fact]
    public void No_more_threads_draw_than_are_asked_for()
    {
        SignificanceTest test = SignificanceTest.RandomDirections(Planted(word: 2, strength: 100f));
        WordScore[] found = _words.Of(Planted(word: 2, strength: 100f), top: 5);
        HashSet<int> threads = [];
        WordSignificance[] alone = test.Of(
            _words, found, 9999, threads: 1, new DirectProgress<int>(_ => threads.Add(Environment.CurrentManagedThreadId)),
            CancellationToken.None);
        Assert.Single(threads);
        Assert.Equal(test.Of(_words, found, 9999), alone);
    }

    [Fact]
    public void P_values_are_the_same_in_every_run_and_never_zero()
    {
        SignificanceTest test = SignificanceTest.RandomDirections(Planted(word: 2, strength: 100f));
        WordScore[] found = _words.Of(Planted(word: 2, strength: 100f), top: 5);
        Assert.Equal(test.Of(_words, found, Draws), test.Of(_words, found, Draws));
        Assert.All(test.Of(_words, found, Draws), word => Assert.InRange(word.P, 1d / (Draws + 1), 1));
        Assert.All(test.Of(_words, found, Draws), word => Assert.True(word.FamilyWiseP >= word.P));
    }

    [Fact]
    public void What_cannot_be_tested_is_refused()
    {
        ConceptVector concept = Concept(Noise());
        Assert.Contains("6 pairs", Assert.Throws<ArgumentException>(() => SignificanceTest.SwappedPairs(concept, concept)).Message);
        Assert.Contains(
            "1 unrelated", Assert.Throws<ArgumentException>(() => SignificanceTest.UnrelatedPictures([concept], [Noise()])).Message);
        Assert.Throws<ArgumentException>(() => SignificanceTest.UnrelatedPictures([concept], [[1f], [2f]]));
        Assert.Throws<ArgumentException>(() => SignificanceTest.RandomDirections());
    }

    [Fact]
    public void It_can_be_cancelled()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(
            () => SignificanceTest.RandomDirections(Concept(Noise())).Of(_words, [], cancellationToken: cancelled.Token));
    }

    /// <summary>How many of the experiments find a best word with a family-wise p of at most 5 %.</summary>
    private int FalsePositives(Func<SignificanceTest> chance)
    {
        WordScore[] all = [.. Enumerable.Range(0, WordCount).Select(i => new WordScore($"w{i}", i, 0f))];
        int found = 0;
        for (int i = 0; i < Experiments; i++)
            found += chance().Of(_words, all, Draws).Min(word => word.FamilyWiseP) <= 0.05 ? 1 : 0;
        return found;
    }

    /// <summary>Pictures lie together in a corner of the space, and differ more in some directions than in others.</summary>
    private float[] Picture() => [.. Noise().Select((number, i) => number / (1 + i / 4f) + (i == 0 ? 5f : 0f))];

    private float[] Noise() =>
        [.. Enumerable.Range(0, Width)
            .Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble())))];

    private ConceptVector Planted(int word, float strength)
    {
        float[] direction = Noise();
        for (int i = 0; i < Width; i++)
            direction[i] += strength * _words.Table[word][i];
        return Concept(direction);
    }

    private static ConceptVector Concept(float[] direction) => ConceptVector.Sum(Model(Width), new ConceptTerm(1f, direction, "x"));

    private static ConceptVector Difference(float[] plus, float[] minus) => ConceptVector.Difference(Model(Width), plus, minus);

    private static VectorSpace Model(int width) => new(Fingerprint, width);
}
