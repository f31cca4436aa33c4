using PureClip.Search;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Search;

public sealed class NearDuplicatesTests
{
    [Theory]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void Groups_are_those_of_a_naive_search_over_all_pairs(string tier)
    {
        float[][] vectors = StoredRows.RandomUnits(300, 37, 1); // more than two blocks, an odd width
        for (int i = 10; i < 300; i += 7)
            vectors[i] = StoredRows.Unit([.. vectors[i - 10].Zip(vectors[i], (a, b) => a + 0.2f * b)]);
        using StoredRows rows = new(VectorType.F16, 37, vectors);
        UnionFind naive = new(300), found = new(300);
        for (int i = 0; i < 300; i++)
            for (int j = i + 1; j < 300; j++)
                if (StoredRows.Dot(StoredRows.Unit(rows[i]), StoredRows.Unit(rows[j])) >= 0.9)
                    naive.Union(i, j);
        List<int> progress = [];
        using WorkerPool pool = new(2);
        NearDuplicates.Unite(new(rows.Matrix), 0.9f, found, pool, SimdTier.All.Single(t => t.Name == tier), progress.Add);

        Assert.NotEmpty(naive.Groups());
        Assert.Equal(naive.Groups(), found.Groups());
        Assert.Equal([128, 256, 300], progress);
    }

    [Fact]
    public void Zeros_and_single_vectors_are_alone()
    {
        using StoredRows rows = new(VectorType.F32, 2, [0f, 0f], [0f, 0f], [1f, 0f]);
        UnionFind sets = new(3);
        NearDuplicates.Unite(new(rows.Matrix), 0.5f, sets, WorkerPool.Serial, SimdTier.Active);
        Assert.Empty(sets.Groups());
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
