using System.Buffers.Binary;
using PureClip.Imaging.Raw;

namespace PureClip.Imaging;

/// <summary>
/// Names files that no decoder at hand reads, by what they begin with, so that messages can say what was found and what to do with it.
/// </summary>
internal static class ForeignFormats
{
    private const string Usual = "Convert it to PNG.";

    private const string Compressed = "Convert it to PNG or JPEG: ImageMagick reads it, and Magick.NET in a program.";

    private const string FromPhones = " Phones can be set to take JPEG.";

    private const string Packaged = "Convert it to PNG, or read it with the package PureClip.ImageSharp.";

    private const string Developed = "Convert it to PNG or JPEG with a raw developer.";

    private const string Exported = "Convert it to PNG where it was made.";

    // As far as texts are looked through, and the brands of an ISO file.
    private const int HeadBytes = 256;

    /// <summary>What a file looks like, with its article, and what to do: "a HEIC", "Convert it to PNG …".</summary>
    /// <param name="file">The whole file, or its beginning; not empty.</param>
    public static (string Kind, string Advice) Describe(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> head = file[..Math.Min(file.Length, HeadBytes)];
        if (head.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G']))
            return ("a PNG that was damaged on its way (sent as text?)", "Fetch it again. " + Usual);
        if (CameraRaw.KindOf(file) is string kind)
            return ($"a camera's raw file ({kind})", Developed);
        if (MakerOf(head) is string maker)
            return ($"a camera's raw file ({maker})", Developed);
        if (TiffFile.IsBig(head))
            return ("a BigTIFF", Packaged);
        if (head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8))
            return (IsCutOff(file) ? "a TIFF (or a camera's raw file)" : "a TIFF", Packaged);
        if (At(head, 4, "ftyp"u8))
            return DescribeIsoMedia(head);
        if (head.StartsWith<byte>([0xFF, 0x0A]) || At(head, 4, "JXL "u8))
            return ("a JPEG XL", Compressed);
        if (At(head, 4, "jP  "u8) || head.StartsWith<byte>([0xFF, 0x4F, 0xFF, 0x51]))
            return ("a JPEG 2000", Compressed);
        if (head.StartsWith("8BPS"u8))
            return ("a PSD (a Photoshop document)", Exported);
        if (head.StartsWith("%PDF"u8))
            return ("a PDF (a document; export its pages as pictures)", Exported);
        if (IsNetpbm(head))
            return ("a PBM, PGM or PPM", Packaged);
        if (head.StartsWith("version https://git-lfs"u8))
            return ("a Git LFS pointer in place of the picture (`git lfs pull` fetches it)", Usual);
        return DescribeText(head) is string text
            ? (text, Exported)
            : ($"no known picture format (it begins with {Convert.ToHexString(head[..Math.Min(head.Length, 8)])})", Usual);
    }

    // Raw files that say so in their first bytes; the others begin as a TIFF does.
    private static string? MakerOf(ReadOnlySpan<byte> head) =>
        At(head, 4, "ftypcrx "u8) ? "Canon CR3"
        : head.StartsWith("IIRO"u8) || head.StartsWith("IIRS"u8) || head.StartsWith("MMOR"u8) ? "Olympus ORF"
        : head.StartsWith("IIU\0"u8) ? "Panasonic RW2"
        : head.StartsWith("FUJIFILMCCD-RAW"u8) ? "Fujifilm RAF"
        : head.StartsWith("FOVb"u8) ? "Sigma X3F"
        : null;

    private static bool IsCutOff(ReadOnlySpan<byte> file) => !TiffFile.TryOpen(file, out TiffFile tiff) || !tiff.HasFirst;

    // ISO/IEC 23008-12: the brand behind "ftyp" says what the container holds; "mif1" says only that it is a picture, and further brands
    // what kind.
    private static (string Kind, string Advice) DescribeIsoMedia(ReadOnlySpan<byte> head)
    {
        const string Avif = "an AVIF", Heic = "a HEIC";
        if (At(head, 8, "avif"u8) || At(head, 8, "avis"u8))
            return (Avif, Compressed);
        if (At(head, 8, "hei"u8) || At(head, 8, "hev"u8))
            return (Heic, Compressed + FromPhones);
        if (!At(head, 8, "mif1"u8) && !At(head, 8, "msf1"u8))
            return ("a video (MP4 or QuickTime)", "Save one of its frames as a picture. " + Usual);
        uint box = BinaryPrimitives.ReadUInt32BigEndian(head);
        ReadOnlySpan<byte> brands = head[..(int)Math.Min(box, (uint)head.Length)];
        return brands.IndexOf("avif"u8) >= 0 ? (Avif, Compressed)
            : brands.IndexOf("heic"u8) >= 0 ? (Heic, Compressed + FromPhones)
            : ("a HEIC or AVIF", Compressed);
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
}
