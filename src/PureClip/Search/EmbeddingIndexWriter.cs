namespace PureClip.Search;

/// <summary>
/// Adds to and removes from an index on disk. Nothing counts before <see cref="Commit"/>; what it returned from is not lost, whatever
/// becomes of the process or, so far as the disk keeps its word, of the machine. There is one writer at a time and any number of readers
/// beside it.
/// </summary>
/// <remarks>
/// Not thread-safe. After <see cref="Dispose"/> every member that reads or changes entries throws <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed class EmbeddingIndexWriter : IEntryStore, IDisposable
{
    // So that compacting an index of any size holds a few megabytes of records.
    private const int EntriesOfACompactedCommit = 50_000;

    private readonly IndexFiles _files;
    private readonly FileStream _lock;
    private readonly IndexTable _table;
    private readonly byte[] _row;
    private IndexHeader _header;
    private CommitWriter _commits;
    private VectorSpace? _space;
    private bool _isHeaderDue, _isDisposed;

    private EmbeddingIndexWriter(IndexFiles files, FileStream @lock, IndexHeader header, IndexTable table, CommitWriter commits)
    {
        _files = files;
        _lock = @lock;
        _header = header;
        _table = table;
        _commits = commits;
        _row = new byte[VectorRow.Bytes(header.VectorType, header.Space.Width)];
    }

    /// <summary>Makes a new, empty index.</summary>
    /// <param name="path">Its folder, which is made if need be; if it is there it must be empty.</param>
    /// <param name="space">
    /// What the vectors are of: <see cref="Clip.Space"/>. What it does not say is recorded when it becomes known.
    /// </param>
    /// <param name="vectorType">How they are to be stored.</param>
    /// <exception cref="IOException">The folder is not empty, or another writer is at work there.</exception>
    public static EmbeddingIndexWriter Create(string path, VectorSpace space, VectorType vectorType = VectorType.F16)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(space);
        IndexHeader header = new(space, vectorType, Generation: 1);
        header.RequireWritable();
        IndexFiles files = new(path);
        Directory.CreateDirectory(path);
        files.RequireRoom(); // before the lock file would lie among somebody's pictures
        return Locked(files, @lock =>
        {
            files.RequireRoom(); // another writer may have been quicker
            CommitWriter commits = CommitWriter.Create(files, header);
            header.Write(files);
            return new(files, @lock, header, new IndexTable(capacity: 0), commits);
        });
    }

    /// <summary>Opens an index to go on with it. An end that a killed writer has left unfinished is dropped.</summary>
    /// <param name="path">Its folder.</param>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The index is damaged, or its format is a later one.</exception>
    /// <exception cref="IOException">Another writer is at work, or the index cannot be written.</exception>
    public static EmbeddingIndexWriter Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IndexFiles files = new(path);
        IndexHeader.Read(files); // no lock file where there is no index
        return Locked(files, @lock =>
        {
            IndexHeader header = IndexHeader.Read(files);
            try
            {
                EntryLog log = EntryLog.Read(files, header);
                IndexTable table = IndexTable.Of(files, header, log);
                files.DeleteLeftovers(header.Generation);
                return new(files, @lock, header, table, CommitWriter.Append(files, header, log));
            }
            catch (FileNotFoundException e)
            {
                throw files.Damaged(e.FileName ?? path, "this file is missing", e);
            }
        });
    }

    /// <summary>
    /// Opens an index to go on with it, or makes it where there is none; vectors of another model or by other rules are refused.
    /// </summary>
    /// <param name="path">Its folder.</param>
    /// <param name="space">What the vectors that are to be added are of: <see cref="Clip.Space"/>.</param>
    /// <param name="vectorType">How they are stored; null for how it is, and for F16 where the index is new.</param>
    /// <exception cref="InvalidDataException">The index is damaged, of another space, or stores vectors in another way.</exception>
    /// <exception cref="IOException">Another writer is at work, the index cannot be written, or the folder holds other files.</exception>
    public static EmbeddingIndexWriter OpenOrCreate(string path, VectorSpace space, VectorType? vectorType = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        EmbeddingIndexWriter? made = EmbeddingIndex.Exists(path) ? null : TryCreate(path, space, vectorType ?? VectorType.F16);
        if (made is not null)
            return made;
        EmbeddingIndexWriter writer = Open(path);
        try
        {
            writer.RequireSpace(space);
            return vectorType is VectorType asked && asked != writer.VectorType
                ? throw OtherType(path, writer.VectorType, asked)
                : writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Its folder, as it was named.</summary>
    public string Path => _files.Directory;

    /// <summary>Entries, with those that are not committed yet.</summary>
    public int Count => _table.Count;

    /// <summary>What its vectors are of: the model, and the rules by which it made them so far as they are recorded.</summary>
    public VectorSpace Space => _header.Space;

    /// <summary>Numbers of a vector.</summary>
    public int Width => _header.Space.Width;

    /// <summary>How they are stored.</summary>
    public VectorType VectorType => _header.VectorType;

    /// <summary>The keys of all entries, with those that are not committed yet, in no order.</summary>
    public IReadOnlyCollection<string> Keys => _table.Keys;

    /// <summary>Rows that no entry has any more; <see cref="Compact"/> gets rid of them.</summary>
    public int DeadRows => _table.RowCount - _table.Count;

    /// <summary>Finds an entry by its key.</summary>
    public bool TryFind(string key, out IndexEntry entry)
    {
        RequireOpen();
        return _table.TryFind(key, out _, out entry);
    }

    /// <summary>Finds an entry whose content is the same, whatever its key.</summary>
    /// <param name="contentHash">Not 0, which stands for an unknown content.</param>
    /// <param name="entry">The one that was added last.</param>
    public bool TryFindContent(UInt128 contentHash, out IndexEntry entry)
    {
        RequireOpen();
        return _table.TryFindContent(contentHash, out entry);
    }

    /// <summary>
    /// Refuses vectors of another model or by other rules. What the index does not say of them is taken from here, and recorded when the
    /// next vector is added and committed; one that is copied says nothing about it.
    /// </summary>
    /// <param name="space">What is to be added is of: <see cref="Clip.Space"/>.</param>
    /// <exception cref="InvalidDataException">
    /// The vectors were made with another model or by other rules; the message names both.
    /// </exception>
    /// <exception cref="ArgumentException">A rule is too long to be recorded.</exception>
    public void RequireSpace(VectorSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        _header.Space.Require(space, VectorKinds.All, $"{Path}: this index");
        (_header with { Space = _header.Space.Or(space) }).RequireWritable();
        _space = space;
    }

    /// <summary>Adds an entry, in place of the one that has its key.</summary>
    /// <param name="entry">Its key, and what is known of its file.</param>
    /// <param name="vector">[<see cref="Width"/>], finite; of length 1, as a <c>Clip</c> makes them, if scores are to be cosines.</param>
    /// <exception cref="ArgumentException">The entry or the vector cannot be stored.</exception>
    public void Add(in IndexEntry entry, ReadOnlySpan<float> vector)
    {
        RequireOpen();
        if (vector.Length != Width)
            throw new ArgumentException($"The vectors of this index have {Width} numbers, but {vector.Length} were given.", nameof(vector));
        foreach (float number in vector)
            if (!float.IsFinite(number))
                throw new ArgumentException($"The vector of {entry.Key} holds {number}, which is no finite number.", nameof(vector));
        EntryRecord.RequireWritable(entry);
        VectorRow.Write(VectorType, vector, _row);
        AddRow(entry);
        RecordSpace();
    }

    /// <summary>Adds an entry, in place of the one that has its key, with a row of an index that stores vectors as this one does.</summary>
    internal void AddStored(in IndexEntry entry, ReadOnlySpan<byte> row)
    {
        RequireOpen();
        EntryRecord.RequireWritable(entry);
        row.CopyTo(_row);
        AddRow(entry);
        RecordSpace();
    }

    /// <summary>
    /// Adds an entry, in place of the one that has its key, with the vector that another one has (or that one itself, when only its facts
    /// have changed).
    /// </summary>
    /// <param name="entry">Its key, and what is known of its file.</param>
    /// <param name="source">The key of an entry that is there.</param>
    /// <exception cref="ArgumentException">There is no such source, or the entry cannot be stored.</exception>
    public void AddCopy(in IndexEntry entry, string source)
    {
        RequireOpen();
        EntryRecord.RequireWritable(entry);
        if (!_table.TryFind(source, out int row, out _))
            throw new ArgumentException($"There is no entry {source} to copy the vector of.", nameof(source));
        _commits.ReadRow(row, _row);
        AddRow(entry);
    }

    /// <summary>Removes an entry.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(string key)
    {
        RequireOpen();
        if (!_table.TryFind(key, out int row, out _))
            return false;
        _commits.Drop(row);
        _table.Remove(key);
        return true;
    }

    /// <summary>
    /// Makes durable what was added and removed since the last commit, and visible to readers that open the index afterwards.
    /// </summary>
    /// <exception cref="IOException">It could not be written: what was committed before is intact, this writer cannot go on.</exception>
    public void Commit()
    {
        RequireOpen();
        if (_isHeaderDue)
            _header.Write(_files); // first: vectors whose rules are not recorded could be mixed with others
        _isHeaderDue = false;
        _commits.Commit();
    }

    /// <summary>
    /// Commits, and rewrites the index without the rows that no entry has any more. Readers that are open keep what they see. The index is
    /// the old one until the new one is complete.
    /// </summary>
    /// <param name="cancellationToken">Leaves the index as it was.</param>
    public void Compact(CancellationToken cancellationToken = default)
    {
        Commit();
        IndexHeader header = _header with { Generation = _header.Generation + 1, Commits = 0 };
        CommitWriter compacted = CommitWriter.Create(_files, header);
        try
        {
            CopyTo(compacted, cancellationToken);
            header = header with { Commits = compacted.CompleteCommits };
            KeepCells(header);
            header.Write(_files);
        }
        catch
        {
            compacted.Dispose();
            _files.DeleteLeftovers(_header.Generation);
            throw;
        }
        _commits.Dispose();
        (_commits, _header) = (compacted, header);
        _table.Renumber();
        _files.DeleteLeftovers(header.Generation);
    }

    /// <summary>
    /// Commits, and sorts the vectors that are there into cells of near directions, in place of earlier ones: searches with
    /// <see cref="SearchOptions.Share"/> then look at a part of them. Vectors that are added later are looked at by every search, until
    /// cells are made again.
    /// </summary>
    /// <remarks>
    /// For each of N vectors 2√N centres are compared: on two cores some seconds for a million of 256 numbers, minutes for five million.
    /// </remarks>
    /// <param name="progress">Told how many vectors have a cell.</param>
    /// <param name="cancellationToken">Leaves the cells as they were.</param>
    public void MakeCells(IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        Commit();
        int[] rows = [.. _table.InOrderOfRows().Select(static stored => stored.Row)];
        if (rows.Length == 0)
            return;
        using VectorMatrix vectors = VectorMatrix.Open(_files.Vectors(_header.Generation), _table.RowCount, Width, VectorType);
        (float[][] centres, int[][] members) = CellMaker.Of(vectors, rows, progress, cancellationToken);
        IndexCells.Write(_files, _header, centres, members, _table.RowCount);
    }

    /// <summary>Lets another writer begin. What was not committed is gone.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
            RecordCommits();
        _isDisposed = true;
        _commits.Dispose();
        _lock.Dispose();
    }

    /// <summary>The error for an index that is to store vectors in another way than it does.</summary>
    internal static InvalidDataException OtherType(string path, VectorType stored, VectorType asked) =>
        new($"{path}: this index stores {stored}, which stays as it is, but {asked} was asked for. Leave the type open, or make another "
            + "index.");

    /// <summary>Makes an empty index where there is none; that another writer was quicker is no error.</summary>
    internal static void Make(string path, VectorSpace space, VectorType vectorType) => TryCreate(path, space, vectorType)?.Dispose();

    private static EmbeddingIndexWriter? TryCreate(string path, VectorSpace space, VectorType vectorType)
    {
        try
        {
            return Create(path, space, vectorType);
        }
        catch (IOException) when (EmbeddingIndex.Exists(path))
        {
            return null;
        }
    }

    private void RequireOpen() => ObjectDisposedException.ThrowIf(_isDisposed, this);

    private static EmbeddingIndexWriter Locked(IndexFiles files, Func<FileStream, EmbeddingIndexWriter> open)
    {
        FileStream @lock = files.TakeLock();
        try
        {
            return open(@lock);
        }
        catch (UnauthorizedAccessException e)
        {
            @lock.Dispose();
            throw files.NotWritable(e);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>What is known of the space since <see cref="RequireSpace"/> holds for what was added now.</summary>
    private void RecordSpace()
    {
        if (_space is not null && _header.Space.Or(_space) is var said && said != _header.Space)
            (_header, _isHeaderDue) = (_header with { Space = said }, true);
    }

    private void AddRow(in IndexEntry entry)
    {
        Remove(entry.Key);
        _table.TryAdd(entry, _commits.Add(entry, _row));
    }

    private void CopyTo(CommitWriter target, CancellationToken cancellationToken)
    {
        int copied = 0;
        foreach ((int row, IndexEntry entry) in _table.InOrderOfRows())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _commits.ReadRow(row, _row);
            target.Add(entry, _row);
            if (++copied % EntriesOfACompactedCommit == 0)
                target.Commit();
        }
        target.Commit();
    }

    /// <summary>Cells are of a generation: those of this one, where there are some, go over to the next.</summary>
    private void KeepCells(IndexHeader next)
    {
        using IndexCells? cells = IndexCells.TryRead(_files, _header, _table.RowCount, runtime: null);
        if (cells is null)
            return;
        int[] numbers = new int[_table.RowCount];
        numbers.AsSpan().Fill(-1);
        int number = 0;
        foreach ((int row, _) in _table.InOrderOfRows())
            numbers[row] = number++;
        cells.WriteRenumbered(_files, next, numbers);
    }

    /// <summary>
    /// Lets the header know how many commits are complete. A help for the time after: that it cannot be written is not worth an error.
    /// </summary>
    private void RecordCommits()
    {
        if (_commits.CompleteCommits == _header.Commits)
            return;
        try
        {
            (IndexHeader.Read(_files) with { Commits = _commits.CompleteCommits }).Write(_files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
        }
    }
}
