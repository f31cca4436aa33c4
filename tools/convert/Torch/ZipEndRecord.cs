using System.Buffers.Binary;
using PureClip.Convert.Tensors;

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
    public static ZipEndRecord Find(MappedFile file)
    {
        long offset = FindOffset(file);
        ReadOnlySpan<byte> record = file.Span(offset, Length);
        ushort disk = BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        if (disk is not (0 or 0xFFFF))
            Throw.InvalidData($"{file.Path} is one disk of a split zip archive, which is not supported.");
        ZipEndRecord narrow = new(count, start, length);
        ZipEndRecord found = ReadWide(file, offset) is not ZipEndRecord wide ? narrow : wide;
        if (!Agrees(count, found.EntryCount, ushort.MaxValue)
            || !Agrees(start, found.DirectoryOffset, uint.MaxValue)
            || !Agrees(length, found.DirectoryLength, uint.MaxValue))
            Throw.InvalidData($"{file.Path}: the zip end record and the zip64 end record disagree.");
        if (found.DirectoryLength > offset || found.DirectoryOffset > offset - found.DirectoryLength)
            Throw.InvalidData(
                $"{file.Path}: the zip directory of {found.DirectoryLength} bytes at offset {found.DirectoryOffset} is not inside the " +
                "file.");
        return found;
    }

    private static bool Agrees(uint narrow, long wide, uint saturated) => narrow == saturated || narrow == wide;

    /// <summary>The last signature whose comment reaches exactly to the end of the file.</summary>
    private static long FindOffset(MappedFile file)
    {
        int tailLength = (int)Math.Min(file.Length, Length + ushort.MaxValue);
        ReadOnlySpan<byte> tail = file.Span(file.Length - tailLength, tailLength);
        for (int i = tailLength - Length; i >= 0; i--)
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail[i..]) == Signature
                && BinaryPrimitives.ReadUInt16LittleEndian(tail[(i + 20)..]) == tailLength - Length - i)
                return file.Length - tailLength + i;
        return Throw.InvalidData<long>($"{file.Path} starts as a zip archive but has no end record. It is cut short; download it again.");
    }

    private static ZipEndRecord? ReadWide(MappedFile file, long endOffset)
    {
        if (endOffset < LocatorLength)
            return null;
        ReadOnlySpan<byte> locator = file.Span(endOffset - LocatorLength, LocatorLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != LocatorSignature)
            return null;
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (offset > (ulong)endOffset)
            Throw.InvalidData($"{file.Path}: the zip64 end record at offset {offset} is not inside the file.");
        ReadOnlySpan<byte> record = file.Span((long)offset, WideLength);
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(record[32..]);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(record[40..]);
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(record[48..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != WideSignature
            || Math.Max(count, Math.Max(length, start)) > (ulong)file.Length)
            Throw.InvalidData($"{file.Path}: the zip64 end record at offset {offset} is damaged.");
        return new ZipEndRecord((long)count, (long)start, (long)length);
    }
}
