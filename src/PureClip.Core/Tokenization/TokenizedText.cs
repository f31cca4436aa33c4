namespace PureClip.Tokenization;

/// <summary>A text as token ids, with where each came from and what did not fit.</summary>
public sealed class TokenizedText
{
    internal TokenizedText(string source, string text, int[] ids, int count, TokenSpan[] spans)
    {
        Source = source;
        Text = text;
        Ids = ids;
        Count = count;
        Spans = spans;
    }

    /// <summary>The text that was given.</summary>
    public string Source { get; }

    /// <summary>The text after cleaning: what was split into tokens.</summary>
    public string Text { get; }

    /// <summary>Start, the text's tokens, end; then padding where it was asked for.</summary>
    public ReadOnlyMemory<int> Ids { get; }

    /// <summary>How many ids there are up to and with the end, that is without padding.</summary>
    public int Count { get; }

    /// <summary>[<see cref="Count"/>] the text of each token; those of start and end are empty.</summary>
    public IReadOnlyList<TokenSpan> Spans { get; }

    /// <summary>How many of the text's tokens were dropped to make it fit; 0 where it fits.</summary>
    public int DroppedTokens { get; internal init; }

    /// <summary>Where in <see cref="Text"/> and <see cref="Source"/> the dropped tokens stand; empty, at the end, where there are none.</summary>
    public TokenSpan DroppedSpan { get; internal init; }

    /// <summary>The part of <see cref="Source"/> that the dropped tokens stand for.</summary>
    public string DroppedText => Source[DroppedSpan.SourceStart..DroppedSpan.SourceEnd];
}
