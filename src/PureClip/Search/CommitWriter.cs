using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace PureClip.Search;

/// <summary>What stands in front of a commit's records. The layout is in FORMAT.md.</summary>
/// <param name="Number">1 for the first commit of the file, then 2, 3, …</param>
/// <param name="RecordBytes">Bytes of the records that follow.</param>
/// <param name="Rows">Rows that the commit adds.</param>
/// <param name="RowsChecksum">CRC-32C of these rows.</param>
/// <param name="RecordsChecksum">CRC-32C of the records.</param>
internal readonly record struct CommitHeader(long Number, int RecordBytes, int Rows, uint RowsChecksum, uint RecordsChecksum)
{
    /// <summary>Bytes of a header.</summary>
    public const int Bytes = 36;

    private const int ChecksumAt = 32;

    /// <summary>The first bytes of every header.</summary>
    public static ReadOnlySpan<byte> Magic => "PCCOMMIT"u8;

    /// <summary>Writes the header and its own checksum.</summary>
    public void Write(Span<byte> destination)
    {
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], Number);
        BinaryPrimitives.WriteInt32LittleEndian(destination[16..], RecordBytes);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], Rows);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], RowsChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[28..], RecordsChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[ChecksumAt..], Crc32C.Of(destination[..ChecksumAt]));
    }

    /// <summary>Reads a header; false where there is none, or one that was not written to its end.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out CommitHeader header)
    {
        header = default;
        if (source.Length < Bytes || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumAt..]) != Crc32C.Of(source[..ChecksumAt]))
            return false;
        header = new(
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[28..]));
        return header is { Number: > 0, RecordBytes: >= 0, Rows: >= 0 };
    }
}

/// <summary>
/// Appends to the two files of a generation. What is added counts from the <see cref="Commit"/> on that returns: rows are made durable
/// first, then the records that give them to entries. A process that dies in between leaves an unfinished end that readers pass over and
/// the next writer overwrites.
/// </summary>
internal sealed class CommitWriter : IDisposable
{
    // Rows go to the file before their commit once they are this many bytes, so that memory stays small whatever the commit's size.
    private const int BytesOfRowsHeld = 1 << 22;

    private readonly SafeFileHandle _vectors;
    private readonly SafeFileHandle _entries;
    private readonly int _rowBytes;
    private readonly long _maxEntriesBytes;
    private readonly ArrayBufferWriter<byte> _rows = new(), _records = new();
    private long _commits, _committedBytes;
    private int _rowCount, _writtenRows, _newRows;
    private uint _rowsChecksum;
    private bool _hasFailed;

    private CommitWriter(SafeFileHandle vectors, SafeFileHandle entries, int rowBytes, long maxEntriesBytes)
    {
        _vectors = vectors;
        _entries = entries;
        _rowBytes = rowBytes;
        _maxEntriesBytes = maxEntriesBytes;
    }

    /// <summary>Commits of the generation that are complete, whatever happens to the process.</summary>
    public long CompleteCommits { get; private set; }

    /// <summary>Whether there is something to commit.</summary>
    public bool HasChanges => _records.WrittenCount > 0;

    /// <summary>Makes the files of a generation, in place of what may lie there.</summary>
    public static CommitWriter Create(IndexFiles files, IndexHeader header)
    {
        CommitWriter writer = Open(files, header, FileMode.Create, Array.MaxLength);
        RandomAccess.FlushToDisk(writer._vectors);
        RandomAccess.FlushToDisk(writer._entries);
        return writer;
    }

    /// <summary>Continues the files of a generation behind their last commit.</summary>
    /// <param name="files">The index.</param>
    /// <param name="header">What it is of.</param>
    /// <param name="log">What is there already.</param>
    /// <param name="maxEntriesBytes">The entries' file does not become longer: readers read it as a whole.</param>
    public static CommitWriter Append(IndexFiles files, IndexHeader header, EntryLog log, long? maxEntriesBytes = null)
    {
        CommitWriter writer = Open(files, header, FileMode.Open, maxEntriesBytes ?? Array.MaxLength);
        writer._commits = writer.CompleteCommits = log.Commits;
        writer._committedBytes = log.CommittedBytes;
        writer._rowCount = writer._writtenRows = log.RowCount;
        // An unfinished commit goes, so that no part of it can follow a shorter one. Rows without a commit are overwritten: cutting a file
        // that a reader has mapped is not possible everywhere, and nobody looks at them.
        if (log.FileBytes > log.CommittedBytes)
            RandomAccess.SetLength(writer._entries, log.CommittedBytes);
        return writer;
    }

