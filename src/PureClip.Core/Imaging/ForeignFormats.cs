using System.Buffers.Binary;

namespace PureClip.Imaging;

/// <summary>Names files that no decoder of the library reads, by what they begin with, so that messages can say what was found.</summary>
internal static class ForeignFormats
{
    // As far as texts are looked through, and the brands of an ISO file.
    private const int HeadBytes = 256;

    /// <summary>What a file looks like, with its article: "a HEIC".</summary>
    /// <param name="file">The whole file, or its beginning; not empty.</param>
    public static string Describe(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> head = file[..Math.Min(file.Length, HeadBytes)];
        if (head.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G']))
            return "a PNG that was damaged on its way (sent as text?)";
        if (DescribeRaw(head) is string raw)
            return raw;
        if (head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8))
            return DescribeTiff(file);
        if (head.StartsWith("II+\0"u8) || head.StartsWith("MM\0+"u8))
            return "a BigTIFF (a TIFF that may be larger than 4 GB)";
        if (At(head, 4, "ftyp"u8))
            return DescribeIsoMedia(head);
        if (head.StartsWith<byte>([0xFF, 0x0A]) || At(head, 4, "JXL "u8))
            return "a JPEG XL";
        if (At(head, 4, "jP  "u8) || head.StartsWith<byte>([0xFF, 0x4F, 0xFF, 0x51]))
            return "a JPEG 2000";
        if (head.StartsWith("8BPS"u8))
            return "a PSD (a Photoshop document)";
        if (head.StartsWith("%PDF"u8))
            return "a PDF (a document; export its pages as pictures)";
        if (IsNetpbm(head))
            return "a PBM, PGM or PPM";
        if (head.StartsWith("version https://git-lfs"u8))
            return "a Git LFS pointer in place of the picture (`git lfs pull` fetches it)";
        return DescribeText(head) ?? $"no known picture format (it begins with {Convert.ToHexString(head[..Math.Min(head.Length, 8)])})";
    }

    // Raw files that say so in their first bytes; the others are TIFFs to the eye.
    private static string? DescribeRaw(ReadOnlySpan<byte> head)
    {
        string? maker =
            head.StartsWith("II*\0"u8) && At(head, 8, "CR"u8) ? "Canon CR2"
            : At(head, 4, "ftypcrx "u8) ? "Canon CR3"
            : head.StartsWith("IIRO"u8) || head.StartsWith("IIRS"u8) || head.StartsWith("MMOR"u8) ? "Olympus ORF"
            : head.StartsWith("IIU\0"u8) ? "Panasonic RW2"
            : head.StartsWith("FUJIFILMCCD-RAW"u8) ? "Fujifilm RAF"
            : head.StartsWith("FOVb"u8) ? "Sigma X3F"
            : null;
        return maker is null ? null : $"a camera's raw file ({maker})";
    }

    // DNG specification 1.7: tag 50706 is the DNG's version. A first directory that is marked as reduced (TIFF 6.0, tag 254, bit 0) is the
    // thumbnail of a raw file: NEF, ARW and their like.
    private static string DescribeTiff(ReadOnlySpan<byte> file)
    {
        const ushort NewSubfileType = 254, DngVersion = 50706;
        const int HeaderLength = 8, EntryLength = 12;
        bool little = file[0] == 'I', isReduced = false;
        uint directory = file.Length < HeaderLength ? 0 : ReadUInt32(file[4..], little);
        if (directory is 0 || directory > file.Length - 2)
            return "a TIFF (or a camera's raw file)";
        int entries = ReadUInt16(file[(int)directory..], little);
        ReadOnlySpan<byte> rest = file[((int)directory + 2)..];
        for (; entries > 0 && rest.Length >= EntryLength; entries--, rest = rest[EntryLength..])
            switch (ReadUInt16(rest, little))
            {
                case DngVersion:
                    return "a camera's raw file (DNG)";
                case NewSubfileType:
                    isReduced = (ReadUInt32(rest[8..], little) & 1) != 0;
                    break;
            }
        return isReduced ? "a camera's raw file (in TIFF's form, as NEF and ARW are)" : "a TIFF";
    }

    // ISO/IEC 23008-12: the brand behind "ftyp" says what the container holds; "mif1" says only that it is a picture, and further brands
    // what kind.
    private static string DescribeIsoMedia(ReadOnlySpan<byte> head)
    {
        if (At(head, 8, "avif"u8) || At(head, 8, "avis"u8))
            return "an AVIF";
        if (At(head, 8, "hei"u8) || At(head, 8, "hev"u8))
            return "a HEIC";
        if (!At(head, 8, "mif1"u8) && !At(head, 8, "msf1"u8))
            return "a video (MP4 or QuickTime)";
        uint box = BinaryPrimitives.ReadUInt32BigEndian(head);
        ReadOnlySpan<byte> brands = head[..(int)Math.Min(box, (uint)head.Length)];
        return brands.IndexOf("avif"u8) >= 0 ? "an AVIF" : brands.IndexOf("heic"u8) >= 0 ? "a HEIC" : "a HEIC or AVIF";
    }

    // Netpbm: "P", the kind, white space.
    private static bool IsNetpbm(ReadOnlySpan<byte> head) =>
        head is [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n', ..];

    private static string? DescribeText(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith<byte>([0xEF, 0xBB, 0xBF]))
            head = head[3..];
        head = head.TrimStart(" \t\r\n"u8);
        if (!head.StartsWith("<"u8))
            return null;
        if (head.IndexOf("<svg"u8) >= 0)
            return "an SVG (a drawing, not pixels)";
        return head.StartsWith("<?xml"u8) ? "an XML document, perhaps an SVG" : "an HTML page (a failed download?)";
    }

    private static bool At(ReadOnlySpan<byte> head, int offset, ReadOnlySpan<byte> signature) =>
        head.Length > offset && head[offset..].StartsWith(signature);

    private static ushort ReadUInt16(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    private static uint ReadUInt32(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);
}
