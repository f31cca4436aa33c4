namespace PureClip.Maps;

/// <summary>Trustworthiness of a map: whether those that lie near on it are near in truth.</summary>
/// <remarks>
/// Venna and Kaski 2001, "Neighborhood Preservation in Nonlinear Projection Methods": 1 − 2 / (n k (2n − 3k − 1)) times the sum, over all
/// points and those of their k neighbours on the map that are not among their k nearest in truth, of their rank in truth less k.
/// </remarks>
internal static class Trust
{
    /// <summary>Neighbours that are looked at, where there are enough others.</summary>
    public const int UsualNeighbours = 12;

    private const int PointsAtATime = 16;

    /// <summary>Measures it.</summary>
    /// <param name="vectors">The truth.</param>
    /// <param name="rows">The rows of the points.</param>
    /// <param name="plane">The map.</param>
    /// <param name="most">So many points are asked at most, evenly spaced.</param>
    /// <param name="cancellation">Checked every few points.</param>
    /// <returns>The trustworthiness, and of how many neighbours.</returns>
    public static (double Trustworthiness, int Neighbours) Of(
        VectorMatrix vectors, int[] rows, Plane plane, int most, CancellationToken cancellation)
    {
        int count = rows.Length, neighbours = Math.Min(UsualNeighbours, (count - 1) / 2);
        if (neighbours < 1)
            return (1, 0);
        int asked = Math.Min(most, count);
        long[] excess = new long[(asked + PointsAtATime - 1) / PointsAtATime];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = vectors.Runtime.Threads, CancellationToken = cancellation };
        Parallel.For(0, excess.Length, parallel, part =>
        {
            int first = part * PointsAtATime;
            int[] points = [.. Enumerable.Range(first, Math.Min(PointsAtATime, asked - first)).Select(i => (int)((long)i * count / asked))];
            ScoredRow[][] truth = vectors.FindNeighbours(count - 1, rows, points, cancellationToken: cancellation);
            int[] ranks = new int[count];
            for (int i = 0; i < points.Length; i++)
            {
                for (int rank = 0; rank < truth[i].Length; rank++)
                    ranks[truth[i][rank].Row] = rank + 1;
                foreach (int near in NearestOnMap(plane, points[i], neighbours))
                    excess[part] += Math.Max(0, ranks[near] - neighbours);
            }
        });
        double worst = asked * (double)neighbours * (2.0 * count - 3.0 * neighbours - 1) / 2;
        return (1 - excess.Sum() / worst, neighbours);
    }

    private static int[] NearestOnMap(Plane plane, int point, int neighbours)
    {
        PriorityQueue<int, double> nearest = new(neighbours + 1); // the farthest leaves first
        for (int other = 0; other < plane.Count; other++)
        {
            if (other == point)
                continue;
            double distance = double.Hypot(plane.X[other] - plane.X[point], plane.Y[other] - plane.Y[point]);
            if (nearest.Count < neighbours)
                nearest.Enqueue(other, -distance);
            else
                nearest.EnqueueDequeue(other, -distance);
        }
        return [.. nearest.UnorderedItems.Select(item => item.Element)];
    }
}
