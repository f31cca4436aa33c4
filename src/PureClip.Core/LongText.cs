using System.Numerics.Tensors;
using PureClip.Tokenization;

namespace PureClip;

/// <summary>What becomes of the vectors of a long text's windows.</summary>
public enum LongTextPooling
{
    /// <summary>Their mean. The more windows there are, the more alike texts become.</summary>
    Mean,

    /// <summary>Their mean, each counting as many times as it has tokens.</summary>
    TokenMean,

    /// <summary>Of each number the largest.</summary>
    Max,

    /// <summary>The first alone: what a text that is cut would have, but for ending with a sentence.</summary>
    First,

    /// <summary>All are kept, and with a picture the one counts that is nearest to it. There is no single vector then.</summary>
    Best,
}

/// <summary>How texts are encoded that have more tokens than a model takes: in windows that have some words in common.</summary>
public sealed record LongTextOptions
{
    /// <summary>What becomes of the windows' vectors.</summary>
    public LongTextPooling Pooling { get; init; }

    /// <summary>Tokens that a window has in common with the one before it, about; 0 to 1000, and at most half of what the model
    /// takes.</summary>
    public int Overlap { get; init; } = 15;

    internal void Validate(bool hasOneVector)
    {
        if (!Enum.IsDefined(Pooling))
            throw new ArgumentException($"Pooling is {Pooling}; it must be Mean, TokenMean, Max, First or Best.", nameof(Pooling));
        if (hasOneVector && Pooling == LongTextPooling.Best)
            throw new ArgumentException(
                $"Pooling is {Pooling}, which keeps several vectors where one is wanted. Use {nameof(Clip.EncodeLongText)}, or "
                + "another pooling.",
                nameof(Pooling));
        if (Overlap is < 0 or > 1000)
            throw new ArgumentException($"Overlap is {Overlap}; it must be from 0 to 1000.", nameof(Overlap));
    }
}

/// <summary>A part of a long text that is encoded at once.</summary>
/// <param name="Text">The part.</param>
/// <param name="Start">Where it begins in the text, in UTF-16 units.</param>
/// <param name="Tokens">Its tokens, without start and end.</param>
public sealed record TextWindow(string Text, int Start, int Tokens);

/// <summary>A text of any length, encoded.</summary>
public sealed class LongText
{
    internal LongText(IReadOnlyList<TextWindow> windows, float[][] vectors, LongTextPooling pooling)
    {
        (Windows, Vectors, Pooling) = (windows, vectors, pooling);
        Embedding = Pool(vectors, [.. windows.Select(static window => window.Tokens)], pooling);
    }

    /// <summary>Its windows, one for a text that fits.</summary>
    public IReadOnlyList<TextWindow> Windows { get; }

    /// <summary>[windows][embedding width], each of length 1.</summary>
    public IReadOnlyList<float[]> Vectors { get; }

    /// <summary>What was made of them.</summary>
    public LongTextPooling Pooling { get; }

    /// <summary>
    /// [embedding width], of length 1: the pooled vector, and of a text that fits its usual embedding, bit by bit. Null where all are kept.
    /// </summary>
    public float[]? Embedding { get; }

    /// <summary>The cosine with a picture: of the pooled vector, or the largest of the windows' where all are kept.</summary>
    /// <param name="picture">An embedding of the same model.</param>
    public float Similarity(ReadOnlySpan<float> picture)
    {
        if (Embedding is not null)
            return PureClip.Similarity.Cosine(Embedding, picture);
        float best = -1;
        foreach (float[] vector in Vectors)
            best = Math.Max(best, PureClip.Similarity.Cosine(vector, picture));
        return best;
    }

    /// <summary>One vector of several.</summary>
    /// <param name="vectors">[windows][width], each of length 1.</param>
    /// <param name="tokens">[windows]</param>
    /// <param name="pooling">How.</param>
    /// <returns>[width], of length 1; null where all are kept and there are several.</returns>
    internal static float[]? Pool(IReadOnlyList<float[]> vectors, int[] tokens, LongTextPooling pooling)
    {
        if (vectors.Count == 1 || pooling == LongTextPooling.First)
            return vectors[0];
        if (pooling == LongTextPooling.Best)
            return null;
        int width = vectors[0].Length;
        double[] pooled = new double[width];
        for (int i = 0; i < width; i++)
            for (int window = 0; window < vectors.Count; window++)
            {
                double x = vectors[window][i];
                pooled[i] = pooling == LongTextPooling.Max
                    ? window == 0 ? x : Math.Max(pooled[i], x)
                    : pooled[i] + x * (pooling == LongTextPooling.TokenMean ? tokens[window] : 1);
            }
        double length = TensorPrimitives.Norm<double>(pooled);
        return [.. pooled.Select(x => (float)(x / length))];
    }
}

