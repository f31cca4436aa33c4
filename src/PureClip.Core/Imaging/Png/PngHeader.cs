using System.Buffers.Binary;

namespace PureClip.Imaging.Png;

/// <summary>IHDR (PNG specification, 11.2.1) and the sizes that follow from it.</summary>
internal readonly record struct PngHeader(int Width, int Height, int BitDepth, PngColorType ColorType, bool IsInterlaced)
{
    /// <summary>Bytes of an IHDR body.</summary>
    public const int Bytes = 13;

    // What one byte of deflate data can stand for: 258 bytes take 2 bits at least (RFC 1951, 3.2.5).
    private const int MaxDeflateRatio = 258 * 8 / 2;

    /// <summary>What a decoded pixel looks like. Samples of 16 bits keep their high byte.</summary>
    public PixelMode Mode => ColorType switch
    {
        PngColorType.Gray => BitDepth == 1 ? PixelMode.Bilevel : PixelMode.Gray,
        PngColorType.Rgb => PixelMode.Rgb,
        PngColorType.Palette => PixelMode.Palette,
        PngColorType.GrayAlpha => PixelMode.GrayAlpha,
        _ => PixelMode.Rgba,
    };

    /// <summary>Samples a pixel, in the file as in the decoded picture.</summary>
    public int Channels => RasterImage.ChannelsOf(Mode);

    /// <summary>Bits a pixel in the file.</summary>
    public int BitsPerPixel => Channels * BitDepth;

    /// <summary>How many bytes back a filter finds "the pixel to the left" (PNG specification, 9.2): at least 1.</summary>
    public int FilterDistance => (BitsPerPixel + 7) / 8;

    /// <summary>Entries that an index of this bit depth can reach.</summary>
    public int PaletteEntries => 1 << BitDepth;

    /// <summary>What a sample is multiplied by to fill 8 bits; indices and whole bytes stay as they are.</summary>
    public int SampleScale => ColorType == PngColorType.Palette || BitDepth >= 8 ? 1 : 255 / ((1 << BitDepth) - 1);

    /// <summary>The parts in which the pixels are stored.</summary>
    public ReadOnlySpan<PngPass> Passes => IsInterlaced ? PngPass.Adam7 : PngPass.WholePicture;

    /// <summary>Bytes of a scanline of so many pixels, without its filter byte.</summary>
    public long ScanlineBytes(int columns) => ((long)columns * BitsPerPixel + 7) / 8;

    /// <summary>Reads and checks the body of IHDR.</summary>
    /// <exception cref="InvalidDataException">A field has a value that the PNG specification does not allow.</exception>
    public static PngHeader Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length != Bytes)
            throw new InvalidDataException($"The PNG header (IHDR) has {body.Length} bytes instead of {Bytes}; the file is damaged.");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(body);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
            throw new InvalidDataException($"The PNG header declares {width} x {height} pixels; width and height are 1 to {int.MaxValue}.");
        PngHeader header = new((int)width, (int)height, body[8], (PngColorType)body[9], body[12] == 1);
        header.CheckBitDepth();
        CheckMethods(body[10], body[11], body[12]);
        return header;
    }

    /// <summary>Refuses a picture over the limit, or one that does not fit into one array.</summary>
    /// <exception cref="InvalidDataException">It is too large.</exception>
    public void CheckSize(long maxPixels)
    {
        Refusal.RequirePixels("The PNG", Width, Height, Channels, maxPixels);
        if (ScanlineBytes(Width) >= Array.MaxLength)
            throw Refusal.Of(
                $"The PNG has rows of {Width} pixels, more bytes than one array holds; reduce the picture.", PictureRemedy.SmallerPicture);
    }

    /// <summary>Refuses a picture that so few compressed bytes cannot hold, before memory is taken for its pixels.</summary>
    /// <exception cref="InvalidDataException">Even at deflate's highest ratio the data ends too early.</exception>
    public void CheckCompressedBytes(long compressedBytes)
    {
        long needed = InflatedBytes();
        if (needed > compressedBytes * MaxDeflateRatio)
            throw Refusal.Of(
                $"The PNG is truncated: {Width} x {Height} pixels are {needed} bytes, " +
                $"which {compressedBytes} bytes of compressed data cannot hold.",
                PictureRemedy.Tolerance);
    }

    /// <summary>Bytes of all scanlines with their filter bytes.</summary>
    public long InflatedBytes()
    {
        long bytes = 0;
        foreach (PngPass pass in Passes)
        {
            int columns = pass.Columns(Width);
            if (columns > 0)
                bytes += pass.Rows(Height) * (1 + ScanlineBytes(columns));
        }
        return bytes;
    }

    private void CheckBitDepth()
    {
        string allowed = ColorType switch
        {
            PngColorType.Gray => "1, 2, 4, 8 or 16",
            PngColorType.Palette => "1, 2, 4 or 8",
            PngColorType.Rgb or PngColorType.GrayAlpha or PngColorType.Rgba => "8 or 16",
            _ => throw new InvalidDataException($"The PNG header declares colour type {(byte)ColorType}; 0, 2, 3, 4 and 6 exist."),
        };
        bool valid = ColorType switch
        {
            PngColorType.Gray => BitDepth is 1 or 2 or 4 or 8 or 16,
            PngColorType.Palette => BitDepth is 1 or 2 or 4 or 8,
            _ => BitDepth is 8 or 16,
        };
        if (!valid)
            throw new InvalidDataException(
                $"The PNG header declares {BitDepth} bits a sample for colour type {(byte)ColorType}; {allowed} are possible.");
    }

    private static void CheckMethods(byte compression, byte filter, byte interlace)
    {
        if (compression != 0 || filter != 0)
            throw new InvalidDataException(
                $"The PNG header declares compression method {compression} and filter method {filter}; only 0 and 0 exist.");
        if (interlace > 1)
            throw new InvalidDataException($"The PNG header declares interlace method {interlace}; only 0 (none) and 1 (Adam7) exist.");
    }
}

/// <summary>The colour type byte of IHDR (PNG specification, 11.2.1): bit 0 palette, bit 1 colour, bit 2 alpha.</summary>
internal enum PngColorType : byte
{
    Gray = 0,
    Rgb = 2,
    Palette = 3,
    GrayAlpha = 4,
    Rgba = 6,
}

/// <summary>
/// A reduced picture inside a PNG: every <see cref="StepX"/>-th pixel of every <see cref="StepY"/>-th row, from the pixel
/// (<see cref="X"/>, <see cref="Y"/>) on.
/// </summary>
internal readonly record struct PngPass(int X, int Y, int StepX, int StepY)
{
    private static readonly PngPass[] Whole = [new(0, 0, 1, 1)];

    // PNG specification, 8.2 — which pass a pixel of each 8 x 8 block belongs to.
    private static readonly PngPass[] Interlaced =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    /// <summary>The only pass of a picture that is not interlaced.</summary>
    public static ReadOnlySpan<PngPass> WholePicture => Whole;

    /// <summary>The seven passes of an interlaced picture, in the order in which they are stored.</summary>
    public static ReadOnlySpan<PngPass> Adam7 => Interlaced;

    /// <summary>Pixels a row that this pass has in a picture of this width; a pass without any has no scanlines either.</summary>
    public int Columns(int width) => (width - X + StepX - 1) / StepX;

    /// <summary>Rows that this pass has in a picture of this height.</summary>
    public int Rows(int height) => (height - Y + StepY - 1) / StepY;
}
