namespace PureClip.Search;

/// <summary>Which entries count as the same.</summary>
public sealed record DuplicateOptions
{
    /// <summary>
    /// The least cosine of two entries that count as one, -1 to 1: 0.99 for pictures that were scaled or saved again, lower for variations
    /// of a motif.
    /// </summary>
    public float Threshold { get; init; } = 0.95f;

    /// <summary>Only entries for which this is true, asked with their place in the index; null for all.</summary>
    public Func<int, bool>? Filter { get; init; }

    /// <summary>Told how many entries have been compared with all others.</summary>
    public IProgress<int>? Progress { get; init; }

    internal void Validate()
    {
        if (!(Threshold is >= -1f and <= 1f))
            throw new ArgumentException($"Threshold is {Threshold}; a cosine lies between -1 and 1.", nameof(Threshold));
    }
}

/// <summary>
/// Groups of entries in which each has another whose cosine reaches a threshold, or whose content is the same. Every pair is compared.
/// </summary>
internal static class NearDuplicates
{
    /// <summary>The groups, in the order of their first entries; within a group the largest file first, and cosines with it.</summary>
    public static SearchHit[][] Of(IndexSnapshot index, DuplicateOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        int[] entries = index.EntriesOf(options.Filter);
        UnionFind sets = new(entries.Length);
        Dictionary<UInt128, int> firstOfContent = [];
        for (int i = 0; i < entries.Length; i++)
            if (index[entries[i]].ContentHash is var hash && hash != default && !firstOfContent.TryAdd(hash, i))
                sets.Union(firstOfContent[hash], i);
        index.Vectors.FindPairs(options.Threshold, sets.Union, index.RowsOf(entries), options.Progress, cancellationToken);
        return [.. sets.Groups().Select(group => GroupOf(index, group.Select(member => entries[member])))];
    }

    private static SearchHit[] GroupOf(IndexSnapshot index, IEnumerable<int> entries)
    {
        int[] bySize = [.. entries.OrderByDescending(entry => index[entry].Size)];
        float[] first = index.DirectionOf(bySize[0]);
        return [.. bySize.Select(entry => new SearchHit(entry, index.KeyOf(entry), Similarity.Cosine(first, index.DirectionOf(entry))))];
    }
}

/// <summary>
/// Disjoint sets of the numbers below a count, each alone at first. The least number of a set stands for it, whatever the order of unions.
/// </summary>
/// <param name="count">How many numbers.</param>
/// <remarks>Tarjan 1975; paths are halved while they are walked.</remarks>
internal sealed class UnionFind(int count)
{
    private readonly int[] _parent = [.. Enumerable.Range(0, count)];

    /// <summary>The least number of the set that a number is in.</summary>
    public int Find(int number)
    {
        while (_parent[number] != number)
            number = _parent[number] = _parent[_parent[number]];
        return number;
    }

    /// <summary>Makes one set of two.</summary>
    public void Union(int a, int b)
    {
        (a, b) = (Find(a), Find(b));
        _parent[Math.Max(a, b)] = Math.Min(a, b);
    }

    /// <summary>Sets of two and more, ascending within, in the order of their least numbers.</summary>
    public int[][] Groups() =>
    [
        .. Enumerable.Range(0, _parent.Length).GroupBy(Find).Where(set => set.Skip(1).Any()).Select(set => set.ToArray()),
    ];
}
