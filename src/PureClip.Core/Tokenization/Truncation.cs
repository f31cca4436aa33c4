namespace PureClip.Tokenization;

/// <summary>What happens to a text with more tokens than the model takes.</summary>
public enum Truncation
{
    /// <summary>An <see cref="ArgumentException"/> says how many tokens there are and where in the text the limit is.</summary>
    Error,

    /// <summary>
    /// The first tokens are kept and the last of them is replaced by end-of-text, as OpenAI's <c>truncate=True</c>, open_clip and
    /// Hugging Face's <c>truncation=True</c> do. The result says what was dropped.
    /// </summary>
    KeepEnd,
}
