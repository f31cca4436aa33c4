using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class SphericalKMeansTests
{
    [Fact]
    public void Separable_groups_are_found()
    {
        float[][] centres = StoredRows.RandomUnits(7, 48, 1), noise = StoredRows.RandomUnits(350, 48, 2);
        using VectorMatrix rows = VectorMatrix.FromVectors(
            48, [.. noise.Select((vector, i) => Near(centres[i % 7], vector))], VectorType.F16);
        Clustering found = KMeans(rows).Run(7);

        Assert.Equal(7, found.Members.Length);
        Assert.All(found.Members, group => Assert.Single(group.Select(member => member % 7).Distinct()));
        Assert.Equal(Enumerable.Range(0, 350), found.Members.SelectMany(group => group).Order());
        Assert.All(found.Members, group => Assert.Equal(group.OrderByDescending(member => found.Scores[member]), group));
    }

    [Fact]
    public void At_the_end_centres_are_means_and_vectors_are_with_their_nearest()
    {
        float[][] vectors = StoredRows.RandomUnits(300, 20, 3);
        using VectorMatrix rows = VectorMatrix.FromVectors(20, vectors);
        Clustering found = KMeans(rows).Run(9);
        for (int group = 0; group < found.Members.Length; group++)
        {
            double[] sum = new double[20];
            foreach (int member in found.Members[group])
            {
                double own = StoredRows.Dot(vectors[member], found.Centres[group]);
                Assert.Equal(own, found.Scores[member], 1e-5);
                Assert.All(found.Centres, other => Assert.True(StoredRows.Dot(vectors[member], other) <= own + 1e-5));
                for (int i = 0; i < 20; i++)
                    sum[i] += vectors[member][i];
            }
            Assert.Equal(1, StoredRows.Dot(found.Centres[group], StoredRows.Unit([.. sum.Select(x => (float)x)])), 1e-4);
        }
    }

    [Fact]
    public void Threads_change_nothing()
    {
        float[][] vectors = StoredRows.RandomUnits(500, 33, 4);
        using Runtime one = new(1), three = new(3);
        using VectorMatrix serial = VectorMatrix.FromVectors(33, vectors, VectorType.F16, one),
            parallel = VectorMatrix.FromVectors(33, vectors, VectorType.F16, three);
        Clustering expected = KMeans(serial).Run(12), found = KMeans(parallel).Run(12);
        Assert.Equal(expected.Members, found.Members);
        Assert.Equal(expected.Centres, found.Centres);
    }

    [Fact]
    public void Equal_vectors_make_one_group()
    {
        float[] vector = StoredRows.RandomUnits(1, 8, 5)[0];
        using VectorMatrix rows = VectorMatrix.FromVectors(8, [.. Enumerable.Repeat(vector, 10)]);
        Assert.Equal([Enumerable.Range(0, 10)], KMeans(rows).Run(4).Members);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(400, 14)]
    [InlineData(1_000_000, 50)]
    public void The_usual_number_of_groups_grows_with_the_root(int vectors, int expected) =>
        Assert.Equal(expected, SphericalKMeans.UsualCount(vectors));

    private static float[] Near(float[] centre, float[] noise) => StoredRows.Unit([.. centre.Zip(noise, (c, n) => c + 0.3f * n)]);

    private static SphericalKMeans KMeans(VectorMatrix rows) => new(rows, [.. Enumerable.Range(0, (int)rows.Count)]);
}
