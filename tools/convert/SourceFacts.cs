namespace PureClip.Convert;

/// <summary>What a container says about a model beyond its tensors; null where it says nothing.</summary>
internal sealed record SourceFacts
{
    public TowerFacts Vision { get; init; } = new();

    public TowerFacts Text { get; init; } = new();

    public TextPooling? TextPooling { get; init; }

    /// <summary>The id that <see cref="TextPooling.EndOfTextId"/> looks for.</summary>
    public int? EndOfTextId { get; init; }

    /// <summary>True where a graph's own outputs are already of unit length: its embeddings equal ours only after normalisation.</summary>
    public bool? OutputsNormalized { get; init; }

    /// <summary>Pixels of the square input's side.</summary>
    public int? ImageSize { get; init; }

    public int? PatchSize { get; init; }

    /// <summary>Mean of red, green, blue in 0 to 1.</summary>
    public IReadOnlyList<float>? ImageMean { get; init; }

    /// <summary>Deviation of red, green, blue in 0 to 1.</summary>
    public IReadOnlyList<float>? ImageDeviation { get; init; }

    /// <summary>True where the container has no logit scale, so that one must be assumed.</summary>
    public bool LogitScaleMissing { get; init; }

    /// <summary>Token strings in id order, where the container holds a vocabulary.</summary>
    public IReadOnlyList<string>? Vocabulary { get; init; }
}
