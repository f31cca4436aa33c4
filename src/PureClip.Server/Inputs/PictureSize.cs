using System.Buffers.Binary;

namespace PureClip.Server.Inputs;

/// <summary>
/// Width and height as a picture's header says them, before any orientation, without decoding it. For files that were decoded before, so
/// that nothing is checked but that there is enough to read. Of a GIF it is the canvas, even where its first frame is larger.
/// </summary>
/// <remarks>PNG 11.2.1 (IHDR); JPEG T.81 B.2.2 (frame header); GIF89a 18; BITMAPINFOHEADER; RFC 9649 (VP8, VP8L, VP8X).</remarks>
internal static class PictureSize
{
    /// <summary>Pixels of a row, and rows; 0 and 0 where the format is none of these.</summary>
    public static (int Width, int Height) Of(ReadOnlySpan<byte> file) =>
        file.Length < 30 ? (0, 0)
        : file[1..].StartsWith("PNG"u8) ? (BigEndian32(file[16..]), BigEndian32(file[20..]))
        : file.StartsWith("GIF8"u8) ? (LittleEndian16(file[6..]), LittleEndian16(file[8..]))
        : file.StartsWith("BM"u8) ? OfBitmap(file[14..])
        : file[1..].StartsWith("\0\0\0"u8) ? OfBitmap(file) // .dib: the same without the file's header
        : file.StartsWith("RIFF"u8) ? OfWebP(file)
        : OfJpeg(file);

    private static (int Width, int Height) OfBitmap(ReadOnlySpan<byte> header)
    {
        const int OldHeaderBytes = 12;
        return BinaryPrimitives.ReadInt32LittleEndian(header) == OldHeaderBytes
            ? (LittleEndian16(header[4..]), LittleEndian16(header[6..]))
            : (BinaryPrimitives.ReadInt32LittleEndian(header[4..]), Math.Abs(BinaryPrimitives.ReadInt32LittleEndian(header[8..])));
    }

    private static (int Width, int Height) OfWebP(ReadOnlySpan<byte> file)
    {
        const int FourteenBits = 0x3FFF;
        ReadOnlySpan<byte> kind = file.Slice(12, 4);
        if (kind.SequenceEqual("VP8X"u8))
            return (1 + LittleEndian24(file[24..]), 1 + LittleEndian24(file[27..]));
        if (kind.SequenceEqual("VP8L"u8))
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(file[21..]);
            return (1 + (int)(bits & FourteenBits), 1 + (int)(bits >> 14 & FourteenBits));
        }
        return (LittleEndian16(file[26..]) & FourteenBits, LittleEndian16(file[28..]) & FourteenBits);
    }

    /// <summary>Goes from segment to segment up to the frame's header.</summary>
    private static (int Width, int Height) OfJpeg(ReadOnlySpan<byte> file)
    {
        for (int at = 2; at + 9 < file.Length;)
        {
            if (file[at] != 0xFF || file[at + 1] == 0xFF)
            {
                at++; // what fills the space before a marker
                continue;
            }
            byte marker = file[at + 1];
            bool isFrame = marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC;
            if (isFrame)
                return (BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]));
            bool isAlone = marker is 0x01 or >= 0xD0 and <= 0xD8;
            at += isAlone ? 2 : 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
        }
        return (0, 0);
    }

    private static int BigEndian32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes);

    private static int LittleEndian16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static int LittleEndian24(ReadOnlySpan<byte> bytes) => bytes[0] | bytes[1] << 8 | bytes[2] << 16;
}
