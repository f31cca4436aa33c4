using System.Buffers.Binary;

namespace PureClip.Imaging.Bmp;

/// <summary>
/// The file header (BITMAPFILEHEADER, 14 bytes), which a .dib leaves out, and the one behind it: BITMAPCOREHEADER with 12 bytes, or
/// BITMAPINFOHEADER with 40 and its longer successors, which begin alike.
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

    /// <summary>1, 4 or 8 (indices), 16, 24 or 32 (colours).</summary>
    public int BitsPerPixel { get; private init; }

    /// <summary>Whether indices are stored in run lengths.</summary>
    public bool IsRunLengths { get; private init; }

    /// <summary>Whether pixels of 16 bits have 6 bits of green.</summary>
    public bool Has6BitGreen { get; private init; }

    /// <summary>Where the rows begin in the file.</summary>
    public long PixelOffset { get; private init; }

    /// <summary>Where the palette begins in the file.</summary>
    public int PaletteOffset { get; private init; }

    /// <summary>Colours in the palette; 0 where pixels are colours.</summary>
    public int PaletteColors { get; private init; }

    /// <summary>Bytes of a palette entry: blue, green, red, and in the longer headers one that means nothing.</summary>
    public int PaletteEntryBytes { get; private init; }

    /// <summary>Where red, green, blue and perhaps alpha are in a pixel of 24 or 32 bits; unused where pixels are others.</summary>
    public BmpChannelOrder Order { get; private init; }

    /// <summary>Bytes from row to row: whole groups of 4.</summary>
    public long Stride => ((long)Width * BitsPerPixel + 31) / 32 * 4;

    /// <summary>Bytes of a row that hold pixels.</summary>
    public long RowBytes => ((long)Width * BitsPerPixel + 7) / 8;

    /// <summary>Which row of the picture, from the top, a stored row is.</summary>
    public int RowAt(int stored) => IsTopDown ? stored : Height - 1 - stored;

    /// <summary>Whether a file begins with a BMP's second header, and so is one that lacks the first.</summary>
    public static bool IsBare(ReadOnlySpan<byte> head)
    {
        if (head.Length < CoreHeaderBytes + 4)
            return false;
        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(head);
        int planes = BinaryPrimitives.ReadUInt16LittleEndian(head[(bytes == CoreHeaderBytes ? 8 : 12)..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(head[(bytes == CoreHeaderBytes ? 10 : 14)..]);
        return IsKnown(bytes) && planes == 1 && bits is 1 or 4 or 8 or 16 or 24 or 32;
    }

    /// <summary>Reads and checks the headers.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is damaged or of a kind that is not supported.</exception>
    public static BmpHeader Parse(ReadOnlySpan<byte> file)
    {
        int start = IsBare(file) ? 0 : FileHeaderBytes;
        if (file.Length < start + CoreHeaderBytes)
            throw new InvalidDataException($"The BMP is truncated: {file.Length} bytes do not hold its headers.");
        uint pixelOffset = start == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(file[start..]);
        if (!IsKnown(bytes))
            throw new InvalidDataException($"The BMP has a header of {bytes} bytes; 12, 40, 52, 56, 64, 108 and 124 are known.");
        if (file.Length - start < bytes)
            throw new InvalidDataException($"The BMP is truncated: {file.Length} bytes do not hold its headers.");
        BmpHeader header = bytes == CoreHeaderBytes ? ParseCore(file, start) : ParseInfo(file, start, (int)bytes);
        header.Check();
        return header with { PixelOffset = header.LocatePixels(pixelOffset) };
    }

    private static bool IsKnown(uint headerBytes) => headerBytes is CoreHeaderBytes or InfoHeaderBytes or 52 or 56 or 64 or 108 or 124;

    private static BmpHeader ParseCore(ReadOnlySpan<byte> file, int start)
    {
        ReadOnlySpan<byte> body = file.Slice(start, CoreHeaderBytes);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(body[10..]);
        return new BmpHeader
        {
            Width = BinaryPrimitives.ReadUInt16LittleEndian(body[4..]),
            Height = BinaryPrimitives.ReadUInt16LittleEndian(body[6..]),
            BitsPerPixel = bits,
            PaletteOffset = start + CoreHeaderBytes,
            PaletteColors = bits <= 8 ? 1 << bits : 0,
            PaletteEntryBytes = 3,
            Order = BmpChannelOrder.Bgr,
        };
    }

    private static BmpHeader ParseInfo(ReadOnlySpan<byte> file, int start, int bytes)
    {
        ReadOnlySpan<byte> body = file.Slice(start, bytes);
        int height = BinaryPrimitives.ReadInt32LittleEndian(body[8..]);
        if (height == int.MinValue)
            throw new InvalidDataException($"The BMP declares a height of {height}; the file is damaged.");
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(body[14..]);
        uint compression = BinaryPrimitives.ReadUInt32LittleEndian(body[16..]);
        uint colors = BinaryPrimitives.ReadUInt32LittleEndian(body[32..]);
        if (bits <= 8 && colors > 256)
            throw new InvalidDataException($"The BMP declares a palette of {colors} colours; 256 is the most.");
        bool isRunLengths = (compression, bits) is (BmpCompression.RunLengths8, 8) or (BmpCompression.RunLengths4, 4);
        BmpMasks? masks = isRunLengths ? null : BmpMasks.Read(compression, file[(start + InfoHeaderBytes)..], hasAlpha: bytes > 52);
        return new BmpHeader
        {
            Width = BinaryPrimitives.ReadInt32LittleEndian(body[4..]),
            Height = Math.Abs(height),
            IsTopDown = height < 0,
            BitsPerPixel = bits,
            IsRunLengths = isRunLengths,
            Has6BitGreen = bits == 16 && masks?.Has6BitGreen == true,
            PaletteOffset = start + bytes + (masks is not null && bytes == InfoHeaderBytes ? BmpMasks.Bytes : 0),
            PaletteColors = bits > 8 ? 0 : colors == 0 ? 1 << bits : (int)colors,
            PaletteEntryBytes = 4,
            Order = bits == 16 || masks is not { } known ? BmpChannelOrder.Bgr : known.OrderOf(bits),
        };
    }

    private void Check()
    {
        if (BitsPerPixel is not (1 or 4 or 8 or 16 or 24 or 32))
            throw new InvalidDataException(
                $"The BMP has {BitsPerPixel} bits a pixel; 1, 4, 8, 16, 24 and 32 are supported. Convert it to PNG.");
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
