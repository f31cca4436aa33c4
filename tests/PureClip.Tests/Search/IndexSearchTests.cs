using PureClip.Search;

namespace PureClip.Tests.Search;

/// <summary>Searching an index from the outside: entries, keys and options.</summary>
public sealed class IndexSearchTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pureclip-tests-");

    [Theory]
    [InlineData(VectorType.F32, 0)]
    [InlineData(VectorType.F16, 0)]
    [InlineData(VectorType.Int8, 0)]
    [InlineData(VectorType.F16, 8)]
    public void The_nearest_entries_are_found_and_removed_ones_are_not(VectorType type, int factor)
    {
        float[][] vectors = StoredRows.RandomUnits(200, 33, 1);
        using EmbeddingIndex index = Make(type, vectors, removed: 50);
        float[] query = [.. vectors[60].Select(x => 5 * x)]; // of any length
        SearchHit[] hits = index.Search(query, new() { Top = 1_000, FirstPassFactor = factor });

        Assert.Equal(199, hits.Length);
        Assert.Equal("60", hits[0].Key);
        Assert.Equal(1f, hits[0].Score, 1e-2f);
        Assert.DoesNotContain(hits, hit => hit.Key == "50");
        Assert.All(hits, hit => Assert.Equal(index.KeyOf(hit.Entry), hit.Key));
        Assert.Equal(hits.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Entry), hits);
    }

    [Fact]
    public void A_filter_and_a_minimum_narrow_the_answer()
    {
        float[][] vectors = StoredRows.RandomUnits(100, 16, 2);
        using EmbeddingIndex index = Make(VectorType.F32, vectors, removed: 0);
        SearchHit[] even = index.Search(vectors[7], new() { Top = 100, Filter = entry => entry % 2 == 0, MinimumScore = 0.1f });
        Assert.NotEmpty(even);
        Assert.All(even, hit => Assert.True(hit.Entry % 2 == 0 && hit.Score >= 0.1f));
    }

    [Fact]
    public void What_cannot_be_searched_for_is_refused()
    {
        using EmbeddingIndex index = Make(VectorType.F32, StoredRows.RandomUnits(3, 4, 3), removed: 0);
        Assert.Contains("5 numbers", Assert.Throws<ArgumentException>(() => index.Search(new float[5])).Message);
        Assert.Throws<ArgumentException>(() => index.Search(new float[4]));
        foreach (float none in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            Assert.Throws<ArgumentException>(() => index.Search([1f, none, 0f, 0f]));
        Assert.Throws<ArgumentException>(() => index.Search([1f, 0f, 0f, 0f], new() { Top = 0 }));
        Assert.Throws<ArgumentException>(() => index.Search([1f, 0f, 0f, 0f], new() { FirstPassFactor = -1 }));
        Assert.Throws<ArgumentException>(() => index.Search([1f, 0f, 0f, 0f], new() { MinimumScore = float.NaN }));
    }

    [Fact]
    public void An_empty_index_has_no_answer()
    {
        using EmbeddingIndex index = Make(VectorType.F16, [], removed: 0);
        Assert.Empty(index.Search([1f, 0f, 0f, 0f]));
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private EmbeddingIndex Make(VectorType type, float[][] vectors, int removed)
    {
        string path = Path.Combine(_folder.FullName, "index");
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(
            path, new(new string('a', 32), vectors.Length > 0 ? vectors[0].Length : 4), type))
        {
            for (int i = 0; i < vectors.Length; i++)
                writer.Add(new($"{i}"), vectors[i]);
            writer.Remove($"{removed}");
            writer.Commit();
        }
        return EmbeddingIndex.Open(path);
    }
}
