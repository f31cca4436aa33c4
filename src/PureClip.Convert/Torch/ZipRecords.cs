using System.Buffers.Binary;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>Where a zip archive's central directory is (APPNOTE.TXT 4.3.14 to 4.3.16).</summary>
/// <param name="EntryCount">Members.</param>
/// <param name="DirectoryOffset">Byte offset of the directory.</param>
/// <param name="DirectoryLength">Bytes of the directory.</param>
internal readonly record struct ZipEndRecord(long EntryCount, long DirectoryOffset, long DirectoryLength)
{
    private const uint Signature = 0x06054b50;
    private const uint LocatorSignature = 0x07064b50;
    private const uint WideSignature = 0x06064b50;
    private const int Length = 22;
    private const int LocatorLength = 20;
    private const int WideLength = 56;

    /// <summary>Finds the record at the end of the file and checks that the directory lies before it.</summary>
    /// <exception cref="InvalidDataException">There is none, or it contradicts itself.</exception>
    public static ZipEndRecord Find(Lease file)
    {
        long offset = FindOffset(file);
        ReadOnlySpan<byte> record = file.Span(offset, Length);
        ushort disk = BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        if (disk is not (0 or 0xFFFF))
            Problem.InvalidData($"{file.Path} is one disk of a split zip archive, which is not supported.");
        ZipEndRecord narrow = new(count, start, length);
        ZipEndRecord found = ReadWide(file, offset) is not ZipEndRecord wide ? narrow : wide;
        if (!Agrees(count, found.EntryCount, ushort.MaxValue)
            || !Agrees(start, found.DirectoryOffset, uint.MaxValue)
            || !Agrees(length, found.DirectoryLength, uint.MaxValue))
            Problem.InvalidData($"{file.Path}: the zip end record and the zip64 end record disagree.");
        if (found.DirectoryLength > offset || found.DirectoryOffset > offset - found.DirectoryLength)
            Problem.InvalidData(
                $"{file.Path}: the zip directory of {found.DirectoryLength} bytes at offset {found.DirectoryOffset} is not inside the " +
                "file.");
        return found;
    }

    private static bool Agrees(uint narrow, long wide, uint saturated) => narrow == saturated || narrow == wide;

    /// <summary>The last signature whose comment reaches exactly to the end of the file.</summary>
    private static long FindOffset(Lease file)
    {
        int tailLength = (int)Math.Min(file.Length, Length + ushort.MaxValue);
        ReadOnlySpan<byte> tail = file.Span(file.Length - tailLength, tailLength);
        for (int i = tailLength - Length; i >= 0; i--)
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail[i..]) == Signature
                && BinaryPrimitives.ReadUInt16LittleEndian(tail[(i + 20)..]) == tailLength - Length - i)
                return file.Length - tailLength + i;
        return Problem.InvalidData<long>($"{file.Path} starts as a zip archive but has no end record. It is cut short; download it again.");
    }

    private static ZipEndRecord? ReadWide(Lease file, long endOffset)
    {
        if (endOffset < LocatorLength)
            return null;
        ReadOnlySpan<byte> locator = file.Span(endOffset - LocatorLength, LocatorLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != LocatorSignature)
            return null;
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (offset > (ulong)endOffset)
            Problem.InvalidData($"{file.Path}: the zip64 end record at offset {offset} is not inside the file.");
        ReadOnlySpan<byte> record = file.Span((long)offset, WideLength);
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(record[32..]);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(record[40..]);
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(record[48..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != WideSignature
            || Math.Max(count, Math.Max(length, start)) > (ulong)file.Length)
            Problem.InvalidData($"{file.Path}: the zip64 end record at offset {offset} is damaged.");
        return new ZipEndRecord((long)count, (long)start, (long)length);
    }
}

/// <summary>
/// Sizes and place of a zip member, with the zip64 extra field put in where the 32-bit fields are saturated (APPNOTE.TXT 4.5.3).
/// </summary>
/// <param name="Compressed">Bytes in the file.</param>
/// <param name="Content">Bytes of the content.</param>
/// <param name="HeaderOffset">Byte offset of the local header.</param>
internal readonly record struct ZipSizes(long Compressed, long Content, long HeaderOffset)
{
    private const ushort Zip64Id = 1;

    /// <param name="header">A central directory header, 46 bytes.</param>
    /// <param name="extra">Its extra field.</param>
    /// <param name="name">The member's name, for messages.</param>
    /// <exception cref="InvalidDataException">The extra field is malformed, or a value needs 63 bits or more.</exception>
    public static ZipSizes Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> extra, string name)
    {
        uint compressed = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]);
        uint content = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(header[42..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[34..]) is not (0 or 0xFFFF))
            Problem.InvalidData($"'{name}' is on another disk of a split archive, which is not supported.");
        ReadOnlySpan<byte> wide = FindZip64(extra, name);
        long wideContent = Widen(content, ref wide, name); // this order, and only the saturated ones, is the rule of 4.5.3
        long wideCompressed = Widen(compressed, ref wide, name);
        return new ZipSizes(wideCompressed, wideContent, Widen(offset, ref wide, name));
    }

    private static long Widen(uint value, ref ReadOnlySpan<byte> wide, string name)
    {
        if (value != uint.MaxValue)
            return value;
        if (wide.Length < 8)
            Problem.InvalidData($"'{name}' has a saturated zip field without its 64-bit value.");
        ulong result = BinaryPrimitives.ReadUInt64LittleEndian(wide);
        wide = wide[8..];
        return result <= long.MaxValue / 2 ? (long)result : Problem.InvalidData<long>(
            $"'{name}' has the impossible zip size or offset {result}.");
    }

    private static ReadOnlySpan<byte> FindZip64(ReadOnlySpan<byte> extra, string name)
    {
        while (extra.Length >= 4)
        {
            ushort id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
                Problem.InvalidData($"The zip extra field of '{name}' is cut short.");
            if (id == Zip64Id)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }
        return [];
    }
}
