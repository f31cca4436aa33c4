using PureClip.Concepts;

namespace PureClip.Tests.Concepts;

public sealed class NearestWordsTests
{
    private const string Fingerprint = "0123456789abcdef0123456789abcdef";

    // Three words in a plane, moved far away by what all texts have in common: (0, 0, 10). Their mean is that alone.
    private static readonly WordTable Three = WordTable.FromEmbeddings(
        Model(3), "{}", ["east", "north", "southwest"], [1, 0, 10, 0, 1, 10, -1, -1, 10]);

    [Fact]
    public void The_mean_of_all_words_is_taken_from_each()
    {
        Assert.Equal([0f, 0f, 10f], Three.Mean.ToArray());
        Assert.Equal([1f, 0f, 0f], Three[0].ToArray());
        Assert.Equal([-0.70710678f, -0.70710678f, 0f], Three[2].ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => Three[3].Length);
    }

    [Fact]
    public void Words_are_ranked_by_their_cosine_with_the_direction()
    {
        WordScore[] words = new NearestWords(Three).Of([3f, 4f, 0f], top: 10);

        Assert.Equal(["north", "east", "southwest"], words.Select(word => word.Word));
        Assert.Equal([1, 0, 2], words.Select(word => word.Index));
        Assert.Equal(0.8f, words[0].Score, 1e-6f);
        Assert.Equal(0.6f, words[1].Score, 1e-6f);
        Assert.Equal(-1.4f / MathF.Sqrt(2), words[2].Score, 1e-6f); // -(3 + 4) / 5 / √2
    }

    [Fact]
    public void Of_equal_words_the_earlier_comes_first()
    {
        WordTable table = WordTable.FromEmbeddings(Model(2), "{}", ["a", "b", "c", "d"], [1, 0, 1, 0, 1, 0, -3, 0]);
        Assert.Equal(["a", "b"], new NearestWords(table).Of([1f, 0f], top: 2).Select(word => word.Word));
    }

    [Fact]
    public void The_best_of_many_are_those_of_a_full_sort()
    {
        const int Words = 1000, Width = 24;
        Random random = new(1);
        float[] embeddings = [.. Enumerable.Range(0, Words * Width).Select(_ => random.NextSingle())];
        float[] direction = [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle() - 0.5f)];
        NearestWords words = new(
            WordTable.FromEmbeddings(Model(Width), "{}", [.. Enumerable.Range(0, Words).Select(i => $"w{i}")], [.. embeddings]));

        double[] expected = NaiveScores(embeddings, direction, Words, Width);
        int[] order = [.. Enumerable.Range(0, Words).OrderByDescending(i => expected[i]).Take(20)];
        WordScore[] found = words.Of(direction, top: 20);
        Assert.Equal(order, found.Select(word => word.Index));
        Assert.All(found, word => Assert.Equal(expected[word.Index], word.Score, 1e-5));
    }

    [Fact]
    public void A_concept_of_another_model_is_refused()
    {
        ConceptVector concept = ConceptVector.Sum(
            new("fedcba9876543210fedcba9876543210", 3), new ConceptTerm(1, new float[] { 1, 0, 0 }, "a"));
        Assert.Throws<InvalidDataException>(() => new NearestWords(Three).Of(concept));
    }

    [Fact]
    public void A_direction_of_another_width_is_refused() => Assert.Throws<ArgumentException>(() => new NearestWords(Three).Of([1f, 0f]));

    [Fact]
    public void Zero_is_near_to_nothing() => Assert.All(new NearestWords(Three).Scores([0f, 0f, 0f]), score => Assert.Equal(0f, score));

    private static double[] NaiveScores(float[] embeddings, float[] direction, int words, int width)
    {
        double[] scores = new double[words];
        double[] mean = [.. Enumerable.Range(0, width)
            .Select(i => Enumerable.Range(0, words).Average(v => (double)embeddings[v * width + i]))];
        for (int w = 0; w < words; w++)
        {
            double dot = 0, length = 0, directionLength = 0;
            for (int i = 0; i < width; i++)
            {
                double centred = embeddings[w * width + i] - mean[i];
                dot += centred * direction[i];
                length += centred * centred;
                directionLength += (double)direction[i] * direction[i];
            }
            scores[w] = dot / Math.Sqrt(length * directionLength);
        }
        return scores;
    }

    private static VectorSpace Model(int width) => new(Fingerprint, width);
}
