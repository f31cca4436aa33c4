using System.Runtime.InteropServices;

namespace PureClip.Tokenization;

/// <summary>What is put around the tokens of a text: perhaps a start, an end, and padding behind it; and how many fit.</summary>
/// <param name="Start">The id that begins a text; null where there is none.</param>
/// <param name="End">The id that ends it.</param>
/// <param name="Pad">The id that fills it up.</param>
/// <param name="Length">Most ids, start and end included.</param>
internal readonly record struct TokenFrame(int? Start, int End, int Pad, int Length)
{
    private const int ShownCharacters = 20; // on each side of the limit, in a message

    /// <summary>Most tokens of a text's own.</summary>
    public int Room => Length - Around;

    private int Around => Start is null ? 1 : 2;

    /// <summary>A text with all that is known of its tokens.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="text">The text that was given.</param>
    /// <param name="truncation">What happens where it is too long.</param>
    /// <param name="pad">Whether it is filled up.</param>
    /// <exception cref="ArgumentException">It is too long.</exception>
    public TokenizedText Describe(TokenSequence tokens, string text, Truncation truncation, bool pad)
    {
        int wanted = tokens.Ids.Count, kept = Keep(tokens, text, truncation);
        string cleaned = tokens.Text.ToString();
        TokenSpan[] spans = tokens.Spans();
        TokenSpan dropped = kept < wanted
            ? new(spans[kept].Start, spans[^1].End, spans[kept].SourceStart, Math.Max(spans[kept].SourceStart, spans[^1].SourceEnd))
            : new(cleaned.Length, cleaned.Length, text.Length, text.Length);
        TokenSpan end = new(dropped.Start, dropped.Start, dropped.SourceStart, dropped.SourceStart);
        int[] ids = new int[pad ? Length : kept + Around];
        int count = Write(tokens.Ids, kept, ids);
        ids.AsSpan(count).Fill(Pad);
        ReadOnlySpan<TokenSpan> start = Start is null ? [] : [default];
        return new TokenizedText(text, cleaned, ids, count, [.. start, .. spans.AsSpan(0, kept), end])
        {
            DroppedTokens = wanted - kept,
            DroppedSpan = dropped,
        };
    }

    /// <summary>Writes a text's ids into memory of the caller's.</summary>
    /// <returns>How many there are up to and with the end.</returns>
    /// <exception cref="ArgumentException">It is too long, or there is too little room.</exception>
    public int Write(TokenSequence tokens, string text, Truncation truncation, bool pad, Span<int> ids)
    {
        int kept = Keep(tokens, text, truncation);
        int needed = pad ? Length : kept + Around;
        if (ids.Length < needed)
            throw new ArgumentException($"The text needs {needed} ids, but there is room for {ids.Length}.", nameof(ids));
        int count = Write(tokens.Ids, kept, ids);
        ids[count..needed].Fill(Pad);
        return count;
    }

    private int Write(List<int> tokens, int kept, Span<int> ids)
    {
        int at = 0;
        if (Start is int start)
            ids[at++] = start;
        CollectionsMarshal.AsSpan(tokens)[..kept].CopyTo(ids[at..]);
        ids[at + kept] = End;
        return at + kept + 1;
    }

    private int Keep(TokenSequence tokens, string text, Truncation truncation)
    {
        int count = tokens.Ids.Count;
        if (count <= Room)
            return count;
        if (truncation != Truncation.Error)
            return Room;
        int limit = tokens.SourceStart(Room);
        string before = text[Math.Max(0, limit - ShownCharacters)..limit];
        string after = text[limit..Math.Min(text.Length, limit + ShownCharacters)];
        string where = Start is null ? "before the end" : "between start and end";
        throw new ArgumentException(
            $"The text has {count} tokens, and {Room} fit {where} ({Length} in all). " +
            $"The limit is at character {limit} of {text.Length}: \"{before}|{after}\". " +
            "Shorten the text, or let truncation drop the rest.",
            nameof(text));
    }
}
