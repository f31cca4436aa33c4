using PureClip.Tests.Cli;
using PureClip.Tests.Search;

namespace PureClip.Tests;

/// <summary>What is asked of many vectors at once, against double loops.</summary>
public sealed class VectorMatrixTests
{
    [Theory]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void Pairs_are_those_of_a_naive_search(string tier)
    {
        float[][] vectors = StoredRows.RandomUnits(300, 37, 1); // more than two blocks, an odd width
        for (int i = 10; i < 300; i += 7)
            vectors[i] = StoredRows.Unit([.. vectors[i - 10].Zip(vectors[i], (a, b) => a + 0.2f * b)]);
        StoredRows rows = new(VectorType.F16, 37, vectors);
        HashSet<(int, int)> naive = [], found = [];
        for (int i = 0; i < 300; i++)
            for (int j = i + 1; j < 300; j++)
                if (StoredRows.Dot(StoredRows.Unit(rows[i]), StoredRows.Unit(rows[j])) >= 0.9)
                    naive.Add((i, j));
        List<int> progress = [];
        using VectorMatrix matrix = rows.ToMatrix(tier, threads: 2);
        matrix.FindPairs(0.9f, (a, b) => found.Add((a, b)), progress: new Told(progress));

        Assert.NotEmpty(naive);
        Assert.Equal(naive, found);
        Assert.Equal([128, 256, 300], progress);
    }

    [Fact]
    public void Pairs_of_chosen_rows_are_told_by_their_places_among_them()
    {
        using VectorMatrix matrix = VectorMatrix.FromVectors(2, [[1f, 0f], [0f, 1f], [2f, 0f], [0f, 3f]]);
        List<(int, int)> found = [];
        matrix.FindPairs(0.99f, (a, b) => found.Add((a, b)), rows: [3, 2, 1]);
        Assert.Equal([(0, 2)], found);
    }

    [Theory]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void The_nearest_centre_is_the_naive_one_and_later_ones_only_replace_it_where_they_are_nearer(string tier)
    {
        float[][] vectors = StoredRows.RandomUnits(150, 19, 3), centres = StoredRows.RandomUnits(7, 19, 4);
        using VectorMatrix matrix = new StoredRows(VectorType.F32, 19, vectors).ToMatrix(tier, threads: 2);
        int[] nearest = new int[150];
        float[] cosines = new float[150];
        Array.Fill(cosines, float.NegativeInfinity);
        matrix.FindNearest(centres[..4], 0, nearest, cosines);
        matrix.FindNearest(centres[4..], 4, nearest, cosines);
        for (int i = 0; i < 150; i++)
        {
            double[] all = [.. centres.Select(centre => StoredRows.Dot(vectors[i], centre))];
            Assert.Equal(all.Max(), cosines[i], 1e-5);
            Assert.Equal(all.Max(), all[nearest[i]], 1e-5);
        }
    }

