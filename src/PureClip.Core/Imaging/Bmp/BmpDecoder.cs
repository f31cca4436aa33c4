namespace PureClip.Imaging.Bmp;

/// <summary>
/// Decodes BMP files, also without their file header (.dib): 1, 4 or 8 bits a pixel (indices, as they are or in run lengths), 16, 24 or 32
/// (colours), in the modes that Pillow gives them. The fourth byte of 32 bits is alpha only where the header has a mask for it.
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
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("BM"u8) || BmpHeader.IsBare(head);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        BmpHeader header = BmpHeader.Parse(file);
        int channels = header.BitsPerPixel <= 8 ? 1 : ChannelsOf(header);
        Refusal.RequirePixels("The BMP", header.Width, header.Height, channels, options.MaxPixels);
        int rows = header.IsRunLengths ? header.Height : CountRows(header, file.Length, options.Tolerant);
        return header.BitsPerPixel <= 8
            ? DecodeIndices(file, header, rows, options.Tolerant, memory)
            : DecodeColors(file, header, rows, memory);
    }

    private static int ChannelsOf(BmpHeader header) => header.Order.Alpha >= 0 ? 4 : 3;

    private static RasterImage DecodeColors(ReadOnlySpan<byte> file, BmpHeader header, int rows, PictureMemory memory)
    {
        int channels = ChannelsOf(header);
        byte[] pixels = memory.Take(header.Width * header.Height * channels);
        for (int y = 0; y < header.Height; y++)
        {
            Span<byte> row = pixels.AsSpan(header.RowAt(y) * header.Width * channels, header.Width * channels);
            if (y >= rows)
                row.Clear();
            else if (header.BitsPerPixel == 16)
                Bmp16Layout.Read(RowOf(file, header, y), header.Has6BitGreen, row);
            else
                ReadColors(RowOf(file, header, y), header, row);
        }
        return new RasterImage(channels == 4 ? PixelMode.Rgba : PixelMode.Rgb, header.Width, header.Height, pixels, memory);
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

    private static RasterImage DecodeIndices(ReadOnlySpan<byte> file, BmpHeader header, int rows, bool tolerant, PictureMemory memory)
    {
        BmpPalette palette = BmpPalette.Read(file, header);
        int scale = palette.Mode == PixelMode.Bilevel ? 255 : 1;
        byte[] pixels = memory.Take(header.Width * header.Height);
        if (header.IsRunLengths)
            BmpRunLengths.Read(file[(int)Math.Min(header.PixelOffset, file.Length)..], header, tolerant, pixels);
        else
            for (int y = 0; y < header.Height; y++)
            {
                Span<byte> row = pixels.AsSpan(header.RowAt(y) * header.Width, header.Width);
                if (y >= rows)
                    row.Clear();
                else
                    ReadIndices(RowOf(file, header, y), header.BitsPerPixel, scale, row);
            }
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

    /// <summary>A stored row; <paramref name="y"/> counts from the first in the file.</summary>
    private static ReadOnlySpan<byte> RowOf(ReadOnlySpan<byte> file, BmpHeader header, int y) =>
        file.Slice((int)(header.PixelOffset + y * header.Stride), (int)header.RowBytes);

    // Rows are not compressed, so a file that holds them bounds what is allocated: eight times its length, for one bit a pixel.
    private static int CountRows(BmpHeader header, int fileBytes, bool tolerant)
    {
        long end = header.PixelOffset + (header.Height - 1) * header.Stride + header.RowBytes;
        if (end <= fileBytes)
            return header.Height;
        if (!tolerant)
            throw Refusal.Of(
                $"The BMP is truncated: {header.Width} x {header.Height} pixels of {header.BitsPerPixel} bits end at byte " +
                $"{end}, but the file has {fileBytes}.",
                header.PixelOffset <= fileBytes ? PictureRemedy.Tolerance : PictureRemedy.None);
        long whole = fileBytes - header.PixelOffset - header.RowBytes;
        return whole < 0 ? 0 : (int)(whole / header.Stride) + 1;
    }
}

/// <summary>Pixels of 16 bits: red above green above blue, 5 bits each, or 6 of green.</summary>
internal static class Bmp16Layout
{
    /// <summary>Reads a row. A channel of n bits is scaled by 255 / (2^n - 1) and rounded down, as Pillow does.</summary>
    /// <param name="stored">Two bytes a pixel, the lower first.</param>
    /// <param name="has6BitGreen">5, 6 and 5 bits; else 5 each below an unused bit.</param>
    /// <param name="pixels">[width, 3] red, green, blue.</param>
    public static void Read(ReadOnlySpan<byte> stored, bool has6BitGreen, Span<byte> pixels)
    {
        (int redShift, int greenMax) = has6BitGreen ? (11, 63) : (10, 31);
        for (int from = 0, to = 0; to < pixels.Length; from += 2, to += 3)
        {
            int value = stored[from] | stored[from + 1] << 8;
            pixels[to] = (byte)(((value >> redShift) & 31) * 255 / 31);
            pixels[to + 1] = (byte)(((value >> 5) & greenMax) * 255 / greenMax);
            pixels[to + 2] = (byte)((value & 31) * 255 / 31);
        }
    }
}
