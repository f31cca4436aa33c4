namespace PureClip.Tokenization;

/// <summary>
/// What a text tower needs to know of its texts: words to ids, and what is worth knowing about ids. Whatever family it is of, a text is
/// some
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

    /// <summary>What kind of tokenizer it is, and from which file, for people: "unigram (spiece.model)".</summary>
    string Kind { get; }

    /// <summary>
    /// What is done to a text before it is split. With another one the same text may have other ids, and so another embedding.
    /// </summary>
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
    /// <param name="pad">
    /// Whether to fill the rest of <paramref name="ids"/>, up to <see cref="ContextLength"/>, with <see cref="PadId"/>.
    /// </param>
    /// <returns>How many ids were written up to and with the end, that is without padding.</returns>
    /// <exception cref="ArgumentException">
    /// The text is too long and is not to be truncated, or <paramref name="ids"/> is too short.
    /// </exception>
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

    /// <summary>
    /// Where in <see cref="Text"/> and <see cref="Source"/> the dropped tokens stand; empty, at the end, where there are none.
    /// </summary>
    public TokenSpan DroppedSpan { get; init; }

    /// <summary>The part of <see cref="Source"/> that the dropped tokens stand for.</summary>
    public string DroppedText => Source[DroppedSpan.SourceStart..DroppedSpan.SourceEnd];
}

/// <summary>
/// Which text a token stands for, in UTF-16 units; ends are exclusive. A token may hold a part of a character's bytes only: its
/// span then covers the whole character, and the next token's span begins with the same one.
/// </summary>
/// <param name="Start">Where it begins in the cleaned text (<see cref="TokenizedText.Text"/>).</param>
/// <param name="End">Where it ends there.</param>
/// <param name="SourceStart">Where it begins in the text that was given.</param>
/// <param name="SourceEnd">Where it ends there.</param>
public readonly record struct TokenSpan(int Start, int End, int SourceStart, int SourceEnd);

/// <summary>How a tokenizer is set up. The defaults are OpenAI's where it is CLIP's own, and what the files say elsewhere.</summary>
public sealed record TokenizerOptions
{
    /// <summary>OpenAI's tokenizer.</summary>
    public static TokenizerOptions Default { get; } = new();

    /// <summary>open_clip's: OpenAI's cleaning, its own special strings, always truncating.</summary>
    public static TokenizerOptions OpenClip { get; } = new() { Spelling = SpecialTokenSpelling.OpenClip, Truncation = Truncation.KeepEnd };

    /// <summary>Hugging Face's fast tokenizer.</summary>
    public static TokenizerOptions HuggingFace { get; } = new() { Cleaning = TextCleaning.HuggingFace };

    /// <summary>
    /// What is done to a text before it is split. Null: OpenAI's where the tokenizer is CLIP's own; elsewhere what the directory's files
    /// say, and lower case before it where SigLIP 2 was trained so.
    /// </summary>
    public TextCleaning? Cleaning { get; init; }

    /// <summary>Spelling of the special strings; of the embedded vocabulary only, a directory names its own.</summary>
    public SpecialTokenSpelling Spelling { get; init; } = SpecialTokenSpelling.OpenAI;

    /// <summary>
    /// Most tokens of a text, start and end included, 3 or more. Null: what the directory's <c>model_max_length</c> says, else CLIP's 77;
    /// 512 for other tokenizers.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>
    /// What <see cref="BpeTokenizer.Encode(string, Truncation?, bool)"/> does with longer texts unless it is told otherwise.
    /// </summary>
    public Truncation Truncation { get; init; } = Truncation.Error;

    /// <summary>
    /// Id that fills a padded text. Null: 0 with OpenAI's cleaning, as in OpenAI's and open_clip's code; with Hugging Face's the
    /// directory's <c>pad_token</c>, else the end-of-text id. It never changes an embedding: what follows the end is not seen.
    /// </summary>
    public int? PadId { get; init; }

    /// <summary>
    /// Whether padding stands in the place of every end of text, as CLIPA was trained (open_clip's <c>strip_sep_token</c>); for tokenizers
    /// that are not CLIP's own.
    /// </summary>
    public bool PadsEnd { get; init; }

    /// <summary>
    /// Whether CLIP's own vocabulary is used for a directory that has none (open_clip's layout); otherwise that is an error.
    /// </summary>
    public bool AllowEmbeddedVocabulary { get; init; } = true;
}

/// <summary>
/// How the start and end of a text are spelled where they stand in the text itself. The ids are the same; the other spelling is
/// ordinary text.
/// </summary>
public enum SpecialTokenSpelling
{
    /// <summary><c>&lt;|startoftext|&gt;</c> and <c>&lt;|endoftext|&gt;</c>: OpenAI, Hugging Face.</summary>
    OpenAI,

    /// <summary><c>&lt;start_of_text&gt;</c> and <c>&lt;end_of_text&gt;</c>: open_clip.</summary>
    OpenClip,
}
