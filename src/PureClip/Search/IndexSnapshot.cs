using System.Numerics.Tensors;

namespace PureClip.Search;

/// <summary>The entries of an index by the row of their vector.</summary>
internal interface IEntries
{
    /// <summary>The entry of a live row.</summary>
    IndexEntry EntryOf(int row);

    /// <summary>Its key.</summary>
    string KeyOf(int row);
}

/// <summary>Entries in memory, a row each.</summary>
internal sealed class ListedEntries : IEntries
{
    private readonly IndexEntry[] _entries;

    public ListedEntries(IndexEntry[] entries)
    {
        _entries = entries;
        HashSet<string> keys = [];
        foreach (IndexEntry entry in entries)
        {
            EntryRecord.RequireWritable(entry);
            if (!keys.Add(entry.Key))
                throw new ArgumentException($"Two entries have the key {entry.Key}.", nameof(entries));
        }
    }

    public IndexEntry EntryOf(int row) => _entries[row];

    public string KeyOf(int row) => _entries[row].Key;
}

/// <summary>
/// An index as it was at one commit, and what is asked of it. Immutable; held by the index and by every call that is at work in it, and
/// freed when the last of them lets go.
/// </summary>
internal sealed class IndexSnapshot
{
    private readonly IEntries _entries;
    private readonly int[] _rows; // of each entry, ascending
    private readonly Lazy<RowSet> _live;
    private readonly Lazy<Dictionary<string, int>> _entryOfKey;
    private readonly Lazy<IndexCells?>? _cells;
    private int _holders = 1;

    /// <param name="space">What the vectors are of.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="rows">The row of each entry, ascending.</param>
    /// <param name="vectors">All rows, with those that no entry has any more; disposed with the last holder.</param>
    /// <param name="cells">The vectors in cells; null where there are none.</param>
    public IndexSnapshot(VectorSpace space, IEntries entries, int[] rows, VectorMatrix vectors, Func<IndexCells?>? cells = null)
    {
        _cells = cells is null ? null : new(cells);
        Space = space;
        _entries = entries;
        _rows = rows;
        Vectors = vectors;
        _live = new(() => DeadRows == 0 ? default : Among(_ => true));
        _entryOfKey = new(IndexKeys);
    }

    /// <summary>The last commit of an index on disk.</summary>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The index is damaged, or its format is a later one.</exception>
    public static IndexSnapshot Open(string path, EmbeddingIndexOptions options)
    {
        IndexFiles files = new(path);
        IndexHeader header = IndexHeader.Read(files);
        while (true)
        {
            try
            {
                EntryLog log = EntryLog.Read(files, header);
                VectorMatrix vectors = VectorMatrix.Open(
                    files.Vectors(header.Generation), log.RowCount, header.Space.Width, header.VectorType, options.ReadInsteadOfMap,
                    options.Runtime);
                int rows = log.RowCount;
                return new(
                    header.Space, log, log.LiveRows, vectors, () => IndexCells.TryRead(files, header, rows, options.Runtime))
                {
                    Stored = new(files, header, log),
                };
            }
            catch (FileNotFoundException e)
            {
                // Between header and files, a writer may have compacted the index and deleted the files that were current.
                IndexHeader now = IndexHeader.Read(files);
                if (now.Generation <= header.Generation)
                    throw files.Damaged(e.FileName ?? path, "this file is missing", e);
                header = now;
            }
        }
    }

    /// <summary>What the vectors are of.</summary>
    public VectorSpace Space { get; }

    /// <summary>Where it was read from; null in memory.</summary>
    public StoredIndex? Stored { get; private init; }

    /// <summary>Bytes of rows and entries on disk; of the vectors, in memory.</summary>
    public long StoredBytes => (Stored?.Log.CommittedBytes ?? 0) + Vectors.Count * Vectors.RowBytes;

    /// <summary>All rows, with those that no entry has any more.</summary>
    public VectorMatrix Vectors { get; }

    /// <summary>Entries.</summary>
    public int Count => _rows.Length;

    /// <summary>Rows that no entry has any more.</summary>
    public int DeadRows => (int)Vectors.Count - _rows.Length;

    /// <summary>The row of each entry, ascending.</summary>
    public ReadOnlySpan<int> Rows => _rows;

