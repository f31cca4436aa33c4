using System.Numerics.Tensors;
using PureClip.Concepts;

namespace PureClip.Maps;

/// <summary>The plane of the two directions in which vectors differ most, where a layout begins.</summary>
internal static class PrincipalPlane
{
    // Enough for a beginning: each round the share of other directions falls by the ratio of their variances.
    private const int Rounds = 12, RowsAtATime = 256;

    // So that equal vectors do not begin at one place, where nothing would part them.
    private const double Jitter = 1e-3;

    /// <summary>The vectors' coordinates in it.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="rows">Which of them; at least one.</param>
    /// <param name="seed">Chooses where the search for directions begins.</param>
    /// <param name="spread">The standard deviation of the first coordinate.</param>
    /// <param name="parallel">Who computes; the result does not depend on how many do.</param>
    public static Plane Of(VectorMatrix vectors, int[] rows, int seed, double spread, ParallelOptions parallel)
    {
        SplitMix random = new(seed);
        int width = vectors.Width;
        double[] mean = Sum(vectors, rows, parallel, 1, static (row, sums) => Add(row, 1, sums[0]))[0];
        for (int i = 0; i < width; i++)
            mean[i] /= rows.Length;
        float[] centre = Array.ConvertAll(mean, static value => (float)value);
        float[][] directions = [RandomOf(width, ref random), RandomOf(width, ref random)];
        Orthonormalize(directions);
        for (int round = 0; round < Rounds; round++)
        {
            // Subspace iteration: covariance · directions.
            double[][] next = Sum(vectors, rows, parallel, 2, (row, sums) =>
            {
                TensorPrimitives.Subtract(row, centre, row);
                for (int axis = 0; axis < 2; axis++)
                    Add(row, TensorPrimitives.Dot<float>(row, directions[axis]), sums[axis]);
            });
            directions = Array.ConvertAll(next, static axis => Array.ConvertAll(axis, static value => (float)value));
            Orthonormalize(directions);
        }
        Plane plane = new(new double[rows.Length], new double[rows.Length]);
        float[] vector = new float[width];
        for (int i = 0; i < rows.Length; i++)
        {
            vectors.CopyDirection(rows[i], vector);
            TensorPrimitives.Subtract(vector, centre, vector);
            plane.X[i] = TensorPrimitives.Dot<float>(vector, directions[0]);
            plane.Y[i] = TensorPrimitives.Dot<float>(vector, directions[1]);
        }
        double deviation = Math.Sqrt(plane.X.Sum(x => x * x) / rows.Length), scale = deviation > 0 ? spread / deviation : 0;
        for (int i = 0; i < rows.Length; i++)
        {
            plane.X[i] = plane.X[i] * scale + spread * Jitter * random.NextNormal();
            plane.Y[i] = plane.Y[i] * scale + spread * Jitter * random.NextNormal();
        }
        return plane;
    }

    /// <summary>Sums over rows, in parts of a fixed size that are added in their order.</summary>
    private static double[][] Sum(VectorMatrix vectors, int[] rows, ParallelOptions parallel, int sums, Action<float[], double[][]> add)
    {
        double[][][] parts = new double[(rows.Length + RowsAtATime - 1) / RowsAtATime][][];
        Parallel.For(0, parts.Length, parallel, part =>
        {
            parts[part] = [.. Enumerable.Range(0, sums).Select(_ => new double[vectors.Width])];
            float[] row = new float[vectors.Width];
            for (int i = part * RowsAtATime; i < Math.Min(rows.Length, (part + 1) * RowsAtATime); i++)
            {
                vectors.CopyDirection(rows[i], row);
                add(row, parts[part]);
            }
        });
        double[][] total = parts[0];
        foreach (double[][] part in parts.Skip(1))
            for (int sum = 0; sum < sums; sum++)
                TensorPrimitives.Add(total[sum], part[sum], total[sum]);
        return total;
    }

    private static void Add(float[] row, float weight, double[] sum)
    {
        for (int i = 0; i < row.Length; i++)
            sum[i] += weight * row[i];
    }

    private static float[] RandomOf(int width, ref SplitMix random)
    {
        float[] vector = new float[width];
        for (int i = 0; i < width; i++)
            vector[i] = random.NextNormal();
        return vector;
    }

    /// <summary>Gram and Schmidt; what is 0 stays 0.</summary>
    private static void Orthonormalize(float[][] directions)
    {
        for (int axis = 0; axis < directions.Length; axis++)
        {
            for (int other = 0; other < axis; other++)
            {
                float share = TensorPrimitives.Dot<float>(directions[axis], directions[other]);
                TensorPrimitives.MultiplyAdd(directions[other], -share, directions[axis], directions[axis]);
            }
            float norm = TensorPrimitives.Norm<float>(directions[axis]);
            if (norm > 0)
                TensorPrimitives.Divide(directions[axis], norm, directions[axis]);
        }
    }
}
