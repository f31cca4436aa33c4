namespace PureClip.Imaging.Bmp;

/// <summary>
/// Decodes uncompressed BMP files with 1, 4, 8 (indices), 24 or 32 bits a pixel, in the modes that Pillow gives them.
/// The fourth byte of 32 bits is alpha only where the header has a mask for it. Run lengths and 16 bits are refused.
/// </summary>
internal sealed class BmpDecoder : IPictureFormat
{
    /// <inheritdoc/>
    public string FormatName => "BMP";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".bmp", ".dib"];

    /// <inheritdoc/>
    public string MediaType => "image/bmp";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("BM"u8);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        BmpHeader header = BmpHeader.Parse(file);
        CheckSize(header, file.Length, options.MaxPixels);
        return header.BitsPerPixel <= 8 ? DecodeIndices(file, header, memory) : DecodeColors(file, header, memory);
    }

    private static RasterImage DecodeColors(ReadOnlySpan<byte> file, BmpHeader header, PictureMemory memory)
    {
        bool hasAlpha = header.Order.Alpha >= 0;
        int channels = hasAlpha ? 4 : 3;
        byte[] pixels = memory.Take(checked(header.Width * header.Height * channels));
        for (int y = 0; y < header.Height; y++)
            ReadColors(RowOf(file, header, y), header, pixels.AsSpan(y * header.Width * channels, header.Width * channels));
        return new RasterImage(hasAlpha ? PixelMode.Rgba : PixelMode.Rgb, header.Width, header.Height, pixels, memory);
    }

    private static void ReadColors(ReadOnlySpan<byte> stored, BmpHeader header, Span<byte> pixels)
    {
        (int red, int green, int blue, int alpha) = header.Order;
        int channels = alpha >= 0 ? 4 : 3;
        for (int to = 0; to < pixels.Length; to += channels)
        {
            pixels[to] = stored[red];
            pixels[to + 1] = stored[green];
            pixels[to + 2] = stored[blue];
            if (alpha >= 0)
                pixels[to + 3] = stored[alpha];
            stored = stored[(header.BitsPerPixel / 8)..];
        }
    }

    private static RasterImage DecodeIndices(ReadOnlySpan<byte> file, BmpHeader header, PictureMemory memory)
    {
        BmpPalette palette = BmpPalette.Read(file, header);
        int scale = palette.Mode == PixelMode.Bilevel ? 255 : 1;
        byte[] pixels = memory.Take(header.Width * header.Height);
        for (int y = 0; y < header.Height; y++)
            ReadIndices(RowOf(file, header, y), header.BitsPerPixel, scale, pixels.AsSpan(y * header.Width, header.Width));
        return new RasterImage(palette.Mode, header.Width, header.Height, pixels, memory)
        {
            Palette = palette.Mode == PixelMode.Palette ? palette.Colors : null,
        };
    }

    private static void ReadIndices(ReadOnlySpan<byte> stored, int bits, int scale, Span<byte> pixels)
    {
        int perByte = 8 / bits;
        int mask = (1 << bits) - 1;
        for (int x = 0; x < pixels.Length; x++)
        {
            int shift = 8 - bits * (1 + x % perByte);
            pixels[x] = (byte)(((stored[x / perByte] >> shift) & mask) * scale);
        }
    }

    private static ReadOnlySpan<byte> RowOf(ReadOnlySpan<byte> file, BmpHeader header, int y)
    {
        int stored = header.IsTopDown ? y : header.Height - 1 - y;
        return file.Slice((int)(header.PixelOffset + stored * header.Stride), (int)header.RowBytes);
    }

    // Rows are not compressed, so a file that holds them bounds what is allocated: eight times its length, for one bit a pixel.
    private static void CheckSize(BmpHeader header, int fileBytes, long maxPixels)
    {
        long pixels = (long)header.Width * header.Height;
        if (pixels > maxPixels)
            throw new InvalidDataException(
                $"The BMP has {header.Width} x {header.Height} = {pixels} pixels, but {maxPixels} is the limit; " +
                "reduce the picture, or raise the limit of pixels.");
        if (pixels > Array.MaxLength)
            throw new InvalidDataException($"The BMP has {pixels} pixels, more than one array holds ({Array.MaxLength}); scale it down.");
        long end = header.PixelOffset + (header.Height - 1) * header.Stride + header.RowBytes;
        if (end > fileBytes)
            throw new InvalidDataException(
                $"The BMP is truncated: {header.Width} x {header.Height} pixels of {header.BitsPerPixel} bits end at byte " +
                $"{end}, but the file has {fileBytes}.");
    }
}
