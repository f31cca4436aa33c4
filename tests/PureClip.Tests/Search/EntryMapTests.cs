using PureClip.Maps;
using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class EntryMapTests
{
    private const int Width = 24;

    [Fact]
    public void Groups_lie_together_and_trustworthiness_is_what_a_loop_says()
    {
        float[][] vectors = Groups(6, 40);
        EntryMap map = Map(vectors, new() { Steps = 500 });
        Assert.Equal(Enumerable.Range(0, vectors.Length), map.Points.Select(point => point.Entry));
        Assert.Equal(12, map.Neighbours);
        Assert.Equal(NaiveTrust(vectors, map, 12), map.Trustworthiness, 1e-9);
        Assert.InRange(map.Trustworthiness, 0.95, 1);
        for (int i = 0; i < vectors.Length; i++)
            Assert.Equal(i % 6, NearestOnMap(map, i) % 6);
    }

    [Fact]
    public void A_map_by_chance_has_no_trust()
    {
        float[][] vectors = StoredRows.RandomUnits(200, Width, 1);
        Random random = new(2);
        double[] x = [.. vectors.Select(_ => random.NextDouble())], y = [.. vectors.Select(_ => random.NextDouble())];
        using VectorMatrix matrix = VectorMatrix.FromVectors(Width, vectors);
        (double trust, int neighbours) = Trust.Of(matrix, [.. Enumerable.Range(0, 200)], new(x, y), 1000, default);
        EntryMap map = new([.. x.Select((_, i) => new MapPoint(i, "", (float)x[i], (float)y[i]))], trust, neighbours);
        Assert.Equal(NaiveTrust(vectors, map, 12), trust, 1e-9);
        Assert.InRange(trust, 0.4, 0.6);
        // A sample says nearly the same.
        Assert.InRange(Trust.Of(matrix, [.. Enumerable.Range(0, 200)], new(x, y), 100, default).Trustworthiness, trust - 0.05, trust + 0.05);
    }

    [Fact]
    public void Threads_change_nothing_and_a_seed_does()
    {
        float[][] vectors = Groups(5, 70);
        EntryMap one = Map(vectors, new() { Steps = 60 }, threads: 1), three = Map(vectors, new() { Steps = 60 }, threads: 3);
        Assert.Equal(one.Points, three.Points);
        Assert.Equal(one.Trustworthiness, three.Trustworthiness);
        Assert.NotEqual(one.Points, Map(vectors, new() { Steps = 60, Seed = 1 }).Points);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public void Few_entries_have_places_too(int count)
    {
        EntryMap map = Map(StoredRows.RandomUnits(count, Width, 3), new() { Steps = 50 });
        Assert.Equal(count, map.Points.Count);
        Assert.All(map.Points, point => Assert.True(Math.Abs(point.X) <= 1 && Math.Abs(point.Y) <= 1));
        Assert.Equal(count, map.Points.Select(point => (point.X, point.Y)).Distinct().Count());
        Assert.InRange(map.Trustworthiness, 0, 1);
        if (count == 2)
            Assert.Equal([(-1f, 0f), (1f, 0f)], map.Points.Select(point => (point.X, point.Y)));
    }

    [Fact]
    public void Equal_vectors_and_zeros_have_places()
    {
        float[] vector = StoredRows.RandomUnits(1, Width, 5)[0];
        foreach (float[] same in new[] { vector, new float[Width] })
        {
            EntryMap map = Map([.. Enumerable.Repeat(same, 50)], new() { Steps = 100 });
            Assert.All(map.Points, point => Assert.True(float.IsFinite(point.X) && float.IsFinite(point.Y)));
        }
    }

    [Fact]
    public void Only_what_the_filter_takes_is_laid_out()
    {
        EntryMap map = Map(Groups(4, 10), new() { Steps = 20, Filter = entry => entry % 2 == 1 });
        Assert.Equal(Enumerable.Range(0, 20).Select(i => 2 * i + 1), map.Points.Select(point => point.Entry));
        Assert.All(map.Points, point => Assert.Equal($"{point.Entry}", point.Key));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(1001, 10)]
    [InlineData(30, 0)]
    public void Options_out_of_range_are_refused(int perplexity, int steps) =>
        Assert.Throws<ArgumentException>(() => Map(Groups(2, 4), new() { Perplexity = perplexity, Steps = steps }));

    [Fact]
    public void A_layout_can_be_interrupted_and_tells_how_far_it_is()
    {
        using CancellationTokenSource source = new();
        int last = 0;
        using EmbeddingIndex index = Index(Groups(3, 20), null);
        Assert.Throws<OperationCanceledException>(() => index.Map(new()
        {
            Progress = new Told(step =>
            {
                last = step;
                if (step == 7)
                    source.Cancel();
            }),
        }, source.Token));
        Assert.Equal(7, last);
    }

    [Fact]
    public void The_tree_repels_as_all_pairs_do()
    {
        Random random = new(4);
        const int Count = 700;
        Plane plane = new(
            [.. Enumerable.Range(0, Count).Select(_ => 40 * random.NextDouble())], [.. Enumerable.Range(0, Count).Select(_ => 30 * random.NextDouble())]);
        (plane.X[1], plane.Y[1]) = (plane.X[0], plane.Y[0]); // two at one place
        RepulsionTree tree = new(Count);
        tree.Build(plane);
        double error = 0, size = 0;
        for (int place = 0; place < Count; place++)
        {
            double sum = 0, forceX = 0, forceY = 0;
            int point = tree.PointAt(place);
            for (int other = 0; other < Count; other++)
                if (other != point)
                {
                    (double dx, double dy) = (plane.X[point] - plane.X[other], plane.Y[point] - plane.Y[other]);
                    double near = 1 / (1 + dx * dx + dy * dy);
                    (sum, forceX, forceY) = (sum + near, forceX + near * near * dx, forceY + near * near * dy);
                }
            Assert.Equal(sum, tree.Repel(place, out double x, out double y), sum * 0.02);
            error += (x - forceX) * (x - forceX) + (y - forceY) * (y - forceY);
            size += forceX * forceX + forceY * forceY;
        }
        Assert.InRange(Math.Sqrt(error / size), 0, 0.03);
        Assert.Equal(Enumerable.Range(0, Count), Enumerable.Range(0, Count).Select(tree.PointAt).Order());
    }

    [Theory]
    [InlineData(5.0)]
    [InlineData(30.0)]
    public void Weights_have_their_perplexity_and_sum_to_one(double perplexity)
    {
        float[][] vectors = Groups(4, 30);
        using VectorMatrix matrix = VectorMatrix.FromVectors(Width, vectors);
        ScoredRow[][] found = matrix.FindNeighbours(90);
        Affinities affinities = Affinities.Of(found, perplexity, new());
        double sum = 0;
        for (int i = 0; i < vectors.Length; i++)
            for (int j = 0; j < vectors.Length; j++)
            {
                sum += affinities.Between(i, j);
                Assert.Equal(affinities.Between(i, j), affinities.Between(j, i));
            }
        Assert.Equal(1, sum, 1e-9);
    }

    [Theory]
    [InlineData(VectorType.F32)]
    [InlineData(VectorType.F16)]
    public void Neighbours_are_those_of_all_pairs(VectorType type)
    {
        float[][] vectors = StoredRows.RandomUnits(300, Width, 8);
        vectors[17] = vectors[200]; // equally near: the earlier first
        using VectorMatrix matrix = VectorMatrix.FromVectors(Width, vectors, type);
        int[] rows = [.. Enumerable.Range(0, 300).Where(row => row % 3 != 1)], asked = [0, 5, 11, 133, 199];
        float[][] stored = [.. rows.Select(row =>
        {
            float[] vector = new float[Width];
            matrix.CopyDirection(row, vector);
            return vector;
        })];
        ScoredRow[][] found = matrix.FindNeighbours(20, rows, asked);
        for (int i = 0; i < asked.Length; i++)
        {
            double[] cosines = [.. stored.Select(other => StoredRows.Dot(stored[asked[i]], other))];
            Assert.Equal(20, found[i].Length);
            Assert.DoesNotContain(found[i], near => near.Row == asked[i]);
            Assert.Equal(found[i].Order(), found[i]);
            Assert.All(found[i], near => Assert.Equal(cosines[near.Row], near.Score, 1e-5));
            double least = cosines.Where((_, place) => place != asked[i]).OrderDescending().ElementAt(19);
            Assert.Equal(least, found[i][^1].Score, 1e-5);
        }
        Assert.Equal(matrix.FindNeighbours(4, rows).Select(near => near[0]), matrix.FindNeighbours(1, rows).Select(near => near[0]));
        Assert.Equal(199, matrix.FindNeighbours(500, rows, [3])[0].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.FindNeighbours(1, rows, [200]));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.FindNeighbours(0));
    }

    private static float[][] Groups(int groups, int each)
    {
        float[][] centres = StoredRows.RandomUnits(groups, Width, 1), noise = StoredRows.RandomUnits(groups * each, Width, 2);
        return [.. noise.Select((vector, i) => StoredRows.Unit([.. centres[i % groups].Zip(vector, (c, n) => c + 0.4f * n)]))];
    }

    private static EmbeddingIndex Index(float[][] vectors, Runtime? runtime) => EmbeddingIndex.FromVectors(
        [.. vectors.Select((_, i) => $"{i}")], vectors, new VectorSpace("test", Width), options: new() { Runtime = runtime });

    private static EntryMap Map(float[][] vectors, MapOptions options, int threads = 2)
    {
        using Runtime runtime = new(threads);
        using EmbeddingIndex index = Index(vectors, runtime);
        return index.Map(options);
    }

    private static double Distance(EntryMap map, int a, int b) =>
        double.Hypot((double)map.Points[a].X - map.Points[b].X, (double)map.Points[a].Y - map.Points[b].Y);

    private static int NearestOnMap(EntryMap map, int point) =>
        Enumerable.Range(0, map.Points.Count).Where(other => other != point).MinBy(other => Distance(map, point, other));

    /// <summary>The definition, in double.</summary>
    private static double NaiveTrust(float[][] vectors, EntryMap map, int k)
    {
        int n = vectors.Length;
        double excess = 0;
        for (int i = 0; i < n; i++)
        {
            int[] others = [.. Enumerable.Range(0, n).Where(j => j != i)];
            double[] cosines = [.. Enumerable.Range(0, n).Select(j => StoredRows.Dot(vectors[i], vectors[j]))];
            List<int> truth = [.. others.OrderByDescending(j => cosines[j])];
            foreach (int near in others.OrderBy(j => Distance(map, i, j)).Take(k).Except(truth.Take(k)))
                excess += truth.IndexOf(near) + 1 - k;
        }
        return 1 - 2 / (n * (double)k * (2.0 * n - 3.0 * k - 1)) * excess;
    }

    private sealed class Told(Action<int> tell) : IProgress<int>
    {
        public void Report(int value) => tell(value);
    }
}
