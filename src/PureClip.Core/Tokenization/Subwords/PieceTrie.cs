using System.Numerics;
using System.Text;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// Strings with a number each, found letter by letter: which of them begin at a place of a text is known after as many steps as the
/// longest has letters, however many there are. A step is a lookup of (node, code point) in one table with linear probing.
/// </summary>
internal sealed class PieceTrie
{
    /// <summary>The node where every walk begins.</summary>
    public const int Root = 0;

    /// <summary>The value of a node at which no string ends.</summary>
    public const int None = -1;

    /// <summary>Most code points of a string; Gemma's longest has 48.</summary>
    public const int MostLetters = 512;

    // XLM-V, the largest vocabulary in use, has 901,629 pieces and about 3 million nodes.
    private const int MostNodes = 1 << 24;

    private const int PointBits = 21;

    // Multiplicative hashing with an odd number of this process's own: no file can be made whose strings all collide.
    private static readonly ulong Multiplier = 0x9E3779B97F4A7C15 ^ ((ulong)Random.Shared.NextInt64() << 1);

    private ulong[] _keys; // (node + 1, code point); 0: free
    private int[] _children;
    private int[] _values = [None];
    private int _nodes = 1;
    private int _shift;

    /// <param name="capacity">Nodes to expect; more are possible.</param>
    public PieceTrie(int capacity)
    {
        int bits = BitOperations.Log2((uint)Math.Clamp(capacity, 8, MostNodes)) + 2;
        _keys = new ulong[1 << bits];
        _children = new int[1 << bits];
        _shift = 64 - bits;
    }

    /// <summary>How many strings there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a string; false where it is there already.</summary>
    /// <param name="piece">At least one letter.</param>
    /// <param name="value">At least 0.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="InvalidDataException">It is too long, or there are too many.</exception>
    public bool TryAdd(ReadOnlySpan<char> piece, int value, string source)
    {
        int node = Root, letters = 0;
        foreach (Rune rune in piece.EnumerateRunes())
        {
            if (++letters > MostLetters)
                Problem.InvalidData(
                    $"{source}: the token {Problem.Quote(piece.ToString())} is too long; at most {MostLetters} characters are supported.");
            node = ChildOrNew(node, rune.Value, source);
        }
        if (letters == 0 || _values[node] != None)
            return false;
        _values[node] = value;
        Count++;
        return true;
    }

    /// <summary>Goes on by a code point.</summary>
    /// <returns>False where no string goes on so; the node stays.</returns>
    public bool TryStep(ref int node, int point)
    {
        ulong key = Key(node, point);
        int slot = Slot(key);
        if (_keys[slot] != key)
            return false;
        node = _children[slot];
        return true;
    }

    /// <summary>The value of the string that ends at a node; <see cref="None"/> where none does.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The value of a string of one code point; <see cref="None"/> where there is none.</summary>
    public int ValueOf(int point)
    {
        int node = Root;
        return TryStep(ref node, point) ? _values[node] : None;
    }

    /// <summary>The longest string that begins a text.</summary>
    /// <param name="text">Code points.</param>
    /// <param name="length">How many of them it has; 0 where there is none.</param>
    /// <returns>Its value, or <see cref="None"/>.</returns>
    public int Longest(ReadOnlySpan<int> text, out int length)
    {
        int node = Root, value = None;
        length = 0;
        for (int i = 0; i < text.Length && TryStep(ref node, text[i]); i++)
            if (_values[node] != None)
                (value, length) = (_values[node], i + 1);
        return value;
    }

    private static ulong Key(int node, int point) => ((ulong)(uint)(node + 1) << PointBits) | (uint)point;

    private int Slot(ulong key)
    {
        int slot = (int)((key * Multiplier) >> _shift);
        while (_keys[slot] != key && _keys[slot] != 0)
            slot = (slot + 1) & (_keys.Length - 1);
        return slot;
    }

    private int ChildOrNew(int node, int point, string source)
    {
        ulong key = Key(node, point);
        int slot = Slot(key);
        if (_keys[slot] == key)
            return _children[slot];
        if (_nodes == MostNodes)
            Problem.InvalidData($"{source}: the tokens have more letters together than the {MostNodes} that are supported.");
        if (2 * (_nodes + 1) > _keys.Length)
        {
            Grow();
            slot = Slot(key);
        }
        if (_nodes == _values.Length)
        {
            Array.Resize(ref _values, 2 * _nodes);
            _values.AsSpan(_nodes).Fill(None);
        }
        _keys[slot] = key;
        return _children[slot] = _nodes++;
    }

    private void Grow()
    {
        (ulong[] keys, int[] children) = (_keys, _children);
        _keys = new ulong[2 * keys.Length];
        _children = new int[2 * keys.Length];
        _shift--;
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] == 0)
                continue;
            int slot = Slot(keys[i]);
            (_keys[slot], _children[slot]) = (keys[i], children[i]);
        }
    }
}
