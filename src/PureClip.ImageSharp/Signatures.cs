using System.Buffers.Binary;
using PureClip.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;

namespace PureClip.ImageSharp;

/// <summary>How files of the formats begin.</summary>
internal static class Signatures
{
    private const int TgaHeaderLength = 18;

    /// <summary>TIFF 6.0, section 2, and BigTIFF; not what cameras write in TIFF's form.</summary>
    public static bool IsTiff(ReadOnlySpan<byte> head)
    {
        bool begins = head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) || head.StartsWith("II+\0"u8) || head.StartsWith("MM\0+"u8);
        return begins && !ImageFormats.CameraPreviews.Recognizes(head);
    }

    /// <summary>"P", 1 to 6, white space (netpbm's manual pages); PAM, 7, is not read.</summary>
    public static bool IsNetpbm(ReadOnlySpan<byte> head) =>
        head is [(byte)'P', >= (byte)'1' and <= (byte)'6', (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n', ..];

    /// <summary>
    /// Truevision TGA, version 2.0: a header whose fields agree. Of random bytes one in some hundred thousand does; files of known kinds
    /// that begin alike, as icons do, declare a palette where there can be none.
    /// </summary>
    public static bool IsTga(ReadOnlySpan<byte> head)
    {
        if (head.Length < TgaHeaderLength)
            return false;
        (byte mapType, byte imageType, byte depth, byte flags) = (head[1], head[2], head[16], head[17]);
        ushort mapFirst = BinaryPrimitives.ReadUInt16LittleEndian(head[3..]);
        ushort mapLength = BinaryPrimitives.ReadUInt16LittleEndian(head[5..]);
        bool hasMap = mapType == 1;
        bool mapAgrees = hasMap
            ? mapLength > 0 && mapFirst + mapLength <= 1 << 16 && head[7] is 15 or 16 or 24 or 32
            : mapType == 0 && mapFirst == 0 && mapLength == 0 && head[7] is 0 or 15 or 16 or 24 or 32;
        bool depthAgrees = imageType switch
        {
            1 or 9 => hasMap && depth is 8 or 16,
            2 or 10 => depth is 15 or 16 or 24 or 32,
            3 or 11 => depth is 8 or 16,
            _ => false,
        };
        bool hasSize = BinaryPrimitives.ReadUInt16LittleEndian(head[12..]) > 0 && BinaryPrimitives.ReadUInt16LittleEndian(head[14..]) > 0;
        return mapAgrees && depthAgrees && hasSize && (flags & 0xC0) == 0; // interleaved: in no file of today
    }

    /// <summary>As ImageSharp itself tells a format.</summary>
    public static bool IsOf(IImageFormat format, ReadOnlySpan<byte> head) => Image.DetectFormat(Memory.Usual, head) == format;
}
