using System.Numerics;

namespace PureClip.Tokenization;

/// <summary>
/// Token to id and back. All tokens stand in one array of characters, so that CLIP's 49,408 cost three allocations and not 49,408:
/// with a string each, loading took half as long again.
/// </summary>
internal sealed class TokenTable
{
    private const int NoToken = -1;

    private char[] _characters;
    private int _used;
    private (int Start, int Length)[] _tokens; // by id; a length of NoToken: the id is not used
    private int[] _slots; // ids, found by hash with linear probing; at most half of them are taken

    /// <param name="capacity">How many tokens to expect; more are possible.</param>
    public TokenTable(int capacity)
    {
        _characters = new char[checked(capacity * 8)]; // CLIP's tokens have 7.8 characters on average
        _tokens = new (int, int)[capacity];
        Array.Fill(_tokens, (0, NoToken));
        _slots = EmptySlots(capacity);
    }

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>The highest id plus one.</summary>
    public int Size { get; private set; }

    /// <summary>Adds a token with an id that is not in use.</summary>
    /// <returns>False where the token has an id already.</returns>
    public bool TryAdd(ReadOnlySpan<char> token, int id)
    {
        if (2 * (Count + 1) > _slots.Length)
            Rehash();
        ref int slot = ref FindSlot(token);
        if (slot != NoToken)
            return false;
        slot = id;
        Store(token, id);
        return true;
    }

    /// <summary>The id of a token.</summary>
    public bool TryGetId(ReadOnlySpan<char> token, out int id) => (id = FindSlot(token)) != NoToken;

    /// <summary>Whether an id is in use.</summary>
    public bool Contains(int id) => (uint)id < (uint)Size && _tokens[id].Length != NoToken;

    /// <summary>The token with an id that is in use.</summary>
    public ReadOnlySpan<char> this[int id] => _characters.AsSpan(_tokens[id].Start, _tokens[id].Length);

    private void Store(ReadOnlySpan<char> token, int id)
    {
        if (_characters.Length - _used < token.Length)
            Array.Resize(ref _characters, checked(Math.Max(2 * _characters.Length, _used + token.Length)));
        if (id >= _tokens.Length)
        {
            int known = _tokens.Length;
            Array.Resize(ref _tokens, Math.Max(2 * known, id + 1));
            _tokens.AsSpan(known).Fill((0, NoToken));
        }
        token.CopyTo(_characters.AsSpan(_used));
        _tokens[id] = (_used, token.Length);
        _used += token.Length;
        Count++;
        Size = Math.Max(Size, id + 1);
    }

    // The slot that holds the token's id, or the free one where it belongs.
    private ref int FindSlot(ReadOnlySpan<char> token)
    {
        // The runtime's hash is seeded anew in every process: no file can be made whose tokens all collide.
        int index = string.GetHashCode(token) & (_slots.Length - 1);
        while (_slots[index] != NoToken && !token.SequenceEqual(this[_slots[index]]))
            index = (index + 1) & (_slots.Length - 1);
        return ref _slots[index];
    }

    private void Rehash()
    {
        int[] old = _slots;
        _slots = EmptySlots(old.Length);
        foreach (int id in old)
            if (id != NoToken)
                FindSlot(this[id]) = id;
    }

    private static int[] EmptySlots(int capacity)
    {
        int[] slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, checked(2 * (capacity + 1))))];
        Array.Fill(slots, NoToken);
        return slots;
    }
}
