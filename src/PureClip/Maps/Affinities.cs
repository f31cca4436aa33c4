namespace PureClip.Maps;

/// <summary>How much points belong together, so far as they are neighbours: a sparse symmetric matrix whose sum is 1.</summary>
/// <param name="starts">[points + 1] Where each point's neighbours begin.</param>
/// <param name="neighbours">Points, ascending for each.</param>
/// <param name="weights">Their weights.</param>
internal sealed class Affinities(int[] starts, int[] neighbours, double[] weights)
{
    private const int MostHalvings = 64;

    private const double Exact = 1e-5;

    /// <summary>Gaussian weights of each point's neighbours with a width of its own, so that all points have the same perplexity.</summary>
    /// <param name="found">[points][] Cosines with others.</param>
    /// <param name="perplexity">e to the entropy of a point's weights: how many neighbours count, so to speak.</param>
    /// <param name="parallel">Who computes.</param>
    public static Affinities Of(ScoredRow[][] found, double perplexity, ParallelOptions parallel)
    {
        int count = found.Length;
        double[][] given = new double[count][];
        Parallel.For(0, count, parallel, i => given[i] = WeightsOf(found[i], perplexity));

        // Symmetric: the mean of what two points give one another.
        SortedDictionary<int, double>[] rows = [.. Enumerable.Range(0, count).Select(_ => new SortedDictionary<int, double>())];
        for (int i = 0; i < count; i++)
            for (int k = 0; k < found[i].Length; k++)
            {
                (int other, double half) = ((int)found[i][k].Row, given[i][k] / (2.0 * count));
                rows[i][other] = rows[i].GetValueOrDefault(other) + half;
                rows[other][i] = rows[other].GetValueOrDefault(i) + half;
            }
        int[] starts = new int[count + 1];
        for (int i = 0; i < count; i++)
            starts[i + 1] = starts[i] + rows[i].Count;
        return new(starts, [.. rows.SelectMany(row => row.Keys)], [.. rows.SelectMany(row => row.Values)]);
    }

    /// <summary>What a weight between two points is; 0 where they are no neighbours.</summary>
    public double Between(int point, int other)
    {
        int place = Array.BinarySearch(neighbours, starts[point], starts[point + 1] - starts[point], other);
        return place >= 0 ? weights[place] : 0;
    }

    /// <summary>The sum of weight · (point − neighbour) / (1 + distance²).</summary>
    public (double X, double Y) Attract(int point, Plane plane)
    {
        (double x, double y, double forceX, double forceY) = (plane.X[point], plane.Y[point], 0, 0);
        for (int place = starts[point]; place < starts[point + 1]; place++)
        {
            (double dx, double dy) = (x - plane.X[neighbours[place]], y - plane.Y[neighbours[place]]);
            double force = weights[place] / (1 + dx * dx + dy * dy);
            (forceX, forceY) = (forceX + force * dx, forceY + force * dy);
        }
        return (forceX, forceY);
    }

    /// <summary>Finds the precision at which the weights have their perplexity, by halving.</summary>
    private static double[] WeightsOf(ScoredRow[] neighbours, double perplexity)
    {
        double wanted = Math.Log(perplexity), precision = 1, least = 0, most = double.PositiveInfinity;
        // Of vectors of length 1: half the squared distance, from the nearest on, which changes no weight and cannot underflow.
        double[] distances = [.. neighbours.Select(other => (double)neighbours[0].Score - other.Score)];
        double[] weights = new double[distances.Length];
        for (int halving = 0; halving < MostHalvings; halving++)
        {
            double sum = 0, weighted = 0;
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] = Math.Exp(-precision * distances[k]);
                sum += weights[k];
                weighted += weights[k] * distances[k];
            }
            double entropy = Math.Log(sum) + precision * weighted / sum;
            for (int k = 0; k < weights.Length; k++)
                weights[k] /= sum;
            if (Math.Abs(entropy - wanted) < Exact)
                break;
            if (entropy > wanted)
                least = precision;
            else
                most = precision;
            precision = double.IsPositiveInfinity(most) ? 2 * precision : (least + most) / 2;
        }
        return weights;
    }
}
