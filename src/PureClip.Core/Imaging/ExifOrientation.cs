using System.Buffers.Binary;

namespace PureClip.Imaging;

/// <summary>Finds the orientation in EXIF data (a TIFF structure; EXIF 2.3, 4.6.4 A, tag 0x0112), as Pillow's reader of TIFF tags does.</summary>
internal static class ExifOrientation
{
    private const int HeaderLength = 8;
    private const int EntryLength = 12;
    private const ushort OrientationTag = 0x0112;

    /// <summary>Reads the orientation.</summary>
    /// <param name="tiff">The bytes after <c>Exif\0\0</c> in a JPEG file, or the contents of a PNG file's eXIf chunk.</param>
    /// <returns>1 to 8; 1 (as stored) where there is none or the data is not in order, since a picture should not fail for it.</returns>
    public static int Read(ReadOnlySpan<byte> tiff) => Find(tiff) ?? 1;

    /// <summary>Looks for the tag.</summary>
    /// <param name="tiff">As for <see cref="Read"/>.</param>
    /// <returns>1 to 8, 1 also for values that EXIF does not define; null where the first directory has no such tag.</returns>
    public static int? Find(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < HeaderLength)
            return null;
        bool little = tiff.StartsWith("II*\0"u8);
        if (!little && !tiff.StartsWith("MM\0*"u8))
            return null;
        uint directory = ReadUInt32(tiff[4..], little);
        if (directory > tiff.Length - 2)
            return null;
        int entries = ReadUInt16(tiff[(int)directory..], little);
        ReadOnlySpan<byte> rest = tiff[((int)directory + 2)..];
        int? found = null; // of several entries the last counts
        for (int i = 0; i < entries && rest.Length >= EntryLength; i++, rest = rest[EntryLength..])
            if (ReadUInt16(rest, little) == OrientationTag)
                found = ReadEntry(tiff, rest, little) ?? found;
        return found;
    }

    // An entry is tag (2 bytes), type (2), count (4), and the values where they take four bytes, else where they are. The first counts.
    private static int? ReadEntry(ReadOnlySpan<byte> tiff, ReadOnlySpan<byte> entry, bool little)
    {
        ushort type = ReadUInt16(entry[2..], little);
        long bytes = ReadUInt32(entry[4..], little) * (long)BytesOf(type);
        if (bytes == 0)
            return null;
        ReadOnlySpan<byte> values = entry[8..EntryLength];
        if (bytes > values.Length)
        {
            uint offset = ReadUInt32(values, little);
            if (offset + bytes > tiff.Length)
                return null;
            values = tiff[(int)offset..];
        }
        return ReadValue(type, values, little) is double value and >= 1 and <= 8 && value == (int)value ? (int)value : 1;
    }

    // TIFF 6.0, section 2, "types". Bytes (1, 7) and texts (2) are no numbers to Pillow.
    private static int BytesOf(ushort type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 => 8,
        _ => 0,
    };

    private static double? ReadValue(ushort type, ReadOnlySpan<byte> value, bool little) => type switch
    {
        3 => ReadUInt16(value, little),
        4 or 13 => ReadUInt32(value, little),
        5 => (double)ReadUInt32(value, little) / ReadUInt32(value[4..], little),
        6 => (sbyte)value[0],
        8 => (short)ReadUInt16(value, little),
        9 => (int)ReadUInt32(value, little),
        10 => (double)(int)ReadUInt32(value, little) / (int)ReadUInt32(value[4..], little),
        11 => BitConverter.UInt32BitsToSingle(ReadUInt32(value, little)),
        12 => little ? BinaryPrimitives.ReadDoubleLittleEndian(value) : BinaryPrimitives.ReadDoubleBigEndian(value),
        _ => null,
    };

    private static ushort ReadUInt16(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    private static uint ReadUInt32(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);
}
