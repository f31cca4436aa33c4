namespace PureClip.TextToImage;

/// <summary>A part of a prompt with one weight, as a dialect reads it.</summary>
/// <param name="Text">Its text, without marks.</param>
/// <param name="Weight">How much it counts; 1 for as it stands.</param>
public readonly record struct PromptPiece(string Text, double Weight);

/// <summary>A token of a prompt.</summary>
/// <param name="Id">Its id. From the vocabulary's size on it is a vector of a textual inversion.</param>
/// <param name="Weight">How much it counts.</param>
internal readonly record struct PromptToken(int Id, double Weight);

/// <summary>What is encoded at once: up to 75 tokens of a prompt, without start, end and padding.</summary>
public sealed class PromptChunk
{
    internal PromptChunk(IReadOnlyList<PromptToken> tokens, int vocabulary)
    {
        Tokens = tokens;
        Ids = [.. tokens.Select(token => token.Id < vocabulary ? token.Id : 0)];
        Weights = [.. tokens.Select(static token => token.Weight)];
        Vectors = [.. Enumerable.Range(0, tokens.Count).Where(i => tokens[i].Id >= vocabulary)];
    }

    /// <summary>The ids; 0 where a vector of a textual inversion stands.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>The weight of each.</summary>
    public IReadOnlyList<double> Weights { get; }

    /// <summary>Places of vectors of textual inversions.</summary>
    public IReadOnlyList<int> Vectors { get; }

    internal IReadOnlyList<PromptToken> Tokens { get; }

    /// <summary>Whether some token counts more or less.</summary>
    internal bool IsWeighted => Weights.Any(static weight => weight != 1);
}

/// <summary>A prompt as one encoder gets it.</summary>
/// <param name="Parts">Behind one another along the tokens; one for all but compel's <c>.and()</c>.</param>
/// <param name="Notes">What was dropped or understood otherwise than it may have been meant.</param>
internal sealed record PromptReading(IReadOnlyList<PromptPart> Parts, IReadOnlyList<string> Notes)
{
    /// <summary>Of a dialect that knows no parts.</summary>
    public static PromptReading Of(IReadOnlyList<PromptChunk> chunks, IReadOnlyList<string> notes) =>
        new([new(1, [new(chunks, [], 1)], IsNormalized: false)], notes);

    /// <summary>All chunks in order.</summary>
    public IEnumerable<PromptChunk> Chunks => Parts.SelectMany(static part => part.Mixed).SelectMany(static variant => variant.Chunks);
}

/// <summary>A part of a prompt: one text, or a mixture of several.</summary>
/// <param name="Weight">How much it counts against the empty prompt.</param>
/// <param name="Mixed">What is mixed.</param>
/// <param name="IsNormalized">Whether the weights of the mixture are divided by their sum.</param>
internal sealed record PromptPart(double Weight, IReadOnlyList<PromptVariant> Mixed, bool IsNormalized);

/// <summary>A text of a mixture.</summary>
/// <param name="Chunks">Its chunks.</param>
/// <param name="Faded">Fragments that count less than 1: compel encodes the text once more without each.</param>
/// <param name="Share">Its share in the mixture.</param>
internal sealed record PromptVariant(IReadOnlyList<PromptChunk> Chunks, IReadOnlyList<FadedFragment> Faded, double Share);

/// <summary>A fragment that counts less than 1.</summary>
/// <param name="First">Its first token, counted over all chunks.</param>
/// <param name="Count">Its tokens.</param>
/// <param name="Weight">Below 1.</param>
internal readonly record struct FadedFragment(int First, int Count, double Weight);
