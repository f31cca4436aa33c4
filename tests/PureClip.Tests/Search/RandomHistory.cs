using PureClip.Search;

namespace PureClip.Tests.Search;

/// <summary>
/// A history of additions, replacements and removals that follows from its beginning, so that what an index should hold after any number of
/// steps is known. The index counts the steps itself, in an entry of its own that every commit replaces.
/// </summary>
internal static class RandomHistory
{
    private const string StepsDone = "steps done";
    private const int Keys = 700, MostStepsOfACommit = 40, CommitsOfACompaction = 60;

    /// <summary>Goes on with the history for ever, and says after each commit how many steps are done.</summary>
    public static void Write(string path, TextWriter report)
    {
        using EmbeddingIndexWriter writer = EmbeddingIndex.Exists(path)
            ? EmbeddingIndexWriter.Open(path)
            : EmbeddingIndexWriter.Create(path, new(IndexFolder.Fingerprint, Width: 256), VectorType.F32);
        Random cadence = new();
        int step = writer.TryFind(StepsDone, out IndexEntry done) ? (int)done.Size : 0;
        for (int commit = 1; ; commit++)
        {
            for (int end = step + cadence.Next(1, MostStepsOfACommit); step < end; step++)
                Apply(step, key => IndexFolder.Add(writer, key, step), key => writer.Remove(key));
            IndexFolder.Add(writer, StepsDone, step);
            writer.Commit();
            report.WriteLine(step);
            report.Flush();
            if (commit % CommitsOfACompaction == 0)
                writer.Compact();
        }
    }

    /// <summary>Compares an index with the history.</summary>
    /// <returns>Steps that are done.</returns>
    public static int Check(string path)
    {
        if (!EmbeddingIndex.Exists(path))
            return 0;
        using EmbeddingIndex index = EmbeddingIndex.Open(path);
        int steps = index.TryFind(StepsDone, out int entry) ? (int)index[entry].Size : 0;
        Dictionary<string, int> expected = [];
        for (int step = 0; step < steps; step++)
            Apply(step, key => expected[key] = step, key => expected.Remove(key));
        if (steps > 0)
            expected[StepsDone] = steps;
        IndexFolder.AssertHolds(index, expected);
        index.Verify();
        return steps;
    }

    private static void Apply(int step, Action<string> add, Action<string> remove)
    {
        uint hash = (uint)step * 2654435761u;
        string key = $"pictures/{hash % Keys}.png";
        if (hash >> 29 == 0)
            remove(key);
        else
            add(key);
    }
}
