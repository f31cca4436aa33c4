namespace PureClip.Tokenization;

/// <summary>
/// What a text tower needs to know of its texts: words to ids, and what is worth knowing about ids. Whatever family it is of, a text is some
/// ids of its own between a start, where the family has one, and an end. Implementations are immutable and thread-safe.
/// </summary>
public interface ITokenizer
{
    /// <summary>Most ids of a text, start and end included.</summary>
    int ContextLength { get; }

    /// <summary>The id that begins every text; null where texts begin with their own first token.</summary>
    int? StartId { get; }

    /// <summary>The id that ends every text.</summary>
    int EndId { get; }

    /// <summary>The id that fills a padded text.</summary>
    int PadId { get; }

    /// <summary>The highest id plus one.</summary>
    int VocabularySize { get; }

    /// <summary>What is done to a text before it is split. With another one the same text may have other ids, and so another embedding.</summary>
    TextCleaning Cleaning { get; }

    /// <summary>What happens to longer texts where a call does not say.</summary>
    Truncation DefaultTruncation { get; }

    /// <summary>Most tokens of a text's own, that is between start and end.</summary>
    int MaxTextTokens => ContextLength - (StartId is null ? 1 : 2);

    /// <summary>Tokenizes a text.</summary>
    /// <param name="text">Any text. Surrogates without a partner count as U+FFFD.</param>
    /// <param name="truncation">What to do with a text that is too long; null for <see cref="DefaultTruncation"/>.</param>
    /// <param name="pad">Whether to fill up to <see cref="ContextLength"/> with <see cref="PadId"/>.</param>
    /// <exception cref="ArgumentException">The text is too long and is not to be truncated.</exception>
    TokenizedText Encode(string text, Truncation? truncation = null, bool pad = false);

    /// <summary>Tokenizes a text into memory of the caller's.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="ids">Takes start, tokens and end; <see cref="ContextLength"/> ids are always enough.</param>
    /// <param name="truncation">What to do with a text that is too long; null for <see cref="DefaultTruncation"/>.</param>
    /// <param name="pad">Whether to fill the rest of <paramref name="ids"/>, up to <see cref="ContextLength"/>, with <see cref="PadId"/>.</param>
    /// <returns>How many ids were written up to and with the end, that is without padding.</returns>
    /// <exception cref="ArgumentException">The text is too long and is not to be truncated, or <paramref name="ids"/> is too short.</exception>
    int Encode(string text, Span<int> ids, Truncation? truncation = null, bool pad = false);

    /// <summary>The ids of a text without start, end and limit.</summary>
    /// <param name="text">Any text.</param>
    int[] EncodeWithoutSpecials(string text);

    /// <summary>The text that ids stand for, as far as cleaning has left it.</summary>
    /// <param name="ids">Ids, of a whole text or a part of one; bytes that are not UTF-8 together become U+FFFD.</param>
    /// <param name="skipSpecials">Whether start, end and other special tokens are left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecials = false);

    /// <summary>A token as the vocabulary spells it, with the family's marks for bytes and for where words begin or end.</summary>
    /// <param name="id">The token's id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    string Token(int id);

    /// <summary>The word that a token stands for; null for parts of words, special tokens and ids without a token.</summary>
    /// <param name="id">From 0 to <see cref="VocabularySize"/> - 1.</param>
    string? WordOrNull(int id);
}
