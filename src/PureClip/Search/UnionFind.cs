namespace PureClip.Search;

/// <summary>Disjoint sets of the numbers below a count, each alone at first. The least number of a set stands for it, whatever the order of unions.</summary>
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
