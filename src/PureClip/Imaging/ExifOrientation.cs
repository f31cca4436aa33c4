using System.Buffers.Binary;

namespace PureClip.Imaging;

/// <summary>Finds the orientation in EXIF data.</summary>
internal static class ExifOrientation
{
    private const ushort OrientationTag = 0x0112;
    private const ushort ShortType = 3;
    private const int EntryBytes = 12;

    /// <summary>The orientation that the data declares, 1 to 8; 1 where it declares none or is damaged.</summary>
    /// <param name="tiff">A TIFF header ("II*\0" or "MM\0*") and what follows: EXIF data without its leading "Exif\0\0".</param>
    public static int Read(ReadOnlySpan<byte> tiff)
    {
        bool little = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < 8 || !(little || tiff.StartsWith("MM\0*"u8)))
            return 1;
        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
            return 1;
        ReadOnlySpan<byte> entries = tiff[(int)directory..];
        int count = ReadUInt16(entries, little);
        entries = entries[2..];
        for (int i = 0; i < count && entries.Length >= EntryBytes; i++, entries = entries[EntryBytes..])
            if (ReadUInt16(entries, little) == OrientationTag)
                return ReadValue(entries, little);
        return 1;
    }

    private static int ReadValue(ReadOnlySpan<byte> entry, bool little)
    {
        int value = ReadUInt16(entry[8..], little);
        return ReadUInt16(entry[2..], little) == ShortType && value is >= 1 and <= 8 ? value : 1;
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
