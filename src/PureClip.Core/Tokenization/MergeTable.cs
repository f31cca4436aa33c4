using System.Numerics;

namespace PureClip.Tokenization;

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
