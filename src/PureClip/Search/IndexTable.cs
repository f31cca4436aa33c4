namespace PureClip.Search;

/// <summary>A writer's entries in memory: by key, and by content.</summary>
/// <param name="capacity">Entries that are to be expected.</param>
internal sealed class IndexTable(int capacity)
{
    private readonly Dictionary<string, (int Row, IndexEntry Entry)> _entries = new(capacity, StringComparer.Ordinal);
    private readonly Dictionary<UInt128, string> _keyOfContent = new(capacity);

    /// <summary>Entries.</summary>
    public int Count => _entries.Count;

    /// <summary>Rows, with those that no entry has any more.</summary>
    public int RowCount { get; set; }

    /// <summary>All keys, in no order.</summary>
    public IReadOnlyCollection<string> Keys => _entries.Keys;

    /// <summary>The entries of a log.</summary>
    /// <exception cref="InvalidDataException">Two of them have one key.</exception>
    public static IndexTable Of(IndexFiles files, IndexHeader header, EntryLog log)
    {
        int[] rows = log.LiveRows;
        IndexTable table = new(rows.Length) { RowCount = log.RowCount };
        foreach (int row in rows)
            if (!table.TryAdd(log.EntryOf(row), row))
                throw files.Damaged(files.Entries(header.Generation), $"two entries have the key {log.KeyOf(row)}");
        return table;
    }

    /// <summary>Finds an entry by its key.</summary>
    public bool TryFind(string key, out int row, out IndexEntry entry)
    {
        bool isThere = _entries.TryGetValue(key, out (int Row, IndexEntry Entry) found);
        (row, entry) = found;
        return isThere;
    }

    /// <summary>Finds an entry by its content; an entry whose key has another content meanwhile does not count.</summary>
    public bool TryFindContent(UInt128 hash, out IndexEntry entry)
    {
        entry = default;
        return hash != default && _keyOfContent.TryGetValue(hash, out string? key) && TryFind(key, out _, out entry)
            && entry.ContentHash == hash;
    }

    /// <summary>Adds an entry; false where its key is taken.</summary>
    public bool TryAdd(in IndexEntry entry, int row)
    {
        if (!_entries.TryAdd(entry.Key, (row, entry)))
            return false;
        if (entry.ContentHash != default)
            _keyOfContent[entry.ContentHash] = entry.Key;
        RowCount = Math.Max(RowCount, row + 1);
        return true;
    }

    /// <summary>Removes an entry.</summary>
    public void Remove(string key) => _entries.Remove(key);

    /// <summary>The entries, in the order in which they were added.</summary>
    public IEnumerable<(int Row, IndexEntry Entry)> InOrderOfRows() => _entries.Values.OrderBy(stored => stored.Row);

    /// <summary>Gives the rows numbers without gaps, in the same order.</summary>
    public void Renumber()
    {
        (int Row, IndexEntry Entry)[] inOrder = [.. InOrderOfRows()];
        for (int row = 0; row < inOrder.Length; row++)
            _entries[inOrder[row].Entry.Key] = (row, inOrder[row].Entry);
        RowCount = inOrder.Length;
    }
}
