using PureClip.Search;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Search;

public sealed class SphericalKMeansTests
{
    [Fact]
    public void Separable_groups_are_found()
    {
        float[][] centres = StoredRows.RandomUnits(7, 48, 1), noise = StoredRows.RandomUnits(350, 48, 2);
        using StoredRows rows = new(VectorType.F16, 48, [.. noise.Select((vector, i) => StoredRows.Unit([.. centres[i % 7].Zip(vector, (c, n) => c + 0.3f * n)]))]);
        using WorkerPool pool = new(2);
        Clustering found = new SphericalKMeans(new(rows.Matrix), pool, SimdTier.Active).Run(7);

        Assert.Equal(7, found.Members.Length);
        Assert.All(found.Members, group => Assert.Single(group.Select(member => member % 7).Distinct()));
        Assert.Equal(Enumerable.Range(0, 350), found.Members.SelectMany(group => group).Order());
        Assert.All(found.Members, group => Assert.Equal(group.OrderByDescending(member => found.Scores[member]), group));
    }

    [Fact]
    public void At_the_end_centres_are_means_and_vectors_are_with_their_nearest()
    {
        using StoredRows rows = new(VectorType.F32, 20, StoredRows.RandomUnits(300, 20, 3));
        Clustering found = new SphericalKMeans(new(rows.Matrix), WorkerPool.Serial, SimdTier.Active).Run(9);
        for (int group = 0; group < found.Members.Length; group++)
        {
            double[] sum = new double[20];
            foreach (int member in found.Members[group])
            {
                double own = StoredRows.Dot(rows[member], found.Centres[group]);
                Assert.Equal(own, found.Scores[member], 1e-5);
                Assert.All(found.Centres, other => Assert.True(StoredRows.Dot(rows[member], other) <= own + 1e-5));
                for (int i = 0; i < 20; i++)
                    sum[i] += rows[member][i];
            }
            Assert.Equal(1, StoredRows.Dot(found.Centres[group], StoredRows.Unit([.. sum.Select(x => (float)x)])), 1e-4);
        }
    }

    [Fact]
    public void Threads_change_nothing()
    {
        using StoredRows rows = new(VectorType.F16, 33, StoredRows.RandomUnits(500, 33, 4));
        using WorkerPool pool = new(3);
        Clustering one = new SphericalKMeans(new(rows.Matrix), WorkerPool.Serial, SimdTier.Active).Run(12), three = new SphericalKMeans(new(rows.Matrix), pool, SimdTier.Active).Run(12);
        Assert.Equal(one.Members, three.Members);
        Assert.Equal(one.Centres, three.Centres);
    }

    [Fact]
    public void Equal_vectors_make_one_group()
    {
        float[] vector = StoredRows.RandomUnits(1, 8, 5)[0];
        using StoredRows rows = new(VectorType.F32, 8, [.. Enumerable.Repeat(vector, 10)]);
        Assert.Equal([Enumerable.Range(0, 10)], new SphericalKMeans(new(rows.Matrix), WorkerPool.Serial, SimdTier.Active).Run(4).Members);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(400, 14)]
    [InlineData(1_000_000, 50)]
    public void The_usual_number_of_groups_grows_with_the_root(int vectors, int expected) => Assert.Equal(expected, SphericalKMeans.UsualCount(vectors));
}
