using System.Buffers.Binary;

namespace PureClip.Imaging;

/// <summary>
/// The structure that TIFF files, EXIF data and most cameras' raw files share: a header, and directories of tagged values anywhere in the
/// file (TIFF 6.0, section 2). Nothing is trusted: what points outside is not there.
/// </summary>
internal readonly ref struct TiffFile
{
    private const int HeaderLength = 8;

    private TiffFile(ReadOnlySpan<byte> bytes, bool little)
    {
        Bytes = bytes;
        IsLittleEndian = little;
    }

    /// <summary>The whole file, or its beginning.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Whether numbers begin with their lowest byte.</summary>
    public bool IsLittleEndian { get; }

    /// <summary>Where the first directory is.</summary>
    public uint FirstOffset => ReadUInt32(Bytes[4..]);

    /// <summary>Whether the first directory begins within the file.</summary>
    public bool HasFirst => FirstOffset != 0 && FirstOffset <= Bytes.Length - 2;

    /// <summary>The first directory; empty where it lies outside.</summary>
    public TiffDirectory First => DirectoryAt(FirstOffset);

    /// <summary>Whether a file begins as a TIFF does, and as BigTIFF, whose offsets have 64 bits, does not.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> file, out TiffFile tiff)
    {
        bool little = file.StartsWith("II*\0"u8);
        bool isTiff = (little || file.StartsWith("MM\0*"u8)) && file.Length >= HeaderLength;
        tiff = isTiff ? new(file, little) : default;
        return isTiff;
    }

    /// <summary>Whether a file begins as a BigTIFF does.</summary>
    public static bool IsBig(ReadOnlySpan<byte> file) => file.StartsWith("II+\0"u8) || file.StartsWith("MM\0+"u8);

    /// <summary>A directory: 2 bytes that count its entries, the entries of 12 bytes each, 4 bytes that say where the next one is.</summary>
    public TiffDirectory DirectoryAt(uint offset)
    {
        if (offset > Bytes.Length - 2)
            return default;
        ReadOnlySpan<byte> rest = Bytes[(int)offset..];
        int entries = ReadUInt16(rest);
        return new(this, entries, rest[2..]);
    }

    public ushort ReadUInt16(ReadOnlySpan<byte> data) =>
        IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    public uint ReadUInt32(ReadOnlySpan<byte> data) =>
        IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);
}

/// <summary>One directory of a <see cref="TiffFile"/>: the entries, so far as they are there.</summary>
internal readonly ref struct TiffDirectory
{
    private const int EntryLength = 12;

    private readonly TiffFile _file;
    private readonly ReadOnlySpan<byte> _entries;

    /// <param name="file">Where it lies.</param>
    /// <param name="declared">The entries that it says it has.</param>
    /// <param name="rest">The file from the first of them on.</param>
    public TiffDirectory(TiffFile file, int declared, ReadOnlySpan<byte> rest)
    {
        _file = file;
        Count = Math.Min(declared, rest.Length / EntryLength);
        _entries = rest[..(Count * EntryLength)];
        ReadOnlySpan<byte> behind = rest[_entries.Length..];
        Next = Count == declared && behind.Length >= sizeof(uint) ? file.ReadUInt32(behind) : 0;
    }

    /// <summary>How many entries there are.</summary>
    public int Count { get; }

    /// <summary>Where the next directory is; 0 where there is none.</summary>
    public uint Next { get; }

    /// <summary>An entry: tag, type, count, and the values where they take four bytes, else where they are.</summary>
    public TiffEntry this[int index]
    {
        get
        {
            ReadOnlySpan<byte> entry = _entries.Slice(index * EntryLength, EntryLength);
            ushort type = _file.ReadUInt16(entry[2..]);
            uint count = _file.ReadUInt32(entry[4..]);
            long bytes = count * (long)TiffEntry.BytesOf(type);
            ReadOnlySpan<byte> values = entry[8..];
            if (bytes > values.Length)
            {
                uint offset = _file.ReadUInt32(values);
                values = offset + bytes <= _file.Bytes.Length ? _file.Bytes.Slice((int)offset, (int)bytes) : default;
            }
            else
                values = values[..(int)bytes];
            return new(_file, _file.ReadUInt16(entry), type, values);
        }
    }

    /// <summary>Whether there is an entry of this tag.</summary>
    public bool Has(ushort tag)
    {
        for (int i = 0; i < Count; i++)
            if (this[i].Tag == tag)
                return true;
        return false;
    }

    /// <summary>The values of a tag as whole numbers, of the last entry that has any; empty where none has.</summary>
    public TiffEntry Find(ushort tag)
    {
        TiffEntry found = default;
        for (int i = 0; i < Count; i++)
            if (this[i] is { IsEmpty: false } entry && entry.Tag == tag)
                found = entry;
        return found;
    }
}

/// <summary>A tag and its values.</summary>
internal readonly ref struct TiffEntry(TiffFile file, ushort tag, ushort type, ReadOnlySpan<byte> values)
{
    private readonly TiffFile _file = file;
    private readonly ReadOnlySpan<byte> _values = values;

    /// <summary>What the values are.</summary>
    public ushort Tag { get; } = tag;

    /// <summary>Whether it has no values, or they lie outside the file.</summary>
    public bool IsEmpty => _values.IsEmpty;

    /// <summary>How many values there are.</summary>
    public int Count => IsEmpty ? 0 : _values.Length / BytesOf(type);

    /// <summary>A value of the types SHORT, LONG and IFD; null for others, and where there are not so many.</summary>
    public uint? this[int index] => index >= Count ? null : type switch
    {
        3 => _file.ReadUInt16(_values[(index * 2)..]),
        4 or 13 => _file.ReadUInt32(_values[(index * 4)..]),
        _ => null,
    };

    /// <summary>The first value of a type that is a number to Pillow: BYTE, UNDEFINED and ASCII are none. Not for empty ones.</summary>
    public double? FirstNumber => type switch
    {
        3 => _file.ReadUInt16(_values),
        4 or 13 => _file.ReadUInt32(_values),
        5 => (double)_file.ReadUInt32(_values) / _file.ReadUInt32(_values[4..]),
        6 => (sbyte)_values[0],
        8 => (short)_file.ReadUInt16(_values),
        9 => (int)_file.ReadUInt32(_values),
        10 => (double)(int)_file.ReadUInt32(_values) / (int)_file.ReadUInt32(_values[4..]),
        11 => BitConverter.UInt32BitsToSingle(_file.ReadUInt32(_values)),
        12 => _file.IsLittleEndian
            ? BinaryPrimitives.ReadDoubleLittleEndian(_values)
            : BinaryPrimitives.ReadDoubleBigEndian(_values),
        _ => null,
    };

    /// <summary>Bytes of a value (TIFF 6.0, section 2, "types"); 0 for a type that is not known.</summary>
    public static int BytesOf(ushort type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 => 8,
        _ => 0,
    };
}
