namespace PureClip.Tokenization;

/// <summary>A text as token ids, with where each came from and what did not fit.</summary>
public sealed class TokenizedText
{
    /// <summary>What a tokenizer made of a text.</summary>
    /// <param name="source">The text that was given.</param>
    /// <param name="text">The text after cleaning.</param>
    /// <param name="ids">Start, the text's tokens, end, padding.</param>
    /// <param name="count">How many of them are no padding.</param>
    /// <param name="spans">[count] the text of each token.</param>
    /// <exception cref="ArgumentException">There are fewer ids than <paramref name="count"/>, or not as many spans.</exception>
    public TokenizedText(string source, string text, ReadOnlyMemory<int> ids, int count, IReadOnlyList<TokenSpan> spans)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(spans);
        if (count < 0 || count > ids.Length || spans.Count != count)
            throw new ArgumentException($"{count} tokens with {spans.Count} spans cannot be in {ids.Length} ids.", nameof(count));
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
    public int DroppedTokens { get; init; }

    /// <summary>Where in <see cref="Text"/> and <see cref="Source"/> the dropped tokens stand; empty, at the end, where there are none.</summary>
    public TokenSpan DroppedSpan { get; init; }

    /// <summary>The part of <see cref="Source"/> that the dropped tokens stand for.</summary>
    public string DroppedText => Source[DroppedSpan.SourceStart..DroppedSpan.SourceEnd];
}
