using System.Buffers.Binary;

namespace PureClip.Imaging;

/// <summary>Finds the orientation in EXIF data (a TIFF structure; EXIF 2.3, 4.6.4 A, tag 0x0112).</summary>
internal static class ExifOrientation
{
    private const int HeaderLength = 8;
    private const int EntryLength = 12;
    private const ushort OrientationTag = 0x0112;
    private const ushort ShortType = 3;

    /// <summary>Reads the orientation.</summary>
    /// <param name="tiff">The bytes after <c>Exif\0\0</c> in a JPEG file, or the contents of a PNG file's eXIf chunk.</param>
    /// <returns>1 to 8; 1 (as stored) where there is none or the data is not in order, since a picture should not fail for it.</returns>
    public static int Read(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < HeaderLength)
            return 1;
        bool little = tiff.StartsWith("II*\0"u8);
        if (!little && !tiff.StartsWith("MM\0*"u8))
            return 1;
        uint directory = ReadUInt32(tiff[4..], little);
        if (directory > tiff.Length - 2)
            return 1;
        int entries = ReadUInt16(tiff[(int)directory..], little);
        ReadOnlySpan<byte> rest = tiff[((int)directory + 2)..];
        for (int i = 0; i < entries && rest.Length >= EntryLength; i++, rest = rest[EntryLength..])
            if (ReadUInt16(rest, little) == OrientationTag)
                return ReadEntry(rest, little);
        return 1;
    }

    // An entry is tag (2 bytes), type (2), count (4) and value (4, a short in the first two).
    private static int ReadEntry(ReadOnlySpan<byte> entry, bool little)
    {
        int value = ReadUInt16(entry[8..], little);
        bool valid = ReadUInt16(entry[2..], little) == ShortType && ReadUInt32(entry[4..], little) == 1 && value is >= 1 and <= 8;
        return valid ? value : 1;
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    private static uint ReadUInt32(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);
}
