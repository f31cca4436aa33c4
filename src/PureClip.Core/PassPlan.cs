namespace PureClip;

/// <summary>
/// Cuts sequences that wait to be computed into rounds and each round into passes. Where there are enough of them, every worker runs passes
/// of
/// its own from the patches to the embedding: nobody waits for anybody before the round is over, however unequal the cores. Where there are
/// not, all workers share the products of one pass. A sequence is known by its rows: the tokens that are computed of it.
/// </summary>
internal static class PassPlan
{
    /// <summary>
    /// Rows that make a pass. Every pass reads all weights: at 96 rows a byte of 32-bit weights serves 48 operations, so that a core asks
    /// memory for 2 to 5 GB/s; the activations of so few rows (3 MB for ViT-B) stay in the caches.
    /// </summary>
    public const int RowsPerPass = 96;

    /// <summary>
    /// Most rows of a pass that workers share because there are too few for passes of their own: about 25 MB of activations for ViT-B.
    /// </summary>
    public const int MostSharedRows = 800;

    // More than one, so that a worker on a slow core leaves some of its share to the others.
    private const int PassesPerWorker = 4;

    // Rows of a round, for each worker: other callers get their turn after it, and cancellation is looked at.
    private const int RowsPerWorker = 400;

    /// <summary>Most passes of a round.</summary>
    public static int MostPasses(int workers) => PassesPerWorker * workers;

    /// <summary>Sequences of a pass where all are of the same length.</summary>
    public static int SequencesPerPass(int rows) => (RowsPerPass + rows - 1) / rows;

    /// <summary>Sequences of a full round where all are of the same length.</summary>
    public static int SequencesPerRound(int rows, int workers)
    {
        int perPass = SequencesPerPass(rows);
        return workers * Math.Clamp(RowsPerWorker / (perPass * rows), 1, PassesPerWorker) * perPass;
    }

    /// <summary>
    /// Rows that a pass of one worker usually has at most, and one that all share; where sequences differ much in length, some have more.
    /// </summary>
    /// <param name="longest">Rows of the longest sequence.</param>
    /// <param name="workers">Threads that compute.</param>
    public static (int Own, int Shared) UsualRows(int longest, int workers) =>
        (2 * RowsPerPass + longest, Math.Max(longest, Math.Min(MostSharedRows, workers * (RowsPerPass + longest))));

    /// <summary>Plans the next round.</summary>
    /// <param name="rows">The rows of each sequence that waits, in order; there is one.</param>
    /// <param name="workers">Threads that compute.</param>
    /// <param name="starts">
    /// [<see cref="MostPasses"/> + 1]: receives the first sequence of each pass, and the sequence after the last.
    /// </param>
    /// <returns>How many passes there are. A single one is shared by all workers.</returns>
    public static int Cut(ReadOnlySpan<int> rows, int workers, Span<int> starts)
    {
        Filling filling = new(workers);
        int count = 0;
        while (count < rows.Length && filling.Takes(rows[count]))
            count++;

        // Large sequences that do not come out even would keep some workers waiting at the end: they are left to a pass that all share.
        int all = filling.Rows, odd = count % workers;
        if (odd * (all / count) >= RowsPerPass / 2)
            for (; odd > 0; odd--)
                all -= rows[--count];

        int passes = Math.Min(filling.Passes, count) / workers * workers;
        starts[0] = 0;
        if (passes == 0)
        {
            starts[1] = CountOfSharedPass(rows);
            return 1;
        }
        return CutEvenly(rows, all, passes, starts);
    }

    /// <summary>Rows of the longest of some passes.</summary>
    public static int MostRows(ReadOnlySpan<int> rows, ReadOnlySpan<int> starts)
    {
        int most = 0;
        for (int pass = 0; pass < starts.Length - 1; pass++)
        {
            int sum = 0;
            foreach (int sequence in rows[starts[pass]..starts[pass + 1]])
                sum += sequence;
            most = Math.Max(most, sum);
        }
        return most;
    }

    private static int CountOfSharedPass(ReadOnlySpan<int> rows)
    {
        int count = 1;
        for (int sum = rows[0]; count < rows.Length; count++)
        {
            sum += rows[count];
            if (sum > MostSharedRows)
                break;
        }
        return count;
    }

    /// <summary>
    /// Passes that end where their share of the rows that are left is reached, so that longer ones come first and shorter ones fill up the
    /// end;
    /// fewer than wanted where a sequence is longer than a share.
    /// </summary>
    private static int CutEvenly(ReadOnlySpan<int> rows, int left, int passes, Span<int> starts)
    {
        int cut = 0;
        for (int i = 0; left > 0; cut++)
        {
            long seen = 0;
            while (seen * (passes - cut) < left)
                seen += rows[i++];
            left -= (int)seen;
            starts[cut + 1] = i;
        }
        return cut;
    }

    /// <summary>A round that is being filled.</summary>
    internal struct Filling(int workers)
    {
        private int _rowsOfPass;

        /// <summary>Rows so far.</summary>
        public int Rows { get; private set; }

        /// <summary>Passes that they fill.</summary>
        public int Passes { get; private set; }

        /// <summary>Adds a sequence, unless the round is full without it. The first one is always taken.</summary>
        public bool Takes(int rows)
        {
            if (Passes >= MostPasses(workers) || (Passes >= workers && Rows + rows > workers * RowsPerWorker))
                return false;
            Rows += rows;
            _rowsOfPass += rows;
            if (_rowsOfPass >= RowsPerPass)
            {
                Passes++;
                _rowsOfPass = 0;
            }
            return true;
        }
    }
}