    /// <summary>The vectors in cells; null where there are none, or none that can be read.</summary>
    public IndexCells? Cells => _cells?.Value;

    /// <summary>An entry, 0 to <see cref="Count"/> - 1.</summary>
    public IndexEntry this[int entry] => _entries.EntryOf(_rows[entry]);

    /// <summary>An entry's key.</summary>
    public string KeyOf(int entry) => _entries.KeyOf(_rows[entry]);

    /// <summary>Finds an entry by its key. The first call reads all keys.</summary>
    public bool TryFind(string key, out int entry) => _entryOfKey.Value.TryGetValue(key, out entry);

    /// <summary>Holds it, unless it is being freed.</summary>
    public bool TryHold()
    {
        for (int holders = Volatile.Read(ref _holders); holders > 0; holders = Volatile.Read(ref _holders))
            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders)
                return true;
        return false;
    }

    /// <summary>Lets go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
            return;
        if (_cells is { IsValueCreated: true })
            _cells.Value?.Dispose();
        Vectors.Dispose();
    }

    /// <summary>The entries for which a filter is true, in their order; all without one.</summary>
    public int[] EntriesOf(Func<int, bool>? filter) =>
        [.. filter is null ? Enumerable.Range(0, Count) : Enumerable.Range(0, Count).Where(filter)];

    /// <summary>The rows of some entries.</summary>
    public int[] RowsOf(int[] entries) => Array.ConvertAll(entries, entry => _rows[entry]);

    /// <summary>An entry's vector, of length 1: [width].</summary>
    public float[] DirectionOf(int entry)
    {
        float[] direction = new float[Vectors.Width];
        Vectors.CopyDirection(_rows[entry], direction);
        return direction;
    }

    /// <summary>The entries nearest to a query, best first; equal scores in the order of the entries.</summary>
    public SearchHit[] Search(ReadOnlySpan<float> query, SearchOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        float[] unit = UnitOf(query);
        RowSet among = options.Filter is null ? _live.Value : Among(options.Filter);
        ScoredRow[] best = TryNear(unit, options, cancellationToken)
            ?? Vectors.Search(unit, new(options.Top, options.MinimumScore, among, options.FirstPassFactor), cancellationToken);
        float[] vector = new float[Vectors.Width];
        return Array.ConvertAll(best, row => HitOf(row, vector));
    }

    /// <summary>The best of the cells nearest to a query; null where every vector is to be looked at.</summary>
    private ScoredRow[]? TryNear(float[] unit, SearchOptions options, CancellationToken cancellationToken)
    {
        // Of a few that are filtered, or where so many are wanted that cells would lack some, only all tell which are the best.
        const int VectorsOfAHit = 50;
        if (options.Share is <= 0f or >= 1f || options.Filter is not null || Cells is not IndexCells cells)
            return null;
        int[] near = cells.Near(unit, options.Share, Vectors.Count, cancellationToken);
        return near.Length / VectorsOfAHit >= options.Top
            ? Vectors.Search(unit, near, new(options.Top, options.MinimumScore, _live.Value), cancellationToken)
            : null;
    }

    private SearchHit HitOf(ScoredRow row, float[] vector)
    {
        int entry = Array.BinarySearch(_rows, (int)row.Row);
        RequireFinite(row.Row, vector);
        return new(entry, KeyOf(entry), Math.Clamp(row.Score, -1f, 1f)); // rounding alone leads beyond
    }

    /// <summary>Writers store finite numbers only, and scans count on it: what is none has a score that means nothing.</summary>
    private void RequireFinite(long row, float[] vector)
    {
        Vectors.Copy(row, vector);
        foreach (float number in vector)
            if (!float.IsFinite(number))
                throw Stored!.Files.Damaged(Stored.Files.Vectors(Stored.Header.Generation), $"row {row} holds {number}, which is no "
                    + "finite number");
    }

    private RowSet Among(Func<int, bool> filter)
    {
        RowSet among = RowSet.Empty(Vectors.Count);
        for (int entry = 0; entry < Count; entry++)
            if (filter(entry))
                among.Add(_rows[entry]);
        return among;
    }

    private float[] UnitOf(ReadOnlySpan<float> query)
    {
        if (query.Length != Vectors.Width)
            throw new ArgumentException(
                $"The query has {query.Length} numbers, the vectors of this index have {Vectors.Width}. Do they come from the same model?",
                nameof(query));
        float norm = TensorPrimitives.Norm(query);
        if (!float.IsFinite(norm) || norm == 0f)
            throw new ArgumentException($"The query's length is {norm}; it needs a direction to be compared with.", nameof(query));
        float[] unit = new float[query.Length];
        TensorPrimitives.Divide(query, norm, unit);
        return unit;
    }

    private Dictionary<string, int> IndexKeys()
    {
        Dictionary<string, int> entries = new(Count);
        for (int entry = 0; entry < Count; entry++)
            entries[KeyOf(entry)] = entry;
        return entries;
    }
}

