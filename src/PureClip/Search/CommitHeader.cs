using System.Buffers.Binary;

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
