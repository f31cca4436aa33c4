namespace PureClip.Tokenization;

/// <summary>A string that stands for one token, whatever the merges say.</summary>
internal sealed class SpecialToken
{
    public SpecialToken(string content, int id, bool normalized)
    {
        Content = content;
        Id = id;
        Normalized = normalized;
        CodePoints points = CodePoints.From(content);
        Points = points.Values.ToArray();
        CodePoints cleaned = new();
        TextCleaner.HuggingFaceTo(points, cleaned);
        Folded = cleaned.Values.ToArray();
    }

    /// <summary>The string as the vocabulary has it.</summary>
    public string Content { get; }

    public int Id { get; }

    /// <summary>Whether it is looked for in the cleaned text (else in the original; Hugging Face's cleaning only).</summary>
    public bool Normalized { get; }

    /// <summary>The string's code points.</summary>
    public int[] Points { get; }

    /// <summary>Its code points after cleaning.</summary>
    public int[] Folded { get; }
}

/// <summary>Finds added tokens anywhere in a text: the leftmost, and of several there the longest.</summary>
internal sealed class SpecialTokenMatcher
{
    private readonly Dictionary<int, (int[] Points, int Id)[]> _byFirst;
    private readonly int[] _firsts;

    /// <param name="tokens">The tokens.</param>
    /// <param name="points">Which form of a token is looked for.</param>
    public SpecialTokenMatcher(IEnumerable<SpecialToken> tokens, Func<SpecialToken, int[]> points)
    {
        _byFirst = tokens
            .Select(t => (Points: points(t), t.Id))
            .Where(t => t.Points.Length > 0)
            .GroupBy(t => t.Points[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Points.Length).ToArray());
        _firsts = [.. _byFirst.Keys];
    }

    /// <summary>The first match at or behind a position.</summary>
    public bool TryFind(ReadOnlySpan<int> text, int from, out int start, out int length, out int id)
    {
        for (start = from; start < text.Length; start++)
        {
            int skip = text[start..].IndexOfAny(_firsts);
            if (skip < 0)
                break;
            start += skip;
            foreach ((int[] points, int tokenId) in _byFirst[text[start]])
            {
                if (!text[start..].StartsWith(points))
                    continue;
                (length, id) = (points.Length, tokenId);
                return true;
            }
        }
        (start, length, id) = (text.Length, 0, -1);
        return false;
    }
}

/// <summary>A token that a file adds to the vocabulary or names for a purpose.</summary>
/// <param name="Content">The string.</param>
/// <param name="Id">Its id where the file gives one.</param>
/// <param name="Normalized">
/// Whether it is looked for in the cleaned text instead of the original: true where the file does not say, as in transformers' CLIP
/// tokenizers.
/// </param>
internal sealed record AddedToken(string Content, int? Id = null, bool Normalized = true);
