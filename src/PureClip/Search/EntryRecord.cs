using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace PureClip.Search;

/// <summary>
/// What an index knows of an entry beside its vector. Only the key is needed; the rest are facts of a file, to tell whether it has changed.
/// </summary>
/// <param name="Key">
/// What the entry is found by: a path, an id, anything but an empty text. At most <see cref="MaxKeyBytes"/> bytes in UTF-8.
/// </param>
/// <param name="Size">Bytes of the file; 0 or more.</param>
/// <param name="Modified">When the file was last changed, in UTC.</param>
/// <param name="ContentHash">Tells contents apart, such as the first half of a SHA-256; 0 where it is not known.</param>
public readonly record struct IndexEntry(string Key, long Size = 0, DateTime Modified = default, UInt128 ContentHash = default)
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 1 << 17;
}

/// <summary>
/// The two kinds of records of a commit: one that gives the next row to an entry, and one that takes a row from its entry. The layout is in
/// FORMAT.md.
/// </summary>
internal static class EntryRecord
{
    /// <summary>The first byte of a record that gives the next row to an entry.</summary>
    public const byte Add = 1;

    /// <summary>The first byte of a record that takes a row from its entry.</summary>
    public const byte Drop = 2;

    /// <summary>Bytes of a <see cref="Drop"/>.</summary>
    public const int DropBytes = 5;

    private const int AddBytes = 37; // without the key

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Checks an entry before anything is written.</summary>
    /// <exception cref="ArgumentException">It cannot be stored.</exception>
    public static void RequireWritable(in IndexEntry entry)
    {
        ArgumentException.ThrowIfNullOrEmpty(entry.Key, nameof(entry));
        ArgumentOutOfRangeException.ThrowIfNegative(entry.Size, nameof(entry));
        try
        {
            if (Strict.GetByteCount(entry.Key) > IndexEntry.MaxKeyBytes)
                throw new ArgumentException(
                    $"A key has at most {IndexEntry.MaxKeyBytes} bytes in UTF-8; this one has more.", nameof(entry));
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The key is no valid Unicode: it holds half of a surrogate pair.", nameof(entry), e);
        }
    }

    /// <summary>Writes a record that gives the next row to an entry.</summary>
    public static void WriteAdd(IBufferWriter<byte> destination, in IndexEntry entry)
    {
        int keyBytes = Strict.GetByteCount(entry.Key);
        Span<byte> record = destination.GetSpan(AddBytes + keyBytes);
        record[0] = Add;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], entry.Size);
        DateTime modified = entry.Modified.Kind == DateTimeKind.Local ? entry.Modified.ToUniversalTime() : entry.Modified;
        BinaryPrimitives.WriteInt64LittleEndian(record[9..], modified.Ticks);
        BinaryPrimitives.WriteUInt128BigEndian(record[17..], entry.ContentHash);
        BinaryPrimitives.WriteInt32LittleEndian(record[33..], keyBytes);
        Strict.GetBytes(entry.Key, record[AddBytes..]);
        destination.Advance(AddBytes + keyBytes);
    }

    /// <summary>Writes a record that takes a row from its entry.</summary>
    public static void WriteDrop(IBufferWriter<byte> destination, int row)
    {
        Span<byte> record = destination.GetSpan(DropBytes);
        record[0] = Drop;
        BinaryPrimitives.WriteInt32LittleEndian(record[1..], row);
        destination.Advance(DropBytes);
    }

    /// <summary>Bytes of the <see cref="Add"/> that <paramref name="source"/> begins with; 0 where it cannot be one.</summary>
    public static int CheckedAddBytes(ReadOnlySpan<byte> source)
    {
        if (source.Length < AddBytes)
            return 0;
        long size = BinaryPrimitives.ReadInt64LittleEndian(source[1..]), ticks = BinaryPrimitives.ReadInt64LittleEndian(source[9..]);
        int keyBytes = BinaryPrimitives.ReadInt32LittleEndian(source[33..]);
        bool isPossible = size >= 0 && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            && keyBytes is > 0 and <= IndexEntry.MaxKeyBytes && keyBytes <= source.Length - AddBytes
            && Utf8.IsValid(source.Slice(AddBytes, keyBytes));
        return isPossible ? AddBytes + keyBytes : 0;
    }

    /// <summary>The row of a <see cref="Drop"/>.</summary>
    public static int DroppedRow(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[1..]);

    /// <summary>The entry of an <see cref="Add"/> that was checked.</summary>
    public static IndexEntry Read(ReadOnlySpan<byte> record) => new(
        Key(record),
        BinaryPrimitives.ReadInt64LittleEndian(record[1..]),
        new DateTime(BinaryPrimitives.ReadInt64LittleEndian(record[9..]), DateTimeKind.Utc),
        BinaryPrimitives.ReadUInt128BigEndian(record[17..]));

    /// <summary>The key of an <see cref="Add"/> that was checked.</summary>
    public static string Key(ReadOnlySpan<byte> record) =>
        Encoding.UTF8.GetString(record.Slice(AddBytes, BinaryPrimitives.ReadInt32LittleEndian(record[33..])));
}
