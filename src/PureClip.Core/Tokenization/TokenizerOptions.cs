namespace PureClip.Tokenization;

/// <summary>How a <see cref="BpeTokenizer"/> is set up. The defaults are OpenAI's tokenizer.</summary>
public sealed record TokenizerOptions
{
    /// <summary>OpenAI's tokenizer.</summary>
    public static TokenizerOptions Default { get; } = new();

    /// <summary>open_clip's: OpenAI's cleaning, its own special strings, always truncating.</summary>
    public static TokenizerOptions OpenClip { get; } = new() { Spelling = SpecialTokenSpelling.OpenClip, Truncation = Truncation.KeepEnd };

    /// <summary>Hugging Face's fast tokenizer.</summary>
    public static TokenizerOptions HuggingFace { get; } = new() { Cleaning = TextCleaning.HuggingFace };

    /// <summary>What is done to a text before it is split.</summary>
    public TextCleaning Cleaning { get; init; } = TextCleaning.OpenAI;

    /// <summary>Spelling of the special strings; of the embedded vocabulary only, a directory names its own.</summary>
    public SpecialTokenSpelling Spelling { get; init; } = SpecialTokenSpelling.OpenAI;

    /// <summary>
    /// Most tokens of a text, start and end included, 3 or more. Null: what the directory's <c>model_max_length</c> says, else CLIP's 77.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>What <see cref="BpeTokenizer.Encode(string, Truncation?, bool)"/> does with longer texts unless it is told otherwise.</summary>
    public Truncation Truncation { get; init; } = Truncation.Error;

    /// <summary>
    /// Id that fills a padded text. Null: 0 with OpenAI's cleaning, as in OpenAI's and open_clip's code; with Hugging Face's the
    /// directory's <c>pad_token</c>, else the end-of-text id. It never changes an embedding: what follows the end is not seen.
    /// </summary>
    public int? PadId { get; init; }

    /// <summary>Whether CLIP's own vocabulary is used for a directory that has none (open_clip's layout); otherwise that is an error.</summary>
    public bool AllowEmbeddedVocabulary { get; init; } = true;
}