/// <summary>What a snapshot was read from.</summary>
/// <param name="Files">The index's files.</param>
/// <param name="Header">What it is of.</param>
/// <param name="Log">Its commits.</param>
internal sealed record StoredIndex(IndexFiles Files, IndexHeader Header, EntryLog Log)
{
    // So that reading all vectors holds little memory, and looks at the cancellation now and then.
    private const int BytesAtATime = 1 << 20;

    /// <summary>Whether something was committed, or begun to be, since it was read.</summary>
    public bool IsOutdated
    {
        get
        {
            FileInfo entries = new(Files.Entries(Header.Generation));
            return !entries.Exists || entries.Length != Log.FileBytes || IndexHeader.Read(Files).Generation != Header.Generation;
        }
    }

    /// <summary>Compares all rows with the checksums of their commits.</summary>
    /// <returns>What is damaged, each commit's rows; null where nothing is.</returns>
    public InvalidDataException? DamageOf(VectorMatrix vectors, CancellationToken cancellationToken)
    {
        List<string> damaged = [];
        int rowsAtATime = Math.Max(1, BytesAtATime / vectors.RowBytes);
        byte[] bytes = new byte[rowsAtATime * vectors.RowBytes];
        foreach (EntryLog.CommittedRows commit in Log.RowsOfCommits)
        {
            uint checksum = 0;
            for (int done = 0; done < commit.Count; done += rowsAtATime)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> rows = bytes.AsSpan(0, Math.Min(rowsAtATime, commit.Count - done) * vectors.RowBytes);
                vectors.CopyBytes(commit.First + done, rows);
                checksum = Crc32C.Of(rows, checksum);
            }
            if (checksum != commit.Checksum)
                damaged.Add($"{commit.First} to {commit.First + commit.Count - 1}");
        }
        return damaged.Count == 0
            ? null
            : Files.Damaged(Files.Vectors(Header.Generation), $"rows {string.Join(", ", damaged)} are not what was written (their "
                + $"{(damaged.Count == 1 ? "checksum differs" : "checksums differ")})");
    }

    /// <summary>All damage of an index, that of its header, its log and its vectors.</summary>
    public static IReadOnlyList<InvalidDataException> DamageOf(string path, CancellationToken cancellationToken)
    {
        IndexFiles files = new(path);
        while (true)
        {
            long generation = 0;
            try
            {
                IndexHeader header = IndexHeader.Read(files);
                generation = header.Generation;
                EntryLog log = EntryLog.ReadSoFarAsWhole(files, header);
                using VectorMatrix vectors = VectorMatrix.Open(
                    files.Vectors(generation), log.RowCount, header.Space.Width, header.VectorType, read: true);
                InvalidDataException? rows = new StoredIndex(files, header, log).DamageOf(vectors, cancellationToken);
                InvalidDataException? cells = null;
                if (log.Damage is null && File.Exists(files.Cells(generation)))
                {
                    cells = IndexCells.Read(files, header, log.RowCount, runtime: null, out IndexCells? read);
                    read?.Dispose();
                }
                return [.. new[] { log.Damage, rows, cells }.OfType<InvalidDataException>()];
            }
            catch (FileNotFoundException e) when (generation > 0)
            {
                if (IndexHeader.Read(files).Generation == generation) // else it was compacted meanwhile
                    return [files.Damaged(e.FileName ?? path, "this file is missing", e)];
            }
            catch (InvalidDataException e)
            {
                return [e];
            }
        }
    }
}
