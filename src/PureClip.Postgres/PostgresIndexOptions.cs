namespace PureClip.Postgres;

/// <summary>Which table, and how its vectors are found again.</summary>
public sealed record PostgresIndexOptions
{
    /// <summary>The table's schema, which is made if need be. Letters, digits and underscores, no digit first, at most 48.</summary>
    public string Schema { get; init; } = "pureclip";

    /// <summary>The table: one for each collection of pictures. As <see cref="Schema"/>.</summary>
    public string Table { get; init; } = "pictures";

    /// <summary>
    /// The folder to which paths of pictures in it or below are relative, so that machines that see it under other names share a table;
    /// null for full paths. A table keeps to one way.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>
    /// Neighbours of a vector in the graph of the HNSW index that is built, 2 to 100: more find more and take more memory (pgvector's
    /// <c>m</c>).
    /// </summary>
    public int M { get; init; } = 16;

    /// <summary>
    /// How many candidates are looked at for each vector while the index is built, 2 * <see cref="M"/> to 1000 (pgvector's
    /// <c>ef_construction</c>).
    /// </summary>
    public int EfConstruction { get; init; } = 64;

    /// <summary>
    /// How many candidates a search looks at, 1 to 1000: more find more and take longer (pgvector's <c>hnsw.ef_search</c>, whose own
    /// default is 40).
    /// </summary>
    public int EfSearch { get; init; } = 200;

    /// <summary>The table with its schema, for people.</summary>
    internal string Name => $"{Schema}.{Table}";

    /// <summary>Checks all of it.</summary>
    /// <exception cref="ArgumentException">Something is not allowed.</exception>
    internal void Validate()
    {
        RequireName(Schema, nameof(Schema));
        RequireName(Table, nameof(Table));
        if (Table == SpaceTable.Name)
            throw new ArgumentException($"{Table} is the table in which the models of the others are noted. Choose another name.");
        RequireRange(M, 2, 100, nameof(M));
        RequireRange(EfConstruction, 2 * M, 1000, nameof(EfConstruction));
        RequireRange(EfSearch, 1, 1000, nameof(EfSearch));
    }

    private static void RequireName(string name, string what)
    {
        // Quoted wherever it stands; the rule keeps it typeable without quotes in a shell of SQL, and leaves room for names of indexes.
        if (name is not { Length: > 0 and <= 48 } || char.IsAsciiDigit(name[0])
            || !name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
            throw new ArgumentException(
                $"{what} '{name}' is not allowed: a name has letters, digits and underscores, no digit first, at most 48 of them.");
    }

    private static void RequireRange(int value, int least, int most, string what)
    {
        if (value < least || value > most)
            throw new ArgumentException($"{what} is {value}; give {least} to {most}.");
    }
}

/// <summary>What a search returns, and how it goes about it.</summary>
public sealed record PostgresSearchOptions
{
    /// <summary>At most so many entries, 1 or more.</summary>
    public int Top { get; init; } = 10;

    /// <summary>No entry with a lower score.</summary>
    public float MinimumScore { get; init; } = float.NegativeInfinity;

    /// <summary>Only pictures in these folders or below them, or these files; empty for all.</summary>
    public IReadOnlyCollection<string> Below { get; init; } = [];

    /// <summary>Whether every vector is compared, with whatever index there is left aside.</summary>
    public bool IsExact { get; init; }

    internal void Validate()
    {
        if (Top < 1)
            throw new ArgumentException($"Top is {Top}; ask for 1 entry or more.", nameof(Top));
        if (float.IsNaN(MinimumScore))
            throw new ArgumentException("MinimumScore is no number; a cosine lies between -1 and 1.", nameof(MinimumScore));
        ArgumentNullException.ThrowIfNull(Below);
    }
}

/// <summary>An entry that was found.</summary>
/// <param name="Key">What it is found by: a picture's path.</param>
/// <param name="Score">Its cosine with the query, -1 to 1; of vectors that are not of length 1, the inner product.</param>
public readonly record struct PostgresHit(string Key, float Score);

/// <summary>What a table is.</summary>
/// <param name="Entries">Entries.</param>
/// <param name="DeadRows">Rows that no entry has any more, as the server estimates them; its autovacuum gives their space back.</param>
/// <param name="StoredBytes">Bytes on the server's disk, with all indexes.</param>
/// <param name="IndexBytes">Of these, the index of the vectors; 0 where there is none.</param>
public readonly record struct PostgresFacts(long Entries, long DeadRows, long StoredBytes, long IndexBytes);
