using System.Buffers.Binary;

namespace PureClip.Imaging.Bmp;

/// <summary>Which byte of a pixel of 24 or 32 bits holds which channel; <paramref name="Alpha"/> is -1 where there is none.</summary>
internal readonly record struct BmpChannelOrder(int Red, int Green, int Blue, int Alpha)
{
    private const uint Uncompressed = 0;
    private const uint BitFields = 3;

    /// <summary>What files without masks have. The fourth byte of 32 bits means nothing then.</summary>
    public static BmpChannelOrder Bgr => new(2, 1, 0, -1);

    /// <summary>Reads the order from the compression field and the masks behind the first 40 bytes of the header.</summary>
    /// <param name="compression">0: blue, green, red; 3: as the masks say; anything else is compressed.</param>
    /// <param name="bits">Bits a pixel.</param>
    /// <param name="masks">The file from its masks on.</param>
    /// <param name="hasAlphaMask">Whether the header is long enough for a fourth mask.</param>
    /// <exception cref="InvalidDataException">The pixels are compressed or laid out in a way that is not supported.</exception>
    public static BmpChannelOrder Read(uint compression, int bits, ReadOnlySpan<byte> masks, bool hasAlphaMask)
    {
        if (compression == Uncompressed)
            return Bgr;
        if (compression != BitFields)
            throw new InvalidDataException(
                $"The BMP is compressed ({NameOf(compression)}); only uncompressed ones are supported. Convert it to PNG.");
        if (masks.Length < (hasAlphaMask ? 16 : 12))
            throw new InvalidDataException("The BMP is truncated: its colour masks are missing.");
        uint red = BinaryPrimitives.ReadUInt32LittleEndian(masks);
        uint green = BinaryPrimitives.ReadUInt32LittleEndian(masks[4..]);
        uint blue = BinaryPrimitives.ReadUInt32LittleEndian(masks[8..]);
        uint alpha = hasAlphaMask ? BinaryPrimitives.ReadUInt32LittleEndian(masks[12..]) : 0;
        return FromMasks(bits, red, green, blue, alpha);
    }

    // The layouts that Pillow knows; all-zero masks are what some writers store for blue, green, red, alpha.
    private static BmpChannelOrder FromMasks(int bits, uint red, uint green, uint blue, uint alpha) =>
        (bits, red, green, blue, alpha) switch
        {
            (24, 0xFF0000, 0xFF00, 0xFF, _) => Bgr,
            (32, 0xFF0000, 0xFF00, 0xFF, 0) => Bgr,
            (32, 0xFF0000, 0xFF00, 0xFF, 0xFF000000) => new(2, 1, 0, 3),
            (32, 0, 0, 0, 0) => new(2, 1, 0, 3),
            (32, 0xFF000000, 0xFF0000, 0xFF00, 0) => new(3, 2, 1, -1),
            (32, 0xFF000000, 0xFF0000, 0xFF00, 0xFF) => new(3, 2, 1, 0),
            (32, 0xFF, 0xFF00, 0xFF0000, 0xFF000000) => new(0, 1, 2, 3),
            _ => throw new InvalidDataException(
                $"The BMP has {bits} bits a pixel with the masks {red:x8}, {green:x8}, {blue:x8}, {alpha:x8}, " +
                "which is not supported. Convert it to PNG."),
        };

    private static string NameOf(uint compression) => compression switch
    {
        1 => "8-bit run lengths",
        2 => "4-bit run lengths",
        4 => "JPEG",
        5 => "PNG",
        _ => $"method {compression}",
    };
}