    [Fact]
    public void Mean_directions_are_of_length_1_and_what_has_none_stays()
    {
        using VectorMatrix matrix = VectorMatrix.FromVectors(2, [[3f, 0f], [0f, 5f], [-1f, 0f], [0f, 0f]]);
        float[][] means = [[9f, 9f], [9f, 9f], [9f, 9f]];
        matrix.MeanDirections([[0, 1, 3], [], [0, 2]], means);
        Assert.Equal([MathF.Sqrt(0.5f), MathF.Sqrt(0.5f)], means[0].Select(x => MathF.Round(x, 6)), (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.Equal([9f, 9f], means[1]);
        Assert.Equal([9f, 9f], means[2]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_of_rows_is_searched_mapped_or_read(bool read)
    {
        using TemporaryFolder folder = new();
        float[][] vectors = StoredRows.RandomUnits(50, 6, 5);
        byte[] bytes = new byte[50 * 12 + 5]; // longer than its rows
        for (int row = 0; row < 50; row++)
            VectorRow.Write(VectorType.F16, vectors[row], bytes.AsSpan(row * 12, 12));
        File.WriteAllBytes(folder["rows.bin"], bytes);
        using VectorMatrix matrix = VectorMatrix.Open(folder["rows.bin"], 50, 6, VectorType.F16, read),
            copy = VectorMatrix.FromVectors(6, vectors, VectorType.F16);
        Assert.Equal(copy.Search(vectors[7], new(50)), matrix.Search(vectors[7], new(50)));
        byte[] row8 = new byte[12];
        matrix.CopyBytes(8, row8);
        Assert.Equal(bytes[96..108], row8);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.CopyBytes(49, new byte[24]));
        Assert.ThrowsAny<IOException>(() => VectorMatrix.Open(folder["rows.bin"], 52, 6, VectorType.F16, read: true));
        using VectorMatrix none = VectorMatrix.Open(folder["rows.bin"], 0, 6, VectorType.F16, read);
        Assert.Empty(none.Search(vectors[0], new(5)));
    }

    [Fact]
    public void What_cannot_be_computed_is_refused()
    {
        Assert.Contains(
            "Vector 1 has 3 numbers",
            Assert.Throws<ArgumentException>(() => VectorMatrix.FromVectors(2, [[1f, 2f], [1f, 2f, 3f]])).Message);
        Assert.Contains("Vector 0 holds NaN", Assert.Throws<ArgumentException>(() => VectorMatrix.FromVectors(1, [[float.NaN]])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorMatrix.FromVectors(0, []));
        using VectorMatrix matrix = VectorMatrix.FromVectors(2, [[1f, 0f]]);
        Assert.Throws<ArgumentException>(() => matrix.Search([1f], new(1)));
        Assert.Throws<ArgumentException>(() => matrix.Search([1f, 40_000f], new(1)));
        foreach (float none in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            Assert.Throws<ArgumentException>(() => matrix.Search([none, 0f], new(1)));
        Assert.Throws<ArgumentException>(() => matrix.Search([1f, 0f], new(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Copy(1, new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.FindPairs(1f, (_, _) => { }, rows: [1]));
        Assert.Throws<ArgumentException>(() => matrix.FindPairs(float.NaN, (_, _) => { }));
        Assert.Throws<ArgumentException>(() => matrix.FindNearest([[1f, 0f]], 0, new int[2], new float[2]));
        Assert.Throws<ArgumentException>(() => matrix.MeanDirections([[0]], []));
        Assert.Throws<InvalidOperationException>(() => default(RowSet).Add(0));
    }

    [Fact]
    public async Task Calls_beside_Dispose_finish_or_say_that_it_is_disposed()
    {
        float[][] vectors = StoredRows.RandomUnits(20_000, 64, 6);
        for (int round = 0; round < 5; round++)
        {
            VectorMatrix matrix = VectorMatrix.FromVectors(64, vectors, VectorType.F16);
            ScoredRow[] expected = matrix.Search(vectors[3], new(5));
            using CountdownEvent running = new(3);
            Task[] calls = [.. Enumerable.Range(0, 3).Select(kind => Task.Run(() =>
            {
                bool isFirst = true;
                try
                {
                    while (true)
                    {
                        Assert.Equal(expected, matrix.Search(vectors[3], new(5, FirstPassFactor: kind == 0 ? 100 : 0)));
                        if (isFirst)
                            running.Signal();
                        isFirst = false;
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            }))];
            running.Wait();
            matrix.Dispose();
            matrix.Dispose();
            await Task.WhenAll(calls);
        }
    }

    [Fact]
    public void A_callback_cannot_dispose_what_is_calling_it()
    {
        VectorMatrix matrix = VectorMatrix.FromVectors(1, [[1f], [1f]]);
        Assert.Contains(
            "from within", Assert.Throws<InvalidOperationException>(() => matrix.FindPairs(0f, (_, _) => matrix.Dispose())).Message);
        matrix.Dispose();
        Assert.Throws<ObjectDisposedException>(() => matrix.Copy(0, new float[1]));
    }

    private sealed class Told(List<int> values) : IProgress<int>
    {
        public void Report(int value) => values.Add(value);
    }
}
