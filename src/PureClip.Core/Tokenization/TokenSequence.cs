using System.Text;

namespace PureClip.Tokenization;

/// <summary>A cleaned text and the tokens that it was split into, in order. Filled once, by one call of the tokenizer.</summary>
internal sealed class TokenSequence
{
    private readonly List<int> _ids = [];
    private readonly List<(int Start, int End)> _ranges = []; // of each token, in code points of Text

    /// <summary>The cleaned text.</summary>
    public CodePoints Text { get; } = new();

    /// <summary>The token ids.</summary>
    public List<int> Ids => _ids;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Text.Clear();
        _ids.Clear();
        _ranges.Clear();
    }

    /// <summary>Adds a token of a range of the text.</summary>
    public void Add(int id, int start, int end)
    {
        _ids.Add(id);
        _ranges.Add((start, end));
    }

    /// <summary>The last token's range reaches further.</summary>
    public void Extend(int end) => _ranges[^1] = (_ranges[^1].Start, end);

    /// <summary>Takes tokens out.</summary>
    public void Remove(int first, int count)
    {
        _ids.RemoveRange(first, count);
        _ranges.RemoveRange(first, count);
    }

    /// <summary>Adds a token that is a whole piece of the text.</summary>
    public void AddSpecial(int id, int start, int length)
    {
        _ids.Add(id);
        _ranges.Add((start, start + length));
    }

    /// <summary>Adds the tokens of one piece.</summary>
    /// <param name="start">Where in <see cref="Text"/> the piece begins.</param>
    /// <param name="symbols">What its bytes were merged to.</param>
    /// <param name="vocabulary">Tells how many bytes a symbol covers.</param>
    /// <param name="unknownId">Id of a byte that the vocabulary has no token for.</param>
    public void AddPiece(int start, ReadOnlySpan<int> symbols, BpeVocabulary vocabulary, int unknownId)
    {
        int point = start; // the code point that the next token's first byte belongs to
        int used = 0; // bytes of it that earlier tokens took
        foreach (int symbol in symbols)
        {
            int first = point;
            used += vocabulary.ByteLength(symbol);
            while (point < Text.Count && used >= Utf8Length(Text[point]))
                used -= Utf8Length(Text[point++]);
            _ids.Add(BpeVocabulary.IsUnknown(symbol) ? unknownId : symbol);
            _ranges.Add((first, used > 0 ? point + 1 : point));
        }
    }

    /// <summary>Where in the original text a token begins.</summary>
    public int SourceStart(int token) => Text.SourceStart(_ranges[token].Start);

    /// <summary>The text of every token.</summary>
    public TokenSpan[] Spans()
    {
        int[] offsets = new int[Text.Count + 1]; // UTF-16 units before each code point
        for (int i = 0; i < Text.Count; i++)
            offsets[i + 1] = offsets[i] + (Text[i] < 0x10000 ? 1 : 2);
        TokenSpan[] spans = new TokenSpan[_ranges.Count];
        for (int i = 0; i < spans.Length; i++)
        {
            (int start, int end) = _ranges[i];
            int sourceStart = Text.SourceStart(start);
            spans[i] = new TokenSpan(offsets[start], offsets[end], sourceStart, Math.Max(sourceStart, Text.SourceEnd(end - 1)));
        }
        return spans;
    }

    private static int Utf8Length(int point) => new Rune(point).Utf8SequenceLength;
}
