namespace PureClip.Maps;

/// <summary>
/// Lays vectors out on a plane so that near ones stay near: t-SNE, with exact neighbours, from the plane of the two principal directions.
/// The same vectors and seed give the same bits for any number of threads: each point's forces are one chain, from the positions of the
/// step before.
/// </summary>
/// <remarks>
/// Van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"; van der Maaten 2014, "Accelerating t-SNE using Tree-Based Algorithms"
/// (neighbours alone attract, cells of a quadtree repel, as in Barnes and Hut 1986); Belkina et al. 2019, "Automated optimized parameters
/// for t-SNE" (the rate grows with the number); Kobak and Berens 2019, "The art of using t-SNE for single-cell transcriptomics" (it begins
/// with principal components).
/// </remarks>
/// <param name="vectors">The vectors.</param>
/// <param name="rows">Which of them.</param>
/// <param name="options">How.</param>
/// <param name="cancellation">Checked at every step.</param>
internal sealed class Layout(VectorMatrix vectors, int[] rows, MapOptions options, CancellationToken cancellation)
{
    private const double Exaggeration = 12, FirstMomentum = 0.5, Momentum = 0.8, LeastRate = 50, LeastGain = 0.01;

    // The beginning is this small, so that points can pass one another.
    private const double FirstSpread = 1e-4;

    private const int PointsAtATime = 256;

    private readonly int _count = rows.Length;

    private readonly ParallelOptions _parallel = new()
    {
        MaxDegreeOfParallelism = vectors.Runtime.Threads,
        CancellationToken = cancellation,
    };

    /// <summary>Computes the layout.</summary>
    public Plane Run()
    {
        if (_count < 3)
            return new([.. rows.Select((_, i) => _count == 1 ? 0.0 : 2.0 * i - 1)], new double[_count]);
        double perplexity = Math.Min(options.Perplexity, (_count - 1) / 2.0);
        int neighbours = Math.Min(_count - 1, (int)(3 * perplexity));
        Affinities affinities = Affinities.Of(
            vectors.FindNeighbours(neighbours, rows, cancellationToken: cancellation), perplexity, _parallel);
        Plane plane = PrincipalPlane.Of(vectors, rows, options.Seed, FirstSpread, _parallel);
        Descend(plane, affinities);
        return plane.Framed();
    }

    /// <summary>Gradient descent with momentum, and a gain for each number that grows while it keeps its direction (Jacobs 1988).</summary>
    private void Descend(Plane plane, Affinities affinities)
    {
        double rate = Math.Max(_count / Exaggeration / 4, LeastRate);
        int gathering = options.Steps / 3;
        Plane gradient = new(new double[_count], new double[_count]);
        (double[] speedX, double[] speedY) = (new double[_count], new double[_count]);
        (double[] gainX, double[] gainY) = (new double[_count], new double[_count]);
        Array.Fill(gainX, 1);
        Array.Fill(gainY, 1);
        RepulsionTree tree = new(_count);
        for (int step = 0; step < options.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            bool gathers = step < gathering;
            FindGradient(plane, affinities, tree, gathers ? Exaggeration : 1, gradient);
            double momentum = gathers ? FirstMomentum : Momentum;
            Move(plane.X, gradient.X, speedX, gainX, momentum, rate);
            Move(plane.Y, gradient.Y, speedY, gainY, momentum, rate);
            options.Progress?.Report(step + 1);
        }
    }

    private static void Move(double[] position, double[] gradient, double[] speed, double[] gain, double momentum, double rate)
    {
        double mean = 0;
        for (int i = 0; i < position.Length; i++)
        {
            gain[i] = Math.Max(LeastGain, gradient[i] * speed[i] < 0 ? gain[i] + 0.2 : gain[i] * 0.8);
            speed[i] = momentum * speed[i] - rate * gain[i] * gradient[i];
            position[i] += speed[i];
            mean += position[i] / position.Length;
        }
        for (int i = 0; i < position.Length; i++)
            position[i] -= mean;
    }

    private void FindGradient(Plane plane, Affinities affinities, RepulsionTree tree, double exaggeration, Plane gradient)
    {
        tree.Build(plane);
        int blocks = (_count + PointsAtATime - 1) / PointsAtATime;
        double[] normalizers = new double[blocks];
        Plane repulsion = new(new double[_count], new double[_count]);
        Parallel.For(0, blocks, _parallel, block =>
        {
            for (int place = block * PointsAtATime; place < Math.Min(_count, (block + 1) * PointsAtATime); place++)
            {
                int point = tree.PointAt(place); // neighbours in the tree one after the other
                normalizers[block] += tree.Repel(place, out repulsion.X[point], out repulsion.Y[point]);
            }
        });
        double normalizer = 0;
        foreach (double part in normalizers)
            normalizer += part; // in the order of the blocks
        double share = 1 / Math.Max(normalizer, double.Epsilon);
        Parallel.For(0, blocks, _parallel, block =>
        {
            for (int point = block * PointsAtATime; point < Math.Min(_count, (block + 1) * PointsAtATime); point++)
            {
                (double x, double y) = affinities.Attract(point, plane);
                gradient.X[point] = 4 * (exaggeration * x - share * repulsion.X[point]);
                gradient.Y[point] = 4 * (exaggeration * y - share * repulsion.Y[point]);
            }
        });
    }
}
