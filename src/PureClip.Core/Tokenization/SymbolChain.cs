namespace PureClip.Tokenization;

/// <summary>
/// The places of a span of symbols as a linked list, and the pairs of neighbours that merge in a heap: joining a pair costs the logarithm
/// of their number. In which order pairs are joined, the caller decides. Memory is kept from one span to the next.
/// </summary>
internal sealed class SymbolChain
{
    /// <summary>What is behind the last place.</summary>
    public const int End = -1;

    private readonly PriorityQueue<int, long> _pairs = new(); // left place by (rank, place)
    private int[] _next = [];
    private int[] _previous = [];
    private int[] _rank = []; // of the pair that begins here now; older heap entries are stale

    /// <summary>The place behind another; <see cref="End"/> behind the last.</summary>
    public int Next(int place) => _next[place];

    /// <summary>The rank of the pair that begins at a place; <see cref="MergeTable.None"/> where none does.</summary>
    public int Rank(int place) => _rank[place];

    /// <summary>Begins with all symbols, each beside the next.</summary>
    public void Link(ReadOnlySpan<int> symbols, MergeTable table)
    {
        if (symbols.Length > _next.Length)
        {
            int size = (int)Math.Min(Math.Max(symbols.Length, 2L * _next.Length), Array.MaxLength);
            _next = new int[size];
            _previous = new int[size];
            _rank = new int[size];
        }
        _pairs.Clear();
        for (int i = 0; i < symbols.Length; i++)
            (_previous[i], _next[i]) = (i - 1, i + 1 < symbols.Length ? i + 1 : End);
        for (int i = 0; i < symbols.Length; i++)
            RankPair(symbols, i, table);
    }

    /// <summary>Takes the pair of lowest rank out of the heap, the leftmost of equal ones.</summary>
    /// <param name="left">Where it begins.</param>
    /// <param name="rank">Its rank.</param>
    /// <param name="only">The only rank that is wanted; <see cref="MergeTable.None"/> for any.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryTake(out int left, out int rank, int only = MergeTable.None)
    {
        while (_pairs.TryPeek(out left, out long priority))
        {
            rank = (int)(priority >> 32);
            if (only != MergeTable.None && rank != only)
                return false;
            _pairs.Dequeue();
            if (_rank[left] == rank)
                return true;
        }
        rank = MergeTable.None;
        return false;
    }

    /// <summary>Joins the pair that begins at a place: its symbol becomes the merged one, and the right place is no more.</summary>
    public void Join(Span<int> symbols, int left, MergeTable table)
    {
        int right = _next[left];
        symbols[left] = table.Merged(symbols[left], symbols[right]);
        _rank[right] = MergeTable.None;
        int following = _next[left] = _next[right];
        if (following != End)
            _previous[following] = left;
        RankPair(symbols, left, table);
        if (_previous[left] != End)
            RankPair(symbols, _previous[left], table);
    }

    private void RankPair(ReadOnlySpan<int> symbols, int left, MergeTable table)
    {
        int right = _next[left];
        int rank = right == End ? MergeTable.None : table.Rank(symbols[left], symbols[right]);
        _rank[left] = rank;
        if (rank != MergeTable.None)
            _pairs.Enqueue(left, ((long)rank << 32) | (uint)left);
    }
}
