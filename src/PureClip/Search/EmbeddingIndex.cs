using PureClip.Threading;

namespace PureClip.Search;

/// <summary>
/// A stored collection of vectors with keys, opened for reading: the state of its last commit. The vectors are mapped, not read, so that opening costs little
/// and processes share them. Any number of readers work beside one <see cref="EmbeddingIndexWriter"/>; what is committed later is seen by whoever opens the
/// index later (<see cref="IsOutdated"/>).
/// </summary>
/// <remarks>
/// Thread-safe; nobody may be reading while it is disposed. The format is described in FORMAT.md beside this class.
/// </remarks>
public sealed class EmbeddingIndex : IDisposable
{
    private readonly IndexFiles _files;
    private readonly IndexHeader _header;
    private readonly EntryLog _log;
    private readonly int[] _rows;
    private readonly MappedRows _mapped;
    private readonly Lazy<Dictionary<string, int>> _entryOfKey;
    private readonly IndexSearch _search;
    private bool _isDisposed;

    private EmbeddingIndex(IndexFiles files, IndexHeader header, int threads)
    {
        _files = files;
        _header = header;
        _log = EntryLog.Read(files, header);
        _rows = _log.LiveRows;
        _mapped = new(files.Vectors(header.Generation), header, _log.RowCount);
        _entryOfKey = new(IndexKeys);
        _search = new(this, threads);
    }

    /// <summary>Opens an index.</summary>
    /// <param name="path">Its folder.</param>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The index is damaged, or its format is a later one.</exception>
    public static EmbeddingIndex Open(string path) => Open(path, Environment.ProcessorCount);

    /// <summary>Opens an index to be searched by so many threads.</summary>
    internal static EmbeddingIndex Open(string path, int threads)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IndexFiles files = new(path);
        IndexHeader header = IndexHeader.Read(files);
        while (true)
        {
            try
            {
                return new(files, header, threads);
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

    /// <summary>Whether a folder holds an index, of whatever state.</summary>
    public static bool Exists(string path) => File.Exists(new IndexFiles(path).Header);

    /// <summary>Its folder, as it was named.</summary>
    public string Path => _files.Directory;

    /// <summary>Entries.</summary>
    public int Count => _rows.Length;

    /// <summary>Numbers of a vector.</summary>
    public int Width => _header.Width;

    /// <summary>How they are stored.</summary>
    public VectorType VectorType => _header.VectorType;

    /// <summary>The name of the model that made the vectors, for people.</summary>
    public string ModelName => _header.ModelName;

    /// <summary>Tells that model's vectors from another's, as <see cref="Width"/> alone does not.</summary>
    public string Fingerprint => _header.Fingerprint;

    /// <summary>By which rules the vectors were made; null where whoever wrote them has not said.</summary>
    public string? Preparation => _header.Preparation;

    /// <summary>Bytes of rows and entries on disk.</summary>
    public long StoredBytes => _log.CommittedBytes + (long)_log.RowCount * Vectors.RowBytes;

    /// <summary>Rows that no entry has any more, until the index is compacted.</summary>
    public int DeadRows => _log.RowCount - _rows.Length;

    /// <summary>An entry.</summary>
    /// <param name="entry">0 to <see cref="Count"/> - 1, in the order in which they were added.</param>
    public IndexEntry this[int entry] => _log.EntryOf(_rows[entry]);

    /// <summary>Whether something was committed, or begun to be, since this was opened.</summary>
    public bool IsOutdated
    {
        get
        {
            FileInfo entries = new(_files.Entries(_header.Generation));
            return !entries.Exists || entries.Length != _log.FileBytes || IndexHeader.Read(_files).Generation != _header.Generation;
        }
    }

    /// <summary>An entry's key.</summary>
    /// <param name="entry">0 to <see cref="Count"/> - 1.</param>
    public string KeyOf(int entry) => _log.KeyOf(_rows[entry]);

    /// <summary>Finds an entry by its key. The first call reads all keys.</summary>
    public bool TryFind(string key, out int entry)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _entryOfKey.Value.TryGetValue(key, out entry);
    }

    /// <summary>Reads an entry's vector.</summary>
    /// <param name="entry">0 to <see cref="Count"/> - 1.</param>
    /// <param name="destination">[<see cref="Width"/>]</param>
    public void CopyVector(int entry, Span<float> destination)
    {
        if (destination.Length != Width)
            throw new ArgumentException($"A vector has {Width} numbers, but there is room for {destination.Length}.", nameof(destination));
        VectorRow.Read(VectorType, Vectors[_rows[entry]], destination);
    }

    /// <summary>The entries nearest to a query, best first; equal scores in the order of the entries.</summary>
    /// <param name="query">[<see cref="Width"/>], of any length but 0; an embedding of the same model.</param>
    /// <param name="options">How many and which; null for the best ten.</param>
    /// <param name="cancellationToken">Checked every few rows.</param>
    /// <exception cref="ArgumentException">The query or an option cannot be used.</exception>
    public SearchHit[] Search(ReadOnlySpan<float> query, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        _search.Run(query, options ?? new(), cancellationToken);

    /// <summary>Refuses another model: its vectors cannot be compared with these.</summary>
    /// <param name="fingerprint">Of the model that is to be used.</param>
    /// <param name="name">Its name, for the message.</param>
    /// <exception cref="InvalidDataException">The index holds vectors of another model; the message names both.</exception>
    public void RequireModel(string fingerprint, string name) => _header.RequireModel(Path, fingerprint, name);

    /// <summary>Refuses other rules than those by which the vectors were made, for queries that are pictures. Where none are recorded, any are accepted.</summary>
    /// <param name="preparation">The rules that are to be used: for a <c>Clip</c>, what <c>PicturePreparation.Of</c> says.</param>
    /// <exception cref="InvalidDataException">The vectors were made by other rules; the message names both.</exception>
    public void RequirePreparation(string preparation) => _header.RequirePreparation(Path, preparation);

    /// <summary>Reads all vectors and compares them with the checksums that were stored with them. Opening does not: it would read the whole file.</summary>
    /// <param name="cancellationToken">Checked between commits.</param>
    /// <exception cref="InvalidDataException">Some are not what was written; the message names their rows.</exception>
    public void Verify(CancellationToken cancellationToken = default)
    {
        foreach (EntryLog.CommittedRows commit in _log.RowsOfCommits)
        {
            cancellationToken.ThrowIfCancellationRequested();
            uint checksum = 0;
            for (int row = commit.First; row < commit.First + commit.Count; row++)
                checksum = Crc32C.Of(Vectors[row], checksum);
            if (checksum != commit.Checksum)
                throw _files.Damaged(
                    _files.Vectors(_header.Generation), $"rows {commit.First} to {commit.First + commit.Count - 1} are not what was written (their checksum differs)");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _search.Dispose();
        _mapped.Dispose();
    }

    /// <summary>All rows where they lie, with those that no entry has any more.</summary>
    internal VectorMatrix Vectors
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _mapped.Matrix;
        }
    }

    /// <summary>The vectors of all entries, in their order.</summary>
    internal RowList Entries => new(Vectors, _rows);

    /// <summary>The threads that search.</summary>
    internal WorkerPool Pool => _search.Pool;

    /// <summary>The row of each entry, ascending.</summary>
    internal ReadOnlySpan<int> Rows => _rows;

    private Dictionary<string, int> IndexKeys()
    {
        Dictionary<string, int> entries = new(Count);
        for (int entry = 0; entry < Count; entry++)
            entries[KeyOf(entry)] = entry;
        return entries;
    }
}
