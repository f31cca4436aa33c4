using System.Buffers.Binary;

namespace PureClip.ImageSharp;

/// <summary>
/// Looks through a TIFF's directories before ImageSharp does: it takes memory for as many values as a tag declares, and for as many colours
/// as a palette's bits can tell apart, outside the limits of its allocator; damaged numbers declare gigabytes.
/// </summary>
internal static class TiffTags
{
    // More pages than anybody scans; a crafted file may chain them in circles.
    private const int MostDirectories = 4096;

    private const ushort BitsPerSample = 258, Photometric = 262, Palette = 3, MostPaletteBits = 16;

    /// <summary>Refuses a file in which a tag has more values than the file has bytes, or a palette more than 65,536 colours.</summary>
    /// <exception cref="InvalidDataException">It is so.</exception>
    public static void Check(ReadOnlySpan<byte> file)
    {
        Layout layout = new(file[0] == 'I', file[2] == 43 || file[3] == 43);
        ulong offset = layout.ReadOffset(file[(layout.IsBig ? 8 : 4)..]);
        for (int left = MostDirectories; left > 0 && offset > 0 && offset < (ulong)file.Length; left--)
        {
            ReadOnlySpan<byte> rest = file[(int)offset..];
            if (rest.Length < layout.CountLength)
                return;
            ulong entries = layout.IsBig ? layout.ReadOffset(rest) : layout.ReadUInt16(rest);
            rest = rest[layout.CountLength..];
            int bits = 0, photometric = 0;
            for (; entries > 0 && rest.Length >= layout.EntryLength; entries--, rest = rest[layout.EntryLength..])
            {
                ulong values = layout.ReadOffset(rest[4..]);
                ushort tag = layout.ReadUInt16(rest), first = layout.ReadUInt16(rest[(4 + layout.OffsetLength)..]);
                if (values > (ulong)file.Length)
                    throw new InvalidDataException($"TIFF: damaged: tag {tag} declares {values} values in a file of {file.Length} bytes.");
                bits = tag == BitsPerSample ? first : bits;
                photometric = tag == Photometric ? first : photometric;
            }
            if (photometric == Palette && bits > MostPaletteBits)
                throw new InvalidDataException($"TIFF: a palette of {bits} bits; {MostPaletteBits} are the most. The file is damaged.");
            offset = entries == 0 && rest.Length >= layout.OffsetLength ? layout.ReadOffset(rest) : 0;
        }
    }

    /// <summary>How numbers lie in the file: TIFF 6.0, section 2, and BigTIFF, where counts and offsets have 64 bits.</summary>
    private readonly record struct Layout(bool IsLittleEndian, bool IsBig)
    {
        public int OffsetLength => IsBig ? 8 : 4;

        public int CountLength => IsBig ? 8 : 2;

        public int EntryLength => IsBig ? 20 : 12;

        public ushort ReadUInt16(ReadOnlySpan<byte> data) =>
            IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

        public ulong ReadOffset(ReadOnlySpan<byte> data) => (IsBig, IsLittleEndian) switch
        {
            _ when data.Length < OffsetLength => 0,
            (true, true) => BinaryPrimitives.ReadUInt64LittleEndian(data),
            (true, false) => BinaryPrimitives.ReadUInt64BigEndian(data),
            (false, true) => BinaryPrimitives.ReadUInt32LittleEndian(data),
            _ => BinaryPrimitives.ReadUInt32BigEndian(data),
        };
    }
}
