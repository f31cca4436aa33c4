using System.Buffers.Binary;

namespace PureClip.Convert.Torch;

/// <summary>Sizes and place of a zip member, with the zip64 extra field put in where the 32-bit fields are saturated (APPNOTE.TXT 4.5.3).</summary>
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
            Throw.InvalidData($"'{name}' is on another disk of a split archive, which is not supported.");
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
            Throw.InvalidData($"'{name}' has a saturated zip field without its 64-bit value.");
        ulong result = BinaryPrimitives.ReadUInt64LittleEndian(wide);
        wide = wide[8..];
        return result <= long.MaxValue / 2 ? (long)result : Throw.InvalidData<long>(
            $"'{name}' has the impossible zip size or offset {result}.");
    }

    private static ReadOnlySpan<byte> FindZip64(ReadOnlySpan<byte> extra, string name)
    {
        while (extra.Length >= 4)
        {
            ushort id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
                Throw.InvalidData($"The zip extra field of '{name}' is cut short.");
            if (id == Zip64Id)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }
        return [];
    }
}
