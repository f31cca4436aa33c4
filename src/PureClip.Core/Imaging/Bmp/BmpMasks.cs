using System.Buffers.Binary;

namespace PureClip.Imaging.Bmp;

/// <summary>Which byte of a pixel of 24 or 32 bits holds which channel; <paramref name="Alpha"/> is -1 where there is none.</summary>
internal readonly record struct BmpChannelOrder(int Red, int Green, int Blue, int Alpha)
{
    /// <summary>What files without masks have. The fourth byte of 32 bits means nothing then.</summary>
    public static BmpChannelOrder Bgr => new(2, 1, 0, -1);
}

/// <summary>How the pixels are stored: the header's compression field.</summary>
internal static class BmpCompression
{
    public const uint None = 0;
    public const uint RunLengths8 = 1;
    public const uint RunLengths4 = 2;
    public const uint BitFields = 3;

    public static string NameOf(uint compression) => compression switch
    {
        RunLengths8 => "8-bit run lengths",
        RunLengths4 => "4-bit run lengths",
        4 => "JPEG",
        5 => "PNG",
        _ => $"method {compression}",
    };
}

/// <summary>Which bits of a pixel are which channel.</summary>
internal readonly record struct BmpMasks(uint Red, uint Green, uint Blue, uint Alpha)
{
    /// <summary>Bytes of the masks of red, green and blue.</summary>
    public const int Bytes = 12;

    /// <summary>Whether a pixel of 16 bits has 6 bits of green; else it has 5.</summary>
    /// <exception cref="InvalidDataException">It has neither.</exception>
    public bool Has6BitGreen => (Red, Green, Blue) switch
    {
        (0xF800, 0x7E0, 0x1F) => true,
        (0x7C00, 0x3E0, 0x1F) => false,
        _ => throw Unknown(16),
    };

    /// <summary>Reads the masks behind the first 40 bytes of the header; null where pixels are plain.</summary>
    /// <param name="compression">The header's field.</param>
    /// <param name="masks">The file from its masks on.</param>
    /// <param name="hasAlpha">Whether the header is long enough for a fourth mask.</param>
    /// <exception cref="InvalidDataException">The pixels are compressed in a way that is not supported.</exception>
    public static BmpMasks? Read(uint compression, ReadOnlySpan<byte> masks, bool hasAlpha)
    {
        if (compression == BmpCompression.None)
            return null;
        if (compression != BmpCompression.BitFields)
            throw new InvalidDataException(
                $"The BMP is compressed ({BmpCompression.NameOf(compression)}); uncompressed ones are supported, and run lengths of as " +
                "many bits as a pixel has, 4 or 8. Convert it to PNG.");
        if (masks.Length < (hasAlpha ? 16 : Bytes))
            throw new InvalidDataException("The BMP is truncated: its colour masks are missing.");
        return new BmpMasks(
            BinaryPrimitives.ReadUInt32LittleEndian(masks),
            BinaryPrimitives.ReadUInt32LittleEndian(masks[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(masks[8..]),
            hasAlpha ? BinaryPrimitives.ReadUInt32LittleEndian(masks[12..]) : 0);
    }

    /// <summary>
    /// The order of the bytes of a pixel of 24 or 32 bits. These are the layouts that Pillow knows; all-zero masks are what some writers
    /// store for blue, green, red, alpha.
    /// </summary>
    /// <exception cref="InvalidDataException">It is another.</exception>
    public BmpChannelOrder OrderOf(int bits) => (bits, Red, Green, Blue, Alpha) switch
    {
        (24, 0xFF0000, 0xFF00, 0xFF, _) => BmpChannelOrder.Bgr,
        (32, 0xFF0000, 0xFF00, 0xFF, 0) => BmpChannelOrder.Bgr,
        (32, 0xFF0000, 0xFF00, 0xFF, 0xFF000000) => new(2, 1, 0, 3),
        (32, 0, 0, 0, 0) => new(2, 1, 0, 3),
        (32, 0xFF000000, 0xFF0000, 0xFF00, 0) => new(3, 2, 1, -1),
        (32, 0xFF000000, 0xFF0000, 0xFF00, 0xFF) => new(3, 2, 1, 0),
        (32, 0xFF, 0xFF00, 0xFF0000, 0xFF000000) => new(0, 1, 2, 3),
        _ => throw Unknown(bits),
    };

    private InvalidDataException Unknown(int bits) => new(
        $"The BMP has {bits} bits a pixel with the masks {Red:x8}, {Green:x8}, {Blue:x8}, {Alpha:x8}, " +
        "which is not supported. Convert it to PNG.");
}