    /// <summary>Adds a row and its entry.</summary>
    /// <returns>The row's number.</returns>
    public int Add(in IndexEntry entry, ReadOnlySpan<byte> row)
    {
        RequireIntact();
        if (_rows.WrittenCount >= BytesOfRowsHeld)
            WriteRows();
        _rows.Write(row);
        EntryRecord.WriteAdd(_records, entry);
        _newRows++;
        return _rowCount++;
    }

    /// <summary>Takes a row from its entry.</summary>
    public void Drop(int row)
    {
        RequireIntact();
        EntryRecord.WriteDrop(_records, row);
    }

    /// <summary>Reads a row, be it committed or not.</summary>
    public void ReadRow(int row, Span<byte> destination)
    {
        if (row >= _writtenRows)
        {
            _rows.WrittenSpan.Slice((row - _writtenRows) * _rowBytes, _rowBytes).CopyTo(destination);
            return;
        }
        int read = 0;
        for (int more = -1; read < _rowBytes && more != 0; read += more)
            more = RandomAccess.Read(_vectors, destination[read.._rowBytes], (long)row * _rowBytes + read);
        if (read < _rowBytes)
            throw new EndOfStreamException("The file of vectors has become shorter while it was in use.");
    }

    /// <summary>
    /// Makes everything durable that was added and dropped since the last commit. When this returns it stays, whatever happens to the
    /// process.
    /// </summary>
    /// <exception cref="IOException">It could not be written. The commit does not count, and this writer cannot go on.</exception>
    public void Commit()
    {
        RequireIntact();
        if (!HasChanges)
            return;
        _hasFailed = true; // until the end is reached
        WriteRows();
        RandomAccess.FlushToDisk(_vectors);
        WriteRecords();
        RandomAccess.FlushToDisk(_entries);
        CompleteCommits = _commits;
        _hasFailed = false;
    }

    /// <summary>Closes the files; what was not committed does not count.</summary>
    public void Dispose()
    {
        _vectors.Dispose();
        _entries.Dispose();
    }

    private static CommitWriter Open(IndexFiles files, IndexHeader header, FileMode mode, long maxEntriesBytes)
    {
        SafeFileHandle vectors = OpenHandle(files.Vectors(header.Generation), mode);
        try
        {
            return new(vectors, OpenHandle(files.Entries(header.Generation), mode), VectorRow.Bytes(header.VectorType, header.Space.Width),
                maxEntriesBytes);
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }

    private static SafeFileHandle OpenHandle(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private void WriteRows()
    {
        RandomAccess.Write(_vectors, _rows.WrittenSpan, (long)_writtenRows * _rowBytes);
        _rowsChecksum = Crc32C.Of(_rows.WrittenSpan, _rowsChecksum);
        _writtenRows = _rowCount;
        _rows.ResetWrittenCount();
    }

    private void WriteRecords()
    {
        byte[] commit = new byte[CommitHeader.Bytes + _records.WrittenCount];
        if (commit.Length > _maxEntriesBytes - _committedBytes)
            throw new IOException($"The index is full: its entries would have more than {_maxEntriesBytes} bytes. Put the others into "
                + "another index.");
        new CommitHeader(_commits + 1, _records.WrittenCount, _newRows, _rowsChecksum, Crc32C.Of(_records.WrittenSpan)).Write(commit);
        _records.WrittenSpan.CopyTo(commit.AsSpan(CommitHeader.Bytes));
        RandomAccess.Write(_entries, commit, _committedBytes);
        _commits++;
        _committedBytes += commit.Length;
        _newRows = 0;
        _rowsChecksum = 0;
        _records.ResetWrittenCount();
    }

    private void RequireIntact()
    {
        if (_hasFailed)
            throw new InvalidOperationException("An earlier commit could not be written. Open the index again: everything that was "
                + "committed before is there.");
    }
}

/// <summary>CRC-32C (Castagnoli), which processors compute: of "123456789" it is 0xE3069283.</summary>
/// <remarks>RFC 3720, section 12.1.</remarks>
internal static class Crc32C
{
    /// <summary>The checksum of some bytes, or of more bytes behind those that gave <paramref name="soFar"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, uint soFar = 0)
    {
        uint crc = ~soFar;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
