using System.Text;

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

    // Ids of the 256 one-byte symbols, inside a word and at its end. -1 - byte where the vocabulary has none; see IsUnknown.
    private readonly int[] _inside = new int[AlphabetSize];
    private readonly int[] _atEnd = new int[AlphabetSize];
    private readonly string?[] _tokens; // by id; null: the id is not used
    private readonly Dictionary<string, int> _ids;

    private BpeVocabulary(string?[] tokens, Dictionary<string, int> ids, MergeTable merges)
    {
        _tokens = tokens;
        _ids = ids;
        Merges = merges;
        for (int value = 0; value < AlphabetSize; value++)
        {
            string symbol = ByteToUnicode.ToCharacter((byte)value).ToString();
            _inside[value] = ids.GetValueOrDefault(symbol, -1 - value);
            _atEnd[value] = ids.GetValueOrDefault(symbol + EndOfWord, -1 - value);
        }
    }

    /// <summary>The merges.</summary>
    public MergeTable Merges { get; }

    /// <summary>The highest id plus one.</summary>
    public int Size => _tokens.Length;

    /// <summary>Builds a vocabulary from tokens and merges that a file gave.</summary>
    /// <param name="ids">Id of each token; kept, not copied.</param>
    /// <param name="merges">One merge a line: two symbols and a blank between them.</param>
    /// <param name="source">Where the merges came from, for messages.</param>
    /// <exception cref="InvalidDataException">A merge is not two known symbols that join to a known one, or stands twice.</exception>
    public static BpeVocabulary Create(Dictionary<string, int> ids, List<ReadOnlyMemory<char>> merges, string source)
    {
        string?[] byId = new string?[ids.Count == 0 ? 0 : ids.Values.Max() + 1];
        foreach ((string token, int id) in ids)
            byId[id] = token;
        return new BpeVocabulary(byId, ids, ReadMerges(ids, merges, source));
    }

    /// <summary>
    /// CLIP's own vocabulary: 256 bytes, the same at the end of a word, 48,894 merges in order, and the two special strings, which
    /// OpenAI and open_clip spell differently.
    /// </summary>
    public static BpeVocabulary CreateClip(string startToken, string endToken)
    {
        string text = EmbeddedData.Merges;
        List<ReadOnlyMemory<char>> merges = MergesFile.Split(text);
        Dictionary<string, int> ids = new((2 * AlphabetSize) + merges.Count + 2, StringComparer.Ordinal);
        foreach (byte value in ByteToUnicode.InIdOrder)
            ids.Add(ByteToUnicode.ToCharacter(value).ToString(), ids.Count);
        foreach (byte value in ByteToUnicode.InIdOrder)
            ids.Add(ByteToUnicode.ToCharacter(value) + EndOfWord, ids.Count);
        foreach (ReadOnlyMemory<char> merge in merges)
        {
            int blank = merge.Span.IndexOf(' ');
            ids.Add(string.Concat(merge.Span[..blank], merge.Span[(blank + 1)..]), ids.Count);
        }
        ids.Add(startToken, ids.Count);
        ids.Add(endToken, ids.Count);
        return Create(ids, merges, "embedded merges");
    }

    /// <summary>Whether a symbol is a byte that the vocabulary has no token for.</summary>
    public static bool IsUnknown(int symbol) => symbol < 0;

    /// <summary>The token with an id; null where the id is not used.</summary>
    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The id of a token.</summary>
    public bool TryGetId(string token, out int id) => _ids.TryGetValue(token, out id);

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
        string token = _tokens[symbol]!;
        return token.EndsWith(EndOfWord, StringComparison.Ordinal) ? token.Length - EndOfWord.Length : token.Length;
    }

    /// <summary>Appends the bytes that a token writes: those of its alphabet, or UTF-8 of a character outside it.</summary>
    public void AppendBytes(int id, List<byte> bytes)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in _tokens[id]!.EnumerateRunes())
            if (rune.IsBmp && ByteToUnicode.TryToByte((char)rune.Value, out byte value))
                bytes.Add(value);
            else
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
    }

    private static MergeTable ReadMerges(Dictionary<string, int> ids, List<ReadOnlyMemory<char>> merges, string source)
    {
        var byText = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        MergeTable table = new(merges.Count);
        Span<char> joined = stackalloc char[256];
        for (int rank = 0; rank < merges.Count; rank++)
        {
            ReadOnlySpan<char> merge = merges[rank].Span;
            int blank = merge.IndexOf(' ');
            if (blank <= 0 || blank != merge.LastIndexOf(' ') || blank == merge.Length - 1 || merge.Length > joined.Length)
                Throw.InvalidFile(source, $"merge {rank} is \"{merge}\"; allowed are two symbols with one blank between them, at most {joined.Length} characters.");
            merge[..blank].CopyTo(joined);
            merge[(blank + 1)..].CopyTo(joined[blank..]);
            if (!byText.TryGetValue(merge[..blank], out int left)
                || !byText.TryGetValue(merge[(blank + 1)..], out int right)
                || !byText.TryGetValue(joined[..(merge.Length - 1)], out int result))
                Throw.InvalidFile(source, $"merge {rank} is \"{merge}\", but its two symbols and their join are not all in the vocabulary. Merges and vocabulary must be of one model.");
            else if (!table.TryAdd(left, right, rank, result))
                Throw.InvalidFile(source, $"merge {rank}, \"{merge}\", stands twice.");
        }
        return table;
    }
}
