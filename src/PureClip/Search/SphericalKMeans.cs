using System.Numerics.Tensors;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Search;

/// <summary>
/// Groups by direction: a centre is the mean direction of its vectors, a vector belongs to the centre with the largest cosine. The same vectors
/// give the same groups, however many threads compute.
/// </summary>
/// <remarks>
/// Dhillon and Modha 2001, "Concept Decompositions for Large Sparse Text Data Using Clustering"; first centres by Arthur and Vassilvitskii
/// 2007, "k-means++", with 1 - cosine for half the squared distance.
/// </remarks>
/// <param name="vectors">The vectors, at least one.</param>
/// <param name="pool">The threads.</param>
/// <param name="tier">The vectors' width in registers.</param>
/// <param name="cancellation">Checked every few vectors.</param>
internal sealed class SphericalKMeans(RowList vectors, WorkerPool pool, SimdTier tier, CancellationToken cancellation = default)
{
    private const int Restarts = 4, MostRounds = 100, FewestUsual = 2, MostUsual = 50;

    private readonly NearestCentres _nearest = new(vectors, pool, tier, cancellation);

    /// <summary>How many groups to make of so many vectors, if nobody says: √(n / 2), from 2 to 50, so that groups grow as slowly as their number.</summary>
    public static int UsualCount(int vectors) => Math.Min(vectors, Math.Clamp((int)Math.Round(Math.Sqrt(vectors / 2.0)), FewestUsual, MostUsual));

    /// <summary>The best of a few attempts from different beginnings.</summary>
    /// <param name="count">How many groups, 1 or more; fewer come out where vectors are equal.</param>
    /// <param name="progress">Told how many attempts are done.</param>
    public Clustering Run(int count, Action<int>? progress = null)
    {
        Clustering? best = null;
        for (int attempt = 0; attempt < Restarts; attempt++)
        {
            Clustering found = Attempt(FirstCentres(Math.Min(count, vectors.Count), new Random(attempt)));
            if (best is null || found.Objective > best.Objective)
                best = found;
            progress?.Invoke(attempt + 1);
        }
        return best!;
    }

    /// <summary>Attempts of one run, for progress.</summary>
    public static int Attempts => Restarts;

    /// <summary>A vector by chance, then one after the other, the likelier the farther it is from those that were chosen.</summary>
    private float[][] FirstCentres(int count, Random random)
    {
        List<float[]> centres = [];
        _nearest.Clear();
        int next = random.Next(vectors.Count);
        while (centres.Count < count && next >= 0)
        {
            float[] centre = new float[vectors.Width];
            vectors.Read(next, centre);
            _nearest.Add([centre], centres.Count);
            centres.Add(centre);
            next = FarVector(random.NextDouble());
        }
        return [.. centres];
    }

    /// <summary>The vector at a share of the sum of all distances; -1 where every vector is a centre.</summary>
    private int FarVector(double share)
    {
        const float Same = 1e-6f; // what rounding leaves of the distance of a vector to itself
        double total = 0;
        foreach (float score in _nearest.Scores)
            total += Distance(score);
        double left = share * total;
        int last = -1;
        for (int i = 0; i < vectors.Count; i++)
        {
            double distance = Distance(_nearest.Scores[i]);
            if (distance == 0)
                continue;
            last = i;
            left -= distance;
            if (left < 0)
                break;
        }
        return last;

        static double Distance(float score) => 1f - score > Same ? 1f - score : 0;
    }

    private Clustering Attempt(float[][] centres)
    {
        int[] before = [];
        int[][] members = [];
        for (int round = 0; round < MostRounds; round++)
        {
            _nearest.Clear();
            _nearest.Add(centres, 0);
            members = MembersOf(centres.Length);
            if (_nearest.CentreOf.AsSpan().SequenceEqual(before))
                break;
            before = [.. _nearest.CentreOf];
            MeanDirections means = new() { Vectors = vectors, Members = members, Centres = centres };
            pool.Run(centres.Length, ref means);
        }
        float[] scores = [.. _nearest.Scores];
        int[][] groups = [.. members.Where(group => group.Length > 0)];
        float[][] kept = [.. centres.Where((_, i) => members[i].Length > 0)];
        int[] order = [.. Enumerable.Range(0, groups.Length).OrderByDescending(i => groups[i].Length).ThenBy(i => groups[i][0])];
        return new(
            [.. order.Select(i => kept[i])],
            [.. order.Select(i => groups[i].OrderByDescending(member => scores[member]).ToArray())],
            scores,
            _nearest.Objective);
    }

    private int[][] MembersOf(int centres)
    {
        List<int>[] members = [.. Enumerable.Range(0, centres).Select(_ => new List<int>())];
        for (int i = 0; i < vectors.Count; i++)
            members[_nearest.CentreOf[i]].Add(i);
        return [.. members.Select(group => group.ToArray())];
    }

    /// <summary>One centre an index, its vectors added in their order; a centre that has lost its vectors stays where it was.</summary>
    private struct MeanDirections : IParallelBody
    {
        public RowList Vectors;
        public int[][] Members;
        public float[][] Centres;

        public readonly void Invoke(int index, int worker)
        {
            if (Members[index].Length == 0)
                return;
            float[] vector = new float[Vectors.Width], sum = new float[Vectors.Width];
            foreach (int member in Members[index])
            {
                Vectors.Read(member, vector);
                TensorPrimitives.Add(sum, vector, sum);
            }
            float norm = TensorPrimitives.Norm(sum);
            if (norm > 0f)
                TensorPrimitives.Divide(sum, norm, Centres[index]);
        }
    }
}
