using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class NearDuplicatesTests
{
    private static readonly VectorSpace Space = new("test", 2);

    [Fact]
    public void Near_entries_hang_together_with_the_largest_file_in_front()
    {
        using EmbeddingIndex index = EmbeddingIndex.FromEntries(
            [new("a", Size: 5), new("b", Size: 1), new("c", Size: 9), new("d", Size: 7)],
            [[1f, 0f], [0f, 1f], [0.96f, 0.28f], [0.8432f, 0.5376f]], // a, c, d: each a little farther
            Space);
        IReadOnlyList<SearchHit> group = Assert.Single(index.FindDuplicates());
        Assert.Equal(["c", "d", "a"], group.Select(hit => hit.Key));
        Assert.Equal([1f, 0.96f, 0.96f], group.Select(hit => MathF.Round(hit.Score, 3)));
        Assert.Empty(index.FindDuplicates(new() { Threshold = 0.97f }));
        Assert.Equal(["c", "d"], Assert.Single(index.FindDuplicates(new() { Filter = entry => entry > 0 })).Select(hit => hit.Key));
    }

    [Fact]
    public void Equal_contents_belong_together_however_far_their_vectors_are()
    {
        using EmbeddingIndex index = EmbeddingIndex.FromEntries(
            [new("a", ContentHash: 7), new("b", ContentHash: 7), new("unknown"), new("unknown too")],
            [[1f, 0f], [-1f, 0f], [0f, 1f], [0f, -1f]], Space);
        Assert.Equal(["a", "b"], Assert.Single(index.FindDuplicates()).Select(hit => hit.Key));
    }

    [Fact]
    public void Zeros_and_single_vectors_are_alone()
    {
        using EmbeddingIndex index = EmbeddingIndex.FromVectors(["a", "b", "c"], [[0f, 0f], [0f, 0f], [1f, 0f]], Space);
        Assert.Empty(index.FindDuplicates(new() { Threshold = 0.5f }));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(1.1f)]
    public void A_threshold_is_a_cosine(float threshold)
    {
        using EmbeddingIndex index = EmbeddingIndex.FromVectors(["a"], [[1f, 0f]], Space);
        Assert.Contains(
            "between -1 and 1", Assert.Throws<ArgumentException>(() => index.FindDuplicates(new() { Threshold = threshold })).Message);
    }

    [Fact]
    public void The_least_number_stands_for_a_set()
    {
        UnionFind sets = new(6);
        sets.Union(5, 3);
        sets.Union(3, 1);
        sets.Union(4, 0);
        Assert.Equal(1, sets.Find(5));
        Assert.Equal([[0, 4], [1, 3, 5]], sets.Groups());
    }
}
