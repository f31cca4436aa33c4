using PureClip.Concepts;

namespace PureClip.Tests.Concepts;

public sealed class ConceptVectorTests
{
    private const string Fingerprint = "0123456789abcdef0123456789abcdef";
    private const string OtherFingerprint = "fedcba9876543210fedcba9876543210";

    [Fact]
    public void A_difference_has_length_1_and_points_from_minus_to_plus()
    {
        // (1, 0) - (0, 1) = (1, -1), of length √2.
        ConceptVector concept = ConceptVector.Difference(Model(2), new float[] { 1, 0 }, new float[] { 0, 1 });

        Assert.Equal([0.70710678f, -0.70710678f], concept.Vector.ToArray());
        Assert.Equal((2, Fingerprint), (concept.Width, concept.Space.Fingerprint));
        Assert.Equal(["+ plus", "- minus"], concept.Sources);
    }

    [Fact]
    public void Embeddings_count_by_their_direction()
    {
        // (3, 0) and (0, 5) are taken as (1, 0) and (0, 1).
        ConceptVector concept = ConceptVector.Sum(
            Model(2), new ConceptTerm(1, new float[] { 3, 0 }, "a"), new ConceptTerm(1, new float[] { 0, 5 }, "b"));
        Assert.Equal([0.70710678f, 0.70710678f], concept.Vector.ToArray());
    }

    [Fact]
    public void Weights_scale_the_terms()
    {
        // 4 (1, 0, 0) - 3 (0, 1, 0) = (4, -3, 0), of length 5.
        ConceptVector concept = ConceptVector.Sum(
            Model(3), new ConceptTerm(4, new float[] { 1, 0, 0 }, "a.png"), new ConceptTerm(-3, new float[] { 0, 1, 0 }, "\"b\""));

        Assert.Equal([0.8f, -0.6f, 0f], concept.Vector.ToArray());
        Assert.Equal(["+ 4 a.png", "- 3 \"b\""], concept.Sources);
    }

    [Fact]
    public void What_pairs_share_remains_in_their_mean_and_the_rest_averages_out()
    {
        // Differences (3/5, 4/5) and (3/5, -4/5): their mean is (1, 0).
        ConceptVector concept = ConceptVector.MeanOfPairs(Model(2), Pairs((0, 1, 0.96f, -0.28f), (0, 1, 0.96f, 0.28f)));

        ConceptVector first = ConceptVector.Difference(Model(2), new float[] { 0.96f, -0.28f }, new float[] { 0, 1 });
        ConceptVector second = ConceptVector.Difference(Model(2), new float[] { 0.96f, 0.28f }, new float[] { 0, 1 });
        float[] sum = [first.Vector.Span[0] + second.Vector.Span[0], first.Vector.Span[1] + second.Vector.Span[1]];
        float length = MathF.Sqrt(sum[0] * sum[0] + sum[1] * sum[1]);
        Assert.Equal(sum[0] / length, concept.Vector.Span[0], 1e-6f);
        Assert.Equal(sum[1] / length, concept.Vector.Span[1], 1e-6f);
    }

    [Fact]
    public void The_mean_takes_every_concept_with_length_1_and_its_weight()
    {
        ConceptVector x = ConceptVector.Sum(Model(2), new ConceptTerm(10, new float[] { 1, 0 }, "x"));
        ConceptVector y = ConceptVector.Sum(Model(2), new ConceptTerm(1, new float[] { 0, 1 }, "y"));

        Assert.Equal([0.70710678f, 0.70710678f], ConceptVector.Mean([x, y]).Vector.ToArray());
        Assert.Equal([0.6f, 0.8f], ConceptVector.Mean([x, y], [3, 4]).Vector.ToArray());
        Assert.Equal(["+ 10 x", "+ y"], ConceptVector.Mean([x, y]).Sources);
    }

    [Fact]
    public void The_opposite_points_the_other_way()
    {
        ConceptVector concept = ConceptVector.Sum(Model(2), new ConceptTerm(1, new float[] { 0.6f, 0.8f }, "a"));
        Assert.Equal([-0.6f, -0.8f], concept.Negate().Vector.ToArray());
    }

    [Fact]
    public void A_picture_minus_itself_is_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => ConceptVector.Difference(Model(2), new float[] { 0.6f, 0.8f }, new float[] { 0.6f, 0.8f }));
        Assert.Contains("cancel out", e.Message);
        Assert.Contains("+ plus - minus", e.Message);
    }

    [Theory]
    [InlineData(0f, 0f)]
    [InlineData(float.NaN, 1f)]
    [InlineData(float.PositiveInfinity, 1f)]
    public void An_embedding_without_direction_is_refused(float x, float y) =>
        Assert.Throws<ArgumentException>(() => ConceptVector.Difference(Model(2), new[] { x, y }, new float[] { 1, 0 }));

    [Theory]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_weight_is_finite_and_not_zero(float weight) =>
        Assert.Throws<ArgumentException>(() => ConceptVector.Sum(Model(2), new ConceptTerm(weight, new float[] { 1, 0 }, "a")));

    [Fact]
    public void Embeddings_of_different_width_are_refused() =>
        Assert.Contains(
            "3 numbers",
            Assert.Throws<ArgumentException>(
                () => ConceptVector.Difference(Model(2), new float[] { 1, 0 }, new float[] { 1, 0, 0 })).Message);

    [Fact]
    public void Nothing_is_no_concept()
    {
        Assert.Throws<ArgumentException>(() => ConceptVector.Sum(Model(2)));
        Assert.Throws<ArgumentException>(() => ConceptVector.Mean([]));
        Assert.Throws<ArgumentException>(() => ConceptVector.MeanOfPairs(Model(2), []));
    }

    [Fact]
    public void Concepts_of_different_models_are_not_mixed()
    {
        ConceptVector own = ConceptVector.Sum(Model(2), new ConceptTerm(1, new float[] { 1, 0 }, "a"));
        ConceptVector foreign = ConceptVector.Sum(new(OtherFingerprint, 2), new ConceptTerm(1, new float[] { 0, 1 }, "b"));

        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ConceptVector.Mean([own, foreign]));
        Assert.Contains(Fingerprint, e.Message);
        Assert.Contains(OtherFingerprint, e.Message);
        own.RequireSpace(Model(2));
    }

    private static (ReadOnlyMemory<float>, ReadOnlyMemory<float>)[] Pairs(params (float X0, float Y0, float X1, float Y1)[] pairs) =>
        [.. pairs.Select(pair => ((ReadOnlyMemory<float>)new[] { pair.X1, pair.Y1 }, (ReadOnlyMemory<float>)new[] { pair.X0, pair.Y0 }))];

    private static VectorSpace Model(int width) => new(Fingerprint, width);
}
