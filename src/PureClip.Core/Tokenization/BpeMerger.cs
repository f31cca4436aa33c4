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

    /// <summary>The same result in O(length · log length), by a <see cref="SymbolChain"/>.</summary>
    public static int MergeByHeap(Span<int> symbols, MergeTable table)
    {
        SymbolChain chain = new();
        List<int> round = [];
        chain.Link(symbols, table);
        while (chain.TryTake(out int first, out int rank))
        {
            // A round is all occurrences of one pair. Those that its own merges make wait, even where their rank is lower.
            round.Clear();
            round.Add(first);
            while (chain.TryTake(out int next, out _, only: rank))
                round.Add(next);
            foreach (int left in round)
                // An earlier merge of this round may have taken one of the two, as in "aaa".
                if (chain.Rank(left) == rank)
                    chain.Join(symbols, left, table);
        }
        int count = 0;
        for (int i = symbols.IsEmpty ? SymbolChain.End : 0; i != SymbolChain.End; i = chain.Next(i))
            symbols[count++] = symbols[i];
        return count;
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
