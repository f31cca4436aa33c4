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
