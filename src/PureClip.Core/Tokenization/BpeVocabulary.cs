using System.Numerics;
using System.Text;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// Tokens with their ids, and the merges between them: CLIP's own, embedded in the assembly, or those of a model directory. Immutable.
/// </summary>
internal sealed class BpeVocabulary
{
    /// <summary>Marks a token that ends a word.</summary>
    public const string EndOfWord = "</w>";

    /// <summary>Ids are below this. CLIP has 49,408; the largest vocabularies in use have some 256,000.</summary>
    public const int MaxSize = 1 << 20;

    private const int AlphabetSize = 256;
    private const int MaxMergeLength = 256; // characters; CLIP's longest has 33

    // Ids of the 256 one-byte symbols, inside a word and at its end. -1 - byte where the vocabulary has none; see IsUnknown.
    private readonly int[] _inside = new int[AlphabetSize];
    private readonly int[] _atEnd = new int[AlphabetSize];
    private readonly TokenTable _tokens;

    private BpeVocabulary(TokenTable tokens, MergeTable merges)
    {
        _tokens = tokens;
        Merges = merges;
        for (int value = 0; value < AlphabetSize; value++)
        {
            char symbol = ByteToUnicode.ToCharacter((byte)value);
            _inside[value] = tokens.TryGetId([symbol], out int id) ? id : -1 - value;
            _atEnd[value] = tokens.TryGetId([symbol, .. EndOfWord], out id) ? id : -1 - value;
        }
    }

    /// <summary>The merges.</summary>
    public MergeTable Merges { get; }

    /// <summary>The highest id plus one.</summary>
    public int Size => _tokens.Size;

    /// <summary>Builds a vocabulary from tokens and merges that a file gave.</summary>
    /// <param name="tokens">The tokens; kept, not copied.</param>
    /// <param name="merges">One merge a line: two symbols and a blank between them.</param>
    /// <param name="source">Where the merges came from, for messages.</param>
    /// <exception cref="InvalidDataException">A merge is not two known symbols that join to a known one, or stands twice.</exception>
    public static BpeVocabulary Create(TokenTable tokens, List<ReadOnlyMemory<char>> merges, string source) =>
        new(tokens, ReadMerges(tokens, merges, source));

    /// <summary>
    /// CLIP's own vocabulary: 256 bytes, the same at the end of a word, 48,894 merges in order, and the two special strings, which
    /// OpenAI and open_clip spell differently.
    /// </summary>
    public static BpeVocabulary CreateClip(string startToken, string endToken)
    {
        ushort[] pairs = EmbeddedData.MergePairs();
        int count = pairs.Length / 2;
        MergeTable merges = new(count);
        TokenTable tokens = new((2 * AlphabetSize) + count + 2);
        foreach (byte value in ByteToUnicode.InIdOrder)
            tokens.TryAdd([ByteToUnicode.ToCharacter(value)], tokens.Count);
        foreach (byte value in ByteToUnicode.InIdOrder)
            tokens.TryAdd([ByteToUnicode.ToCharacter(value), .. EndOfWord], tokens.Count);
        Span<char> joined = stackalloc char[MaxMergeLength];
        for (int rank = 0; rank < count; rank++)
        {
            int left = pairs[2 * rank], right = pairs[2 * rank + 1];
            merges.TryAdd(left, right, rank, merged: tokens.Count);
            tokens.TryAdd(Join(tokens[left], tokens[right], joined), tokens.Count);
        }
        tokens.TryAdd(startToken, tokens.Count);
        tokens.TryAdd(endToken, tokens.Count);
        return new(tokens, merges);
    }

    /// <summary>Whether a symbol is a byte that the vocabulary has no token for.</summary>
    public static bool IsUnknown(int symbol) => symbol < 0;

    /// <summary>The token with an id; null where the id is not used.</summary>
    public string? Token(int id) => _tokens.Contains(id) ? _tokens[id].ToString() : null;

    /// <summary>The id of a token.</summary>
    public bool TryGetId(string token, out int id) => _tokens.TryGetId(token, out id);

    /// <summary>The one-byte symbols of a piece of text; the last one carries the end of the word.</summary>
    /// <param name="piece">UTF-8 bytes of the piece.</param>
    /// <param name="symbols">As many symbols.</param>
    public void ToSymbols(ReadOnlySpan<byte> piece, Span<int> symbols)
    {
        for (int i = 0; i < piece.Length - 1; i++)
            symbols[i] = _inside[piece[i]];
        if (!piece.IsEmpty)
            symbols[piece.Length - 1] = _atEnd[piece[^1]];
    }

    /// <summary>How many bytes of text a symbol covers.</summary>
    public int ByteLength(int symbol)
    {
        if (IsUnknown(symbol))
            return 1;
        ReadOnlySpan<char> token = _tokens[symbol];
        return token.EndsWith(EndOfWord) ? token.Length - EndOfWord.Length : token.Length;
    }

    /// <summary>Appends the bytes that a token writes: those of its alphabet, or UTF-8 of a character outside it.</summary>
    public void AppendBytes(int id, List<byte> bytes)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in _tokens[id].EnumerateRunes())
            if (rune.IsBmp && ByteToUnicode.TryToByte((char)rune.Value, out byte value))
                bytes.Add(value);
            else
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
    }

    private static MergeTable ReadMerges(TokenTable tokens, List<ReadOnlyMemory<char>> merges, string source)
    {
        MergeTable table = new(merges.Count);
        Span<char> joined = stackalloc char[MaxMergeLength];
        for (int rank = 0; rank < merges.Count; rank++)
        {
            ReadOnlySpan<char> merge = merges[rank].Span;
            int blank = merge.IndexOf(' ');
            if (blank <= 0 || blank != merge.LastIndexOf(' ') || blank == merge.Length - 1 || merge.Length > MaxMergeLength)
                Problem.InvalidData(
                    $"{source}: merge {rank} is \"{merge}\"; it must be two symbols with one blank between them, of {MaxMergeLength} " +
                    "characters at most.");
            if (!tokens.TryGetId(merge[..blank], out int left)
                | !tokens.TryGetId(merge[(blank + 1)..], out int right)
                | !tokens.TryGetId(Join(merge[..blank], merge[(blank + 1)..], joined), out int result))
                Problem.InvalidData(
                    $"{source}: merge {rank} is \"{merge}\", but its two symbols and their join are not all in the vocabulary. Merges " +
                    "and vocabulary must be of one model.");
            if (!table.TryAdd(left, right, rank, result))
                Problem.InvalidData($"{source}: merge {rank}, \"{merge}\", stands twice.");
        }
        return table;
    }

    private static ReadOnlySpan<char> Join(ReadOnlySpan<char> left, ReadOnlySpan<char> right, Span<char> buffer)
    {
        left.CopyTo(buffer);
        right.CopyTo(buffer[left.Length..]);
        return buffer[..(left.Length + right.Length)];
    }
}

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
