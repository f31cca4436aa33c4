namespace PureClip.Search;

/// <summary>Some rows of a matrix, a bit each; the default is all of them.</summary>
internal readonly struct RowSet
{
    private readonly ulong[]? _bits;

    private RowSet(long count) => _bits = new ulong[(count + 63) / 64];

    /// <summary>None of so many rows.</summary>
    public static RowSet Empty(long count) => new(count);

    /// <summary>Adds a row to a set that was made by <see cref="Empty"/>.</summary>
    public void Add(long row) => _bits![row >> 6] |= 1UL << (int)(row & 63);

    /// <summary>Whether a row belongs to the set.</summary>
    public bool Contains(long row) => _bits is null || ((_bits[row >> 6] >> (int)(row & 63)) & 1) != 0;
}
