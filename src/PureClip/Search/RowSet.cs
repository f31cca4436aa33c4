namespace PureClip.Search;

/// <summary>Some rows of a matrix, a bit each; the default is all of them.</summary>
internal readonly struct RowSet
{
    private readonly ulong[]? _bits;

    /// <param name="count">Rows of the matrix.</param>
    /// <param name="contains">Whether a row belongs to the set.</param>
    public RowSet(long count, Func<long, bool> contains)
    {
        _bits = new ulong[(count + 63) / 64];
        for (long row = 0; row < count; row++)
            if (contains(row))
                _bits[row >> 6] |= 1UL << (int)(row & 63);
    }

    /// <summary>Whether a row belongs to the set.</summary>
    public bool Contains(long row) => _bits is null || (_bits[row >> 6] >> (int)(row & 63) & 1) != 0;
}
