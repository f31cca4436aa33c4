namespace PureClip.Search;

/// <summary>How entries are sorted into groups.</summary>
public sealed record GroupOptions
{
    /// <summary>How many groups, 1 or more; 0 for √(entries / 2), from 2 to 50. Fewer come out where vectors are equal.</summary>
    public int Count { get; init; }

    /// <summary>Only entries for which this is true, asked with their place in the index; null for all.</summary>
    public Func<int, bool>? Filter { get; init; }

    /// <summary>Told how many of <see cref="Attempts"/> attempts are done.</summary>
    public IProgress<int>? Progress { get; init; }

    /// <summary>Attempts from different beginnings, of which the best counts.</summary>
    public static int Attempts => SphericalKMeans.Attempts;

    internal void Validate()
    {
        if (Count < 0)
            throw new ArgumentException(
                $"Count is {Count}; ask for 1 group or more, or for 0, which chooses by the number of entries.", nameof(Count));
    }
}

/// <summary>Entries whose vectors point the same way.</summary>
/// <param name="Centre">[width] Their mean direction, of length 1.</param>
/// <param name="Members">The entries, the most central first, with their cosines with the centre.</param>
public sealed record EntryGroup(ReadOnlyMemory<float> Centre, IReadOnlyList<SearchHit> Members);

/// <summary>Vectors in groups.</summary>
/// <param name="Centres">[groups][width], of length 1.</param>
/// <param name="Members">[groups] The vectors of each group, those nearest to its centre first.</param>
/// <param name="Scores">[vectors] The cosine of each vector with its group's centre.</param>
/// <param name="Objective">The sum of the scores, which is what is made large.</param>
internal sealed record Clustering(float[][] Centres, int[][] Members, float[] Scores, double Objective);

/// <summary>
/// Groups by direction: a centre is the mean direction of its vectors, a vector belongs to the centre with the largest cosine. The same
/// vectors give the same groups, however many threads compute.
/// </summary>
/// <remarks>
/// Dhillon and Modha 2001, "Concept Decompositions for Large Sparse Text Data Using Clustering"; first centres by Arthur and Vassilvitskii
/// 2007, "k-means++", with 1 - cosine for half the squared distance.
/// </remarks>
/// <param name="vectors">The vectors.</param>
/// <param name="rows">Which of them, at least one.</param>
/// <param name="cancellation">Checked every few vectors.</param>
internal sealed class SphericalKMeans(VectorMatrix vectors, int[] rows, CancellationToken cancellation = default)
{
    private const int Restarts = 4, MostRounds = 100, FewestUsual = 2, MostUsual = 50;

    private readonly int[] _centreOf = new int[rows.Length]; // the nearest centre; of equally near ones the first
    private readonly float[] _scores = new float[rows.Length]; // its cosine

    /// <summary>The groups of an index, the largest first.</summary>
    public static EntryGroup[] Of(IndexSnapshot index, GroupOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        int[] entries = index.EntriesOf(options.Filter);
        if (entries.Length == 0)
            return [];
        Clustering found = new SphericalKMeans(index.Vectors, index.RowsOf(entries), cancellationToken)
            .Run(options.Count > 0 ? options.Count : UsualCount(entries.Length), options.Progress);
        return [.. found.Centres.Zip(found.Members, (centre, members) => new EntryGroup(centre, [.. members.Select(HitOf)]))];

        SearchHit HitOf(int member) => new(entries[member], index.KeyOf(entries[member]), found.Scores[member]);
    }

    /// <summary>
    /// How many groups to make of so many vectors, if nobody says: √(n / 2), from 2 to 50, so that groups grow as slowly as their number.
    /// </summary>
    public static int UsualCount(int vectors) =>
        Math.Min(vectors, Math.Clamp((int)Math.Round(Math.Sqrt(vectors / 2.0)), FewestUsual, MostUsual));

    /// <summary>The best of a few attempts from different beginnings.</summary>
    /// <param name="count">How many groups, 1 or more; fewer come out where vectors are equal.</param>
    /// <param name="progress">Told how many attempts are done.</param>
    public Clustering Run(int count, IProgress<int>? progress = null)
    {
        Clustering? best = null;
        for (int attempt = 0; attempt < Restarts; attempt++)
        {
            Clustering found = Attempt(FirstCentres(Math.Min(count, rows.Length), new Random(attempt)));
            if (best is null || found.Objective > best.Objective)
                best = found;
            progress?.Report(attempt + 1);
        }
        return best!;
    }

    /// <summary>Attempts of one run, for progress.</summary>
    public static int Attempts => Restarts;

    /// <summary>A vector by chance, then one after the other, the likelier the farther it is from those that were chosen.</summary>
    private float[][] FirstCentres(int count, Random random)
    {
        List<float[]> centres = [];
        Forget();
        int next = random.Next(rows.Length);
        while (centres.Count < count && next >= 0)
        {
            float[] centre = new float[vectors.Width];
            vectors.CopyDirection(rows[next], centre);
            Compare([centre], centres.Count);
            centres.Add(centre);
            next = FarVector(random.NextDouble());
        }
        return [.. centres];
    }

    private void Forget() => _scores.AsSpan().Fill(float.NegativeInfinity);

    private void Compare(float[][] centres, int first) => vectors.FindNearest(centres, first, _centreOf, _scores, rows, cancellation);

    /// <summary>The vector at a share of the sum of all distances; -1 where every vector is a centre.</summary>
    private int FarVector(double share)
    {
        const float Same = 1e-6f; // what rounding leaves of the distance of a vector to itself
        double total = 0;
        foreach (float score in _scores)
            total += Distance(score);
        double left = share * total;
        int last = -1;
        for (int i = 0; i < rows.Length; i++)
        {
            double distance = Distance(_scores[i]);
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
            Forget();
            Compare(centres, 0);
            members = MembersOf(centres.Length);
            if (_centreOf.AsSpan().SequenceEqual(before))
                break;
            before = [.. _centreOf];
            // A centre that has lost its vectors stays where it was.
            vectors.MeanDirections([.. members.Select(group => Array.ConvertAll(group, member => rows[member]))], centres);
        }
        float[] scores = [.. _scores];
        int[][] groups = [.. members.Where(group => group.Length > 0)];
        float[][] kept = [.. centres.Where((_, i) => members[i].Length > 0)];
        int[] order = [.. Enumerable.Range(0, groups.Length).OrderByDescending(i => groups[i].Length).ThenBy(i => groups[i][0])];
        return new(
            [.. order.Select(i => kept[i])],
            [.. order.Select(i => groups[i].OrderByDescending(member => scores[member]).ToArray())],
            scores,
            Objective());
    }

    private int[][] MembersOf(int centres)
    {
        List<int>[] members = [.. Enumerable.Range(0, centres).Select(_ => new List<int>())];
        for (int i = 0; i < rows.Length; i++)
            members[_centreOf[i]].Add(i);
        return [.. members.Select(group => group.ToArray())];
    }

    /// <summary>The sum of all scores, in the order of the vectors, so that it does not depend on the threads.</summary>
    private double Objective()
    {
        double sum = 0;
        foreach (float score in _scores)
            sum += score;
        return sum;
    }
}
