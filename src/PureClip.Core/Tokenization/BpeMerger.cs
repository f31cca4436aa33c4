using System.Numerics;

namespace PureClip.Tokenization;

/// <summary>
/// Byte-pair merging: join every occurrence of the pair of lowest rank, from left to right, and repeat until no pair has a rank
/// (Sennrich et al. 2016, algorithm 1; the order of OpenAI's <c>bpe</c>).
/// </summary>
internal static class BpeMerger
{
    // A word of CLIP's training texts has 4-10 bytes. Scanning costs length² lookups at worst: at 64 about what the heap costs.
    private const int ScanLimit = 64;

    /// <summary>Merges in place.</summary>
    /// <param name="symbols">[length] symbols of one piece; the merged ones stand at its start afterwards.</param>
    /// <param name="table">What merges.</param>
    /// <returns>How many symbols are left.</returns>
    public static int Merge(Span<int> symbols, MergeTable table) =>
        symbols.Length <= ScanLimit ? MergeByScan(symbols, table) : MergeByHeap(symbols, table);

    /// <summary>The definition itself: O(length²).</summary>
    public static int MergeByScan(Span<int> symbols, MergeTable table)
    {
        int count = symbols.Length;
        while (count > 1)
        {
            int best = LowestPair(symbols[..count], table);
            if (best < 0)
                break;
            count = MergeAll(symbols[..count], symbols[best], symbols[best + 1], table.Merged(symbols[best], symbols[best + 1]));
        }
        return count;
    }

    /// <summary>The same result in O(length · log length): symbols as a linked list, candidate pairs in a heap.</summary>
    public static int MergeByHeap(Span<int> symbols, MergeTable table)
    {
        HeapMerge merge = new(symbols, table);
        while (merge.NextRound())
            merge.MergeRound();
        return merge.Compact();
    }

    private static int LowestPair(ReadOnlySpan<int> symbols, MergeTable table)
    {
        int best = -1;
        int lowest = MergeTable.None;
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            int rank = table.Rank(symbols[i], symbols[i + 1]);
            if (rank < lowest)
                (lowest, best) = (rank, i);
        }
        return best;
    }

    private static int MergeAll(Span<int> symbols, int left, int right, int merged)
    {
        int count = 0;
        for (int i = 0; i < symbols.Length; i++)
        {
            bool match = i + 1 < symbols.Length && symbols[i] == left && symbols[i + 1] == right;
            symbols[count++] = match ? merged : symbols[i];
            i += match ? 1 : 0;
        }
        return count;
    }

    /// <summary>The state of one <see cref="MergeByHeap"/>.</summary>
    private ref struct HeapMerge
    {
        private const int End = -1;
        private readonly Span<int> _symbols;
        private readonly MergeTable _table;
        private readonly int[] _next; // position of the following live symbol
        private readonly int[] _previous;
        private readonly int[] _rank; // of the pair that begins here now; older heap entries are stale
        private readonly PriorityQueue<int, long> _heap = new(); // position by (rank, position)
        private readonly List<int> _round = [];
        private int _roundRank;

        public HeapMerge(Span<int> symbols, MergeTable table)
        {
            _symbols = symbols;
            _table = table;
            _next = new int[symbols.Length];
            _previous = new int[symbols.Length];
            _rank = new int[symbols.Length];
            for (int i = 0; i < symbols.Length; i++)
            {
                _previous[i] = i - 1;
                _next[i] = i + 1 < symbols.Length ? i + 1 : End;
            }
            for (int i = 0; i < symbols.Length; i++)
                RankPair(i);
        }

        // A round is all occurrences of one pair. Those that its own merges make wait, even where their rank is lower.
        public bool NextRound()
        {
            _round.Clear();
            while (_heap.TryPeek(out int position, out long priority))
            {
                int rank = (int)(priority >> 32);
                if (_round.Count > 0 && rank != _roundRank)
                    break;
                _heap.Dequeue();
                if (_rank[position] != rank)
                    continue;
                _roundRank = rank;
                _round.Add(position);
            }
            return _round.Count > 0;
        }

        public void MergeRound()
        {
            foreach (int left in _round)
            {
                // An earlier merge of this round may have taken one of the two, as in "aaa".
                if (_rank[left] != _roundRank)
                    continue;
                int right = _next[left];
                _symbols[left] = _table.Merged(_symbols[left], _symbols[right]);
                _rank[right] = MergeTable.None;
                int following = _next[left] = _next[right];
                if (following != End)
                    _previous[following] = left;
                RankPair(left);
                if (_previous[left] != End)
                    RankPair(_previous[left]);
            }
        }

        public readonly int Compact()
        {
            int count = 0;
            for (int i = _symbols.IsEmpty ? End : 0; i != End; i = _next[i])
                _symbols[count++] = _symbols[i];
            return count;
        }

        private readonly void RankPair(int left)
        {
            int right = _next[left];
            int rank = right == End ? MergeTable.None : _table.Rank(_symbols[left], _symbols[right]);
            _rank[left] = rank;
            if (rank != MergeTable.None)
                _heap.Enqueue(left, ((long)rank << 32) | (uint)left);
        }
    }
}

/// <summary>
/// Pair of symbols to rank and merged symbol: open addressing with linear probing, at most half full. A lookup that misses is the
/// common one, and touches one cache line.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int None = int.MaxValue;

    // Multiplicative hashing with an odd number of this process's own: no file can be made whose merges all collide.
    private static readonly ulong Multiplier = 0x9E3779B97F4A7C15 ^ ((ulong)Random.Shared.NextInt64() << 1);

    private readonly Entry[] _entries;
    private readonly int _shift;

    public MergeTable(int capacity)
    {
        int bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(capacity, 1)) + 2);
        _entries = new Entry[1 << bits];
        _shift = 64 - bits;
    }

    public int Count { get; private set; }

    /// <summary>Adds a pair; false where it is there already.</summary>
    public bool TryAdd(int left, int right, int rank, int merged)
    {
        ref Entry entry = ref Find(Key(left, right));
        if (entry.Key != 0)
            return false;
        entry = new Entry(Key(left, right), rank, merged);
        Count++;
        return true;
    }

    /// <summary>The rank of a pair, lower first; <see cref="None"/> where it does not merge.</summary>
    public int Rank(int left, int right)
    {
        ref Entry entry = ref Find(Key(left, right));
        return entry.Key == 0 ? None : entry.Rank;
    }

    /// <summary>The symbol that a pair with a rank merges to.</summary>
    public int Merged(int left, int right) => Find(Key(left, right)).Merged;

    // Ids are stored plus one, so that no key is 0. Symbols outside the vocabulary are negative and simply never found.
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)(right + 1);

    private ref Entry Find(ulong key)
    {
        int slot = (int)((key * Multiplier) >> _shift);
        while (_entries[slot].Key != key && _entries[slot].Key != 0)
            slot = (slot + 1) & (_entries.Length - 1);
        return ref _entries[slot];
    }

    private readonly record struct Entry(ulong Key, int Rank, int Merged);
}
