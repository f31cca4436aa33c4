using PureClip.Tokenization;

namespace PureClip.Cli;

/// <summary>How long a text may be.</summary>
internal static class TokenLimit
{
    private const int StartAndEnd = 2;

    /// <summary>Most tokens that a text of its own may have, between start and end.</summary>
    public static int MostTokens(this BpeTokenizer tokenizer) => tokenizer.ContextLength - StartAndEnd;
}
