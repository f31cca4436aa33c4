using Microsoft.Win32.SafeHandles;

namespace PureClip.Search;

/// <summary>The commits of one generation as they were when the file was read: which rows have an entry, and which.</summary>
internal sealed class EntryLog : IEntries
{
    /// <summary>Rows that a commit has added, and their CRC-32C.</summary>
    internal readonly record struct CommittedRows(int First, int Count, uint Checksum);

    private const int NoEntry = -1;

    private readonly IndexFiles _files;
    private readonly string _path;
    private readonly byte[] _bytes;
    private readonly List<int> _records = []; // by row: where its record begins, or NoEntry
    private readonly List<CommittedRows> _rowsOfCommits = [];

    private EntryLog(IndexFiles files, string path, byte[] bytes)
    {
        _files = files;
        _path = path;
        _bytes = bytes;
    }

    /// <summary>Bytes of the commits that count; what follows was not written to its end.</summary>
    public int CommittedBytes { get; private set; }

    /// <summary>Bytes of the file.</summary>
    public int FileBytes => _bytes.Length;

    /// <summary>What is wrong with the file behind the commits that count; null where nothing is.</summary>
    public InvalidDataException? Damage { get; private set; }

    /// <summary>Commits that count.</summary>
    public int Commits => _rowsOfCommits.Count;

    /// <summary>The rows that each commit has added.</summary>
    public IReadOnlyList<CommittedRows> RowsOfCommits => _rowsOfCommits;

    /// <summary>Rows that they have added, with those that have no entry any more.</summary>
    public int RowCount => _records.Count;

    /// <summary>The rows that have an entry, ascending.</summary>
    public int[] LiveRows => [.. Enumerable.Range(0, _records.Count).Where(row => _records[row] != NoEntry)];

    /// <summary>The entry of a live row.</summary>
    public IndexEntry EntryOf(int row) => EntryRecord.Read(_bytes.AsSpan(_records[row]));

    /// <summary>The key of a live row's entry.</summary>
    public string KeyOf(int row) => EntryRecord.Key(_bytes.AsSpan(_records[row]));

    /// <summary>Reads and checks the commits of a generation.</summary>
    /// <param name="files">The index.</param>
    /// <param name="header">What it is of.</param>
    /// <exception cref="InvalidDataException">The files are not what a writer leaves, not even one that was killed.</exception>
    /// <exception cref="FileNotFoundException">
    /// One of the files is missing: the generation is no longer the current one, or the index is damaged.
    /// </exception>
    public static EntryLog Read(IndexFiles files, IndexHeader header)
    {
        EntryLog log = ReadSoFarAsWhole(files, header);
        return log.Damage is null ? log : throw log.Damage;
    }

    /// <summary>As <see cref="Read"/>, but of a damaged file what lies before the damage.</summary>
    public static EntryLog ReadSoFarAsWhole(IndexFiles files, IndexHeader header)
    {
        string path = files.Entries(header.Generation);
        byte[] bytes = ReadBytes(files, path);
        // Looked at after the log: a writer makes rows durable before it writes the commit that needs them.
        long storedRows = new FileInfo(files.Vectors(header.Generation)).Length / VectorRow.Bytes(header.VectorType, header.Space.Width);
        EntryLog log = new(files, path, bytes);
        log.Apply(storedRows);
        if (log.Commits < header.Commits)
            log.Damage ??= files.Damaged(path, $"commit {log.Commits + 1}, at byte {log.CommittedBytes}, is unreadable or has lost "
                + $"vectors, though {header.Commits} were complete");
        return log;
    }

    private static byte[] ReadBytes(IndexFiles files, string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(file);
        if (length > Array.MaxLength)
            throw files.Damaged(path, $"this has {length} bytes, at most {Array.MaxLength} are read");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        int read = 0;
        for (int more = -1; read < bytes.Length && more != 0; read += more)
            more = RandomAccess.Read(file, bytes.AsSpan(read), read);
        return read == bytes.Length ? bytes : bytes[..read]; // a writer has cut an unfinished commit meanwhile
    }

    private void Apply(long storedRows)
    {
        while (CommitAt(CommittedBytes) is CommitHeader commit)
        {
            if (commit.Rows > storedRows - RowCount)
                return; // a copy of the folder that was taken while a writer was at work may have fewer rows than commits
            CommittedRows rows = new(RowCount, commit.Rows, commit.RowsChecksum);
            ApplyRecords(commit);
            if (Damage is not null)
            {
                _records.RemoveRange(rows.First, RowCount - rows.First);
                return;
            }
            _rowsOfCommits.Add(rows);
            CommittedBytes += CommitHeader.Bytes + commit.RecordBytes;
        }
        LookForLaterCommits();
    }

    /// <summary>The next commit if it was written to its end.</summary>
    private CommitHeader? CommitAt(int position)
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(position);
        bool isWhole = CommitHeader.TryRead(rest, out CommitHeader header)
            && header.Number == Commits + 1
            && header.RecordBytes <= rest.Length - CommitHeader.Bytes
            && header.RecordsChecksum == Crc32C.Of(rest.Slice(CommitHeader.Bytes, header.RecordBytes));
        return isWhole ? header : null;
    }

    private void ApplyRecords(CommitHeader commit)
    {
        int at = CommittedBytes + CommitHeader.Bytes, end = at + commit.RecordBytes, rows = RowCount + commit.Rows;
        while (at < end)
        {
            int bytes = ApplyRecord(at, _bytes.AsSpan(at, end - at));
            if (bytes == 0)
            {
                Damage = _files.Damaged(_path, $"there is no record at byte {at}, in commit {commit.Number}");
                return;
            }
            at += bytes;
        }
        if (RowCount != rows)
            Damage = _files.Damaged(_path, $"commit {commit.Number} is to add {commit.Rows} rows, but its records add "
                + $"{commit.Rows + RowCount - rows}");
    }

    /// <summary>Applies one record.</summary>
    /// <returns>Its bytes, or 0 if it is none.</returns>
    private int ApplyRecord(int position, ReadOnlySpan<byte> source)
    {
        if (source[0] == EntryRecord.Add)
        {
            int bytes = EntryRecord.CheckedAddBytes(source);
            if (bytes > 0)
                _records.Add(position);
            return bytes;
        }
        if (source[0] != EntryRecord.Drop || source.Length < EntryRecord.DropBytes)
            return 0;
        int row = EntryRecord.DroppedRow(source);
        if (row < 0 || row >= _records.Count || _records[row] == NoEntry)
            return 0;
        _records[row] = NoEntry;
        return EntryRecord.DropBytes;
    }

    /// <summary>
    /// A writer that was killed leaves one unfinished commit at the end of the file, no more: each is durable before the next one begins.
    /// If a later commit follows, something else has damaged the file, and cutting it here would lose what was reported as done.
    /// </summary>
    private void LookForLaterCommits()
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(CommittedBytes);
        for (int next = rest.IndexOf(CommitHeader.Magic); next >= 0; next = rest.IndexOf(CommitHeader.Magic))
        {
            rest = rest[next..];
            if (CommitHeader.TryRead(rest, out CommitHeader later) && later.Number > Commits + 1)
            {
                Damage = _files.Damaged(_path, $"commit {Commits + 1}, at byte {CommittedBytes}, is unreadable, though commit "
                    + $"{later.Number} is there");
                return;
            }
            rest = rest[1..];
        }
    }
}
