namespace PureClip.Search;

/// <summary>An entry that was found.</summary>
/// <param name="Entry">Its place in the index: 0 to <see cref="EmbeddingIndex.Count"/> - 1.</param>
/// <param name="Key">What it is found by.</param>
/// <param name="Score">
/// Its cosine, -1 to 1, with what it was compared with; of a search in vectors that are not of length 1, the inner product.
/// </param>
public readonly record struct SearchHit(int Entry, string Key, float Score);

/// <summary>What a search returns, and how it goes about it.</summary>
public sealed record SearchOptions
{
    /// <summary>At most so many entries, 1 or more.</summary>
    public int Top { get; init; } = 10;

    /// <summary>No entry with a lower score.</summary>
    public float MinimumScore { get; init; } = float.NegativeInfinity;

    /// <summary>
    /// Only entries for which this is true, asked with their place in the index; null for all. It is asked for every entry, before the
    /// search.
    /// </summary>
    public Func<int, bool>? Filter { get; init; }

    /// <summary>
    /// 0 compares the query with every stored vector: the answer is exact. 1 or more looks first at a copy of all vectors in signed bytes
    /// and then compares that many times <see cref="Top"/> vectors exactly: about twice as fast for F16, four times for F32, and it may
    /// miss an entry (4 finds more than 99 of 100). The copy is made by the first such search and takes a byte a number of memory, so it is
    /// for programs that search an index often.
    /// </summary>
    public int FirstPassFactor { get; init; }

    /// <summary>
    /// Of an index with cells (<see cref="EmbeddingIndexWriter.MakeCells"/>), the share of the vectors that is looked at: those in the
    /// cells nearest to the query, exactly, and all that were added since. More finds more of what an exact search finds and takes longer: see
    /// SCALE.md of the command line for what was measured. 0 or 1 looks at every vector, as is done in any case where there are no cells,
    /// where there is a <see cref="Filter"/>, or where more than a fiftieth of what would be looked at is wanted.
    /// </summary>
    public float Share { get; init; } = 0.05f;

    internal void Validate()
    {
        if (!(Share is >= 0f and <= 1f))
            throw new ArgumentException($"Share is {Share}; it lies between 0 and 1.", nameof(Share));
        if (Top < 1)
            throw new ArgumentException($"Top is {Top}; ask for 1 entry or more.", nameof(Top));
        if (float.IsNaN(MinimumScore))
            throw new ArgumentException("MinimumScore is no number; a cosine lies between -1 and 1.", nameof(MinimumScore));
        if (FirstPassFactor < 0)
            throw new ArgumentException(
                $"FirstPassFactor is {FirstPassFactor}; give 0 for an exact search, or 1 and more.", nameof(FirstPassFactor));
    }
}

/// <summary>How an index is opened.</summary>
public sealed record EmbeddingIndexOptions
{
    /// <summary>
    /// The threads that search; null for those of the model that the index is opened with, or else <see cref="Runtime.Shared"/>.
    /// </summary>
    public Runtime? Runtime { get; init; }

    /// <summary>
    /// Whether the vectors are read into memory instead of being mapped. Mapped, opening costs nothing and processes share them; but on
    /// Unix a process ends (SIGBUS) when it touches what another one has cut from the file. PureClip's own writers never cut it.
    /// </summary>
    public bool ReadInsteadOfMap { get; init; }

    /// <summary>
    /// For programs that keep an index open beside a writer: a search first looks for later commits if the last look is this long ago, and
    /// fails if the index has become damaged meanwhile. Null for only when <see cref="EmbeddingIndex.Refresh"/> is called.
    /// </summary>
    public TimeSpan? RefreshInterval { get; init; }

    internal void Validate()
    {
        if (RefreshInterval < TimeSpan.Zero)
            throw new ArgumentException($"RefreshInterval is {RefreshInterval}; it must not be negative.", nameof(RefreshInterval));
    }
}
