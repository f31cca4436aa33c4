namespace PureClip;

/// <summary>
/// Cuts the sequences of a call into rounds and each round into passes. Where there are enough of them, every worker runs passes of its own from
/// the patches to the embedding: nobody waits for anybody before the round is over, however unequal the cores. Where there are not, all workers
/// share the products of one pass.
/// </summary>
internal static class PassPlan
{
    /// <summary>
    /// Tokens that make a pass. Every pass reads all weights: at 96 rows a byte of 32-bit weights serves 48 operations, so that a core asks
    /// memory for 2 to 5 GB/s; the activations of so few rows (3 MB for ViT-B) stay in the caches.
    /// </summary>
    public const int RowsPerPass = 96;

    /// <summary>Most tokens of a pass that workers share because there are too few for passes of their own: about 25 MB of activations for ViT-B.</summary>
    public const int MostSharedRows = 800;

    // More than one, so that a worker on a slow core leaves some of its share to the others.
    private const int PassesPerWorker = 4;

    // Tokens of a round, for each worker: other callers get their turn after it, and cancellation is looked at.
    private const int RowsPerWorker = 400;

    /// <summary>Most passes of a round.</summary>
    public static int MostPasses(int workers) => PassesPerWorker * workers;

    /// <summary>Sequences of a pass where all are of the same length.</summary>
    public static int SequencesPerPass(int tokens) => (RowsPerPass + tokens - 1) / tokens;

    /// <summary>Sequences of a full round where all are of the same length.</summary>
    public static int SequencesPerRound(int tokens, int workers)
    {
        int perPass = SequencesPerPass(tokens);
        return workers * Math.Clamp(RowsPerWorker / (perPass * tokens), 1, PassesPerWorker) * perPass;
    }

    /// <summary>Whether all sequences of a call are one pass, which all workers share.</summary>
    public static bool IsOnePass<TSequences>(in TSequences sequences, int workers)
        where TSequences : ISequences, allows ref struct
    {
        Span<int> starts = stackalloc int[MostPasses(workers) + 1];
        return sequences.Count > 0 && Cut(sequences, 0, workers, starts) == 1 && starts[1] == sequences.Count;
    }

    /// <summary>Plans the next round.</summary>
    /// <param name="sequences">The sequences of the call.</param>
    /// <param name="first">The first that has not been encoded; there is one.</param>
    /// <param name="workers">Threads that compute.</param>
    /// <param name="starts">[<see cref="MostPasses"/> + 1]: receives the first sequence of each pass, and the sequence after the last.</param>
    /// <returns>How many passes there are. A single one is shared by all workers.</returns>
    public static int Cut<TSequences>(in TSequences sequences, int first, int workers, Span<int> starts)
        where TSequences : ISequences, allows ref struct
    {
        int count = 0, rows = 0, passes = 0;
        for (int rowsOfPass = 0; first + count < sequences.Count && passes < MostPasses(workers); count++)
        {
            int tokens = sequences.Tokens(first + count);
            if (passes >= workers && rows + tokens > workers * RowsPerWorker)
                break;
            rows += tokens;
            rowsOfPass += tokens;
            if (rowsOfPass >= RowsPerPass)
            {
                passes++;
                rowsOfPass = 0;
            }
        }

        // Large sequences that do not come out even would keep some workers waiting at the end: they are left to a pass that all share.
        int odd = count % workers;
        if (odd * (rows / count) >= RowsPerPass / 2)
            for (; odd > 0; odd--)
                rows -= sequences.Tokens(first + --count);

        passes = Math.Min(passes, count) / workers * workers;
        starts[0] = first;
        if (passes == 0)
        {
            starts[1] = first + CountOfSharedPass(sequences, first);
            return 1;
        }
        return CutEvenly(sequences, rows, passes, starts);
    }

    /// <summary>Tokens of the longest of some passes.</summary>
    public static int MostRows<TSequences>(in TSequences sequences, ReadOnlySpan<int> starts)
        where TSequences : ISequences, allows ref struct
    {
        int most = 0;
        for (int pass = 0; pass < starts.Length - 1; pass++)
        {
            int rows = 0;
            for (int i = starts[pass]; i < starts[pass + 1]; i++)
                rows += sequences.Tokens(i);
            most = Math.Max(most, rows);
        }
        return most;
    }

    private static int CountOfSharedPass<TSequences>(in TSequences sequences, int first)
        where TSequences : ISequences, allows ref struct
    {
        int count = 1;
        for (int rows = sequences.Tokens(first); first + count < sequences.Count; count++)
        {
            rows += sequences.Tokens(first + count);
            if (rows > MostSharedRows)
                break;
        }
        return count;
    }

    /// <summary>
    /// Passes that end where their share of the rows that are left is reached, so that longer ones come first and shorter ones fill up the end;
    /// fewer than wanted where a sequence is longer than a share.
    /// </summary>
    private static int CutEvenly<TSequences>(in TSequences sequences, int rows, int passes, Span<int> starts)
        where TSequences : ISequences, allows ref struct
    {
        int cut = 0;
        for (int i = starts[0]; rows > 0; cut++)
        {
            long seen = 0;
            while (seen * (passes - cut) < rows)
                seen += sequences.Tokens(i++);
            rows -= (int)seen;
            starts[cut + 1] = i;
        }
        return cut;
    }
}
