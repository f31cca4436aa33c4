using System.Text;

namespace PureClip.Tokenization;

/// <summary>
/// Byte-pair encoding that begins with characters: always the pair of lowest rank is joined, the leftmost of equal ones. A character
/// without a token becomes its bytes where there are tokens for them, else unknown. GPT-2's and RoBERTa's begins with bytes: no character
/// has a token of its own.
/// </summary>
/// <remarks>
/// Sennrich et al. 2016; Radford et al. 2019, GPT-2; Hugging Face tokenizers, <c>bpe/model.rs</c>; sentencepiece/bpe_model.cc. Time is n log n.
/// </remarks>
internal sealed class CharacterBpe(PieceTrie trie, MergeTable merges, CharacterBpeRules rules) : SubwordModel
{
    private const int Unknown = -1;

    public override string Name => rules.IsOfBytes ? "byte-level BPE" : rules.Bytes is null ? "BPE" : "BPE with byte fallback";

    public override void Encode(CodePoints text, int start, int end, TokenSequence result, SubwordScratch scratch)
    {
        PairMerger merger = scratch.Merger;
        merger.Clear();
        for (int i = start; i < end;)
        {
            int length = 1;
            if (rules.UserDefined?.Longest(text.Values[i..end], out length) is int defined and not PieceTrie.None)
                merger.Add(Frozen(defined), i);
            else
                AddCharacter(text[i], i, merger, out length);
            i += length;
        }
        merger.Merge(merges);
        for (int i = merger.First, last = Unknown; i >= 0; i = merger.Next(i))
        {
            int symbol = merger.Symbol(i), begin = merger.Start(i);
            int behind = merger.Next(i) is int next and >= 0 ? Math.Max(merger.Start(next), begin + 1) : end;
            if (symbol == Unknown && rules.FusesUnknown && last == i)
                result.Extend(behind);
            else
                result.Add(symbol == Unknown ? rules.UnknownId : symbol < Unknown ? Thawed(symbol) : symbol, begin, behind);
            last = symbol == Unknown ? merger.Next(i) : Unknown;
        }
    }

    private void AddCharacter(int point, int index, PairMerger merger, out int length)
    {
        length = 1;
        int id = trie.ValueOf(point);
        if (id != PieceTrie.None || rules.Bytes?.Cover([point]) != true)
        {
            merger.Add(id != PieceTrie.None ? id : Unknown, index);
            return;
        }
        Span<byte> utf8 = stackalloc byte[4];
        int count = new Rune(point).EncodeToUtf8(utf8);
        foreach (byte value in utf8[..count])
            merger.Add(rules.Bytes[value], index);
    }

    // What users define is never joined to anything: its symbol is one that no merge names.
    private static int Frozen(int id) => Unknown - 1 - id;

    private static int Thawed(int symbol) => Unknown - 1 - symbol;
}

/// <summary>What tells one such model from another, beside tokens and merges.</summary>
/// <param name="UnknownId">Id of a character without a token.</param>
/// <param name="FusesUnknown">Whether a run of unknown characters is one token.</param>
/// <param name="UserDefined">Tokens that are cut out before everything else; null where there are none.</param>
/// <param name="Bytes">The tokens of bytes; null where there are none.</param>
internal sealed record CharacterBpeRules(int UnknownId, bool FusesUnknown, PieceTrie? UserDefined, ByteTokens? Bytes)
{
    /// <summary>Whether every character becomes its bytes.</summary>
    public bool IsOfBytes { get; init; }
}

/// <summary>The symbols of a piece and where they begin, and their merging, a pair at a time.</summary>
internal sealed class PairMerger
{
    private readonly SymbolChain _chain = new();
    private int[] _symbols = new int[64];
    private int[] _starts = new int[64]; // the code point where each begins
    private int _count;

    /// <summary>The first symbol; -1 where there is none.</summary>
    public int First => _count > 0 ? 0 : SymbolChain.End;

    /// <summary>The symbol behind another; -1 behind the last.</summary>
    public int Next(int position) => _chain.Next(position);

    /// <summary>A symbol.</summary>
    public int Symbol(int position) => _symbols[position];

    /// <summary>The code point where a symbol begins.</summary>
    public int Start(int position) => _starts[position];

    public void Clear() => _count = 0;

    public void Add(int symbol, int start)
    {
        if (_count == _symbols.Length)
        {
            int size = (int)Math.Min(2L * _count, Array.MaxLength);
            Array.Resize(ref _symbols, size);
            Array.Resize(ref _starts, size);
        }
        (_symbols[_count], _starts[_count]) = (symbol, start);
        _count++;
    }

    /// <summary>Joins pairs until none has a rank.</summary>
    public void Merge(MergeTable table)
    {
        Span<int> symbols = _symbols.AsSpan(0, _count);
        _chain.Link(symbols, table);
        while (_chain.TryTake(out int left, out _))
            _chain.Join(symbols, left, table);
    }
}
