using System.Buffers.Binary;

namespace PureClip.Imaging.Bmp;

/// <summary>
/// The file header (BITMAPFILEHEADER, 14 bytes) and the one behind it: BITMAPCOREHEADER with 12 bytes, or BITMAPINFOHEADER with 40
/// and its longer successors, which begin alike.
/// </summary>
internal readonly record struct BmpHeader
{
    private const int FileHeaderBytes = 14;
    private const int CoreHeaderBytes = 12;
    private const int InfoHeaderBytes = 40;

    public int Width { get; private init; }

    public int Height { get; private init; }

    /// <summary>Whether the first stored row is the top one; usually it is the bottom one.</summary>
    public bool IsTopDown { get; private init; }

    /// <summary>1, 4 or 8 (indices), 24 or 32 (colours).</summary>
    public int BitsPerPixel { get; private init; }

    /// <summary>Where the rows begin in the file.</summary>
    public long PixelOffset { get; private init; }

    /// <summary>Where the palette begins in the file.</summary>
    public int PaletteOffset { get; private init; }

    /// <summary>Colours in the palette; 0 where pixels are colours.</summary>
    public int PaletteColors { get; private init; }

    /// <summary>Bytes of a palette entry: blue, green, red, and in the longer headers one that means nothing.</summary>
    public int PaletteEntryBytes { get; private init; }

    /// <summary>Where red, green, blue and perhaps alpha are in a pixel of 24 or 32 bits; unused where pixels are indices.</summary>
    public BmpChannelOrder Order { get; private init; }

    /// <summary>Bytes from row to row: whole groups of 4.</summary>
    public long Stride => ((long)Width * BitsPerPixel + 31) / 32 * 4;

    /// <summary>Bytes of a row that hold pixels.</summary>
    public long RowBytes => ((long)Width * BitsPerPixel + 7) / 8;

    /// <summary>Reads and checks the headers.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is damaged or of a kind that is not supported.</exception>
    public static BmpHeader Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < FileHeaderBytes + CoreHeaderBytes)
            throw new InvalidDataException($"The BMP is truncated: {file.Length} bytes do not hold its headers.");
        uint pixelOffset = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(file[FileHeaderBytes..]);
        if (bytes is not (CoreHeaderBytes or InfoHeaderBytes or 52 or 56 or 64 or 108 or 124))
            throw new InvalidDataException($"The BMP has a header of {bytes} bytes; 12, 40, 52, 56, 64, 108 and 124 are known.");
        if (file.Length - FileHeaderBytes < bytes)
            throw new InvalidDataException($"The BMP is truncated: {file.Length} bytes do not hold its headers.");
        ReadOnlySpan<byte> body = file.Slice(FileHeaderBytes, (int)bytes);
        BmpHeader header = bytes == CoreHeaderBytes ? ParseCore(body) : ParseInfo(body, file);
        header.Check();
        return header with { PixelOffset = header.LocatePixels(pixelOffset) };
    }

    private static BmpHeader ParseCore(ReadOnlySpan<byte> body)
    {
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(body[10..]);
        return new BmpHeader
        {
            Width = BinaryPrimitives.ReadUInt16LittleEndian(body[4..]),
            Height = BinaryPrimitives.ReadUInt16LittleEndian(body[6..]),
            BitsPerPixel = bits,
            PaletteOffset = FileHeaderBytes + CoreHeaderBytes,
            PaletteColors = bits <= 8 ? 1 << bits : 0,
            PaletteEntryBytes = 3,
            Order = BmpChannelOrder.Bgr,
        };
    }

    private static BmpHeader ParseInfo(ReadOnlySpan<byte> body, ReadOnlySpan<byte> file)
    {
        int height = BinaryPrimitives.ReadInt32LittleEndian(body[8..]);
        if (height == int.MinValue)
            throw new InvalidDataException($"The BMP declares a height of {height}; the file is damaged.");
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(body[14..]);
        uint compression = BinaryPrimitives.ReadUInt32LittleEndian(body[16..]);
        uint colors = BinaryPrimitives.ReadUInt32LittleEndian(body[32..]);
        if (bits <= 8 && colors > 256)
            throw new InvalidDataException($"The BMP declares a palette of {colors} colours; 256 is the most.");
        return new BmpHeader
        {
            Width = BinaryPrimitives.ReadInt32LittleEndian(body[4..]),
            Height = Math.Abs(height),
            IsTopDown = height < 0,
            BitsPerPixel = bits,
            PaletteOffset = FileHeaderBytes + body.Length,
            PaletteColors = bits > 8 ? 0 : colors == 0 ? 1 << bits : (int)colors,
            PaletteEntryBytes = 4,
            Order = BmpChannelOrder.Read(compression, bits, file[(FileHeaderBytes + InfoHeaderBytes)..], body.Length > 52),
        };
    }

    private void Check()
    {
        if (BitsPerPixel is not (1 or 4 or 8 or 24 or 32))
            throw new InvalidDataException(
                $"The BMP has {BitsPerPixel} bits a pixel; 1, 4, 8, 24 and 32 are supported. Convert it to PNG.");
        if (Width <= 0 || Height <= 0)
            throw new InvalidDataException($"The BMP declares {Width} x {Height} pixels; the file is damaged.");
    }

    // A file header that says 0, or that forgot the palette, means "behind the headers and the palette".
    private long LocatePixels(uint declared)
    {
        long behindPalette = PaletteOffset + (long)PaletteColors * PaletteEntryBytes;
        return declared == 0 || (declared == PaletteOffset && PaletteColors > 0) ? behindPalette : declared;
    }
}

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