/// <summary>Cuts texts into windows that a model takes.</summary>
internal static class TextWindows
{
    // Characters that are looked at for each token that fits; more where tokens are longer.
    private const int CharactersPerToken = 12;

    private const string Ends = ".!?\u2026\u3002\uff01\uff1f";

    /// <summary>
    /// Windows that end where a sentence does in their second half, else where a word does, and begin with a word. They are texts that
    /// tokenizers of any kind take as they stand.
    /// </summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="text">The text.</param>
    /// <param name="overlap">Tokens that two windows have in common, about.</param>
    public static List<TextWindow> Split(ITokenizer tokenizer, string text, int overlap)
    {
        int room = tokenizer.MaxTextTokens, common = Math.Min(overlap, room / 2);
        List<TextWindow> windows = [];
        for (int start = 0; ;)
        {
            TokenizedText read = ReadFrom(tokenizer, text, start);
            if (read.DroppedTokens == 0)
            {
                windows.Add(new(read.Source, start, CountOf(tokenizer, read.Source)));
                return windows;
            }
            int cut = CutOf(read.Source, Math.Max(1, read.DroppedSpan.SourceStart));
            // A word that had to be cut may have other tokens than it had as a whole.
            while (cut > 1 && CountOf(tokenizer, read.Source[..cut]) > room)
                cut--;
            windows.Add(new(read.Source[..cut], start, CountOf(tokenizer, read.Source[..cut])));
            if (string.IsNullOrWhiteSpace(text[(start + cut)..]))
                return windows;
            start += NextOf(read, cut, common);
            while (char.IsWhiteSpace(text[start]))
                start++;
        }
    }

    private static int CountOf(ITokenizer tokenizer, string text) => tokenizer.EncodeWithoutSpecials(text).Length;

    /// <summary>What fits of a text from a place on, without tokenizing all that follows.</summary>
    private static TokenizedText ReadFrom(ITokenizer tokenizer, string text, int start)
    {
        for (int length = CharactersPerToken * tokenizer.ContextLength; ; length *= 2)
        {
            int end = start + (long)length >= text.Length ? text.Length : start + length;
            while (end < text.Length && !char.IsWhiteSpace(text[end]) && end - start < 2 * length)
                end++;
            if (end < text.Length && char.IsLowSurrogate(text[end]))
                end++;
            TokenizedText read = tokenizer.Encode(text[start..end], Truncation.KeepEnd);
            if (end == text.Length || read.DroppedTokens > 0)
                return read;
        }
    }

    /// <summary>Where a window ends of which so many characters fit.</summary>
    private static int CutOf(string text, int fits)
    {
        for (int i = fits - 1; i >= fits / 2 && i > 0; i--)
            if (IsEnd(text, i))
                return i + 1;
        for (int i = fits; i > 0; i--)
            if (i < text.Length && char.IsWhiteSpace(text[i]))
                return i;
        return char.IsLowSurrogate(text[Math.Min(fits, text.Length - 1)]) && fits > 1 ? fits - 1 : fits;
    }

    /// <summary>Whether a sentence or a line ends here. Behind East Asian full stops stands no blank.</summary>
    private static bool IsEnd(string text, int i) => text[i] == '\n' || (Ends.Contains(text[i], StringComparison.Ordinal)
        && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]) || text[i] > '\u2fff'));

    /// <summary>Where the next window begins: so many tokens before the cut, but with a word.</summary>
    private static int NextOf(TokenizedText read, int cut, int common)
    {
        TokenSpan[] inside = [.. read.Spans.Where(span => span.SourceEnd > span.SourceStart && span.SourceEnd <= cut)];
        if (common == 0 || inside.Length <= common)
            return cut;
        int at = inside[^common].SourceStart;
        while (at > 0 && at < cut && !char.IsWhiteSpace(read.Source[at - 1]) && !char.IsWhiteSpace(read.Source[at]))
            at++;
        return at == 0 ? cut : at;
    }
}