/// <summary>The colours of a BMP whose pixels are indices, and the pixel mode that follows from them.</summary>
/// <param name="Mode">What <see cref="BmpDecoder"/> gives.</param>
/// <param name="Colors">[2^bits, 3] red, green, blue.</param>
internal readonly record struct BmpPalette(PixelMode Mode, byte[] Colors)
{
    /// <summary>
    /// Reads the palette. As Pillow does, a palette that is a ramp of grey is dropped: black and white of one bit give
    /// <see cref="PixelMode.Bilevel"/>, a ramp 0, 1, 2, ... of 8 bits gives <see cref="PixelMode.Gray"/>. Indices beyond the
    /// palette are the grey of their own number, as in Pillow.
    /// </summary>
    /// <exception cref="InvalidDataException">The file ends before the palette does.</exception>
    public static BmpPalette Read(ReadOnlySpan<byte> file, BmpHeader header)
    {
        int bytes = header.PaletteColors * header.PaletteEntryBytes;
        if (file.Length - header.PaletteOffset < bytes)
            throw new InvalidDataException($"The BMP is truncated: it ends inside its palette of {header.PaletteColors} colours.");
        ReadOnlySpan<byte> stored = file.Slice(header.PaletteOffset, bytes);
        byte[] colors = new byte[(1 << header.BitsPerPixel) * 3];
        for (int i = 0; i < colors.Length / 3; i++)
        {
            Span<byte> color = colors.AsSpan(3 * i, 3);
            if (i >= header.PaletteColors)
                color.Fill((byte)i);
            else
                ReadReversed(stored.Slice(i * header.PaletteEntryBytes, 3), color);
        }
        return new BmpPalette(ModeOf(header, colors), colors);
    }

    private static void ReadReversed(ReadOnlySpan<byte> bgr, Span<byte> rgb)
    {
        bgr.CopyTo(rgb);
        rgb.Reverse();
    }

    private static PixelMode ModeOf(BmpHeader header, ReadOnlySpan<byte> colors)
    {
        if (header.BitsPerPixel == 1 && colors.SequenceEqual<byte>([0, 0, 0, 255, 255, 255]))
            return PixelMode.Bilevel;
        return header.BitsPerPixel == 8 && IsGrayRamp(colors) ? PixelMode.Gray : PixelMode.Palette;
    }

    private static bool IsGrayRamp(ReadOnlySpan<byte> colors)
    {
        for (int i = 0; i < colors.Length; i++)
            if (colors[i] != i / 3)
                return false;
        return true;
    }
}
