namespace PureClip.Imaging.Bmp;

/// <summary>
/// Indices in run lengths (BI_RLE8, BI_RLE4), as Windows defines them: two bytes are a number of pixels and their index (or two indices of 4
/// bits that alternate); the number 0 escapes to the end of a row, the end of the picture, a jump, or so many indices one by one. What
/// reaches beyond a row is cut off. Pixels that are never written are index 0.
/// </summary>
internal static class BmpRunLengths
{
    private const byte EndOfRow = 0;
    private const byte EndOfPicture = 1;
    private const byte Jump = 2;

    /// <summary>Decodes all rows.</summary>
    /// <param name="data">The file from its pixels on.</param>
    /// <param name="header">Size, direction and bits a pixel.</param>
    /// <param name="tolerant">Whether data that ends too early leaves the rest at index 0.</param>
    /// <param name="pixels">[height, width] indices, all of it written.</param>
    /// <exception cref="InvalidDataException">The file ends before the picture does.</exception>
    public static void Read(ReadOnlySpan<byte> data, BmpHeader header, bool tolerant, Span<byte> pixels)
    {
        pixels[..(header.Width * header.Height)].Clear();
        int x = 0;
        int y = 0; // counted from the first stored row
        while (y < header.Height && data.Length >= 2)
        {
            (byte count, byte value) = (data[0], data[1]);
            data = data[2..];
            Span<byte> rest = RestOf(pixels, header, x, y);
            if (count > 0)
            {
                Repeat(value, header.BitsPerPixel, rest[..Math.Min(count, rest.Length)]);
                x += count;
                continue;
            }
            switch (value)
            {
                case EndOfRow:
                    x = 0;
                    y++;
                    break;
                case EndOfPicture:
                    return;
                case Jump when data.Length >= 2:
                    x += data[0];
                    y += data[1];
                    data = data[2..];
                    break;
                case Jump:
                    data = [];
                    break;
                default:
                    int bytes = (value * header.BitsPerPixel + 7) / 8;
                    Copy(data[..Math.Min(bytes, data.Length)], header.BitsPerPixel, rest[..Math.Min(value, rest.Length)]);
                    x += value;
                    data = data[Math.Min(bytes + (bytes & 1), data.Length)..]; // whole words
                    break;
            }
        }
        bool isWhole = y >= header.Height || (y == header.Height - 1 && x >= header.Width);
        if (!isWhole && !tolerant)
            throw Refusal.Of(
                $"The BMP is truncated: its run lengths end in row {y + 1} of {header.Height}, without a mark that the picture ends.",
                PictureRemedy.Tolerance);
    }

    private static Span<byte> RestOf(Span<byte> pixels, BmpHeader header, int x, int y) =>
        x >= header.Width ? [] : pixels.Slice(header.RowAt(y) * header.Width + x, header.Width - x);

    private static void Repeat(byte value, int bits, Span<byte> run)
    {
        if (bits == 8)
        {
            run.Fill(value);
            return;
        }
        for (int i = 0; i < run.Length; i++)
            run[i] = (byte)(i % 2 == 0 ? value >> 4 : value & 15);
    }

    private static void Copy(ReadOnlySpan<byte> stored, int bits, Span<byte> run)
    {
        if (bits == 8)
        {
            stored[..Math.Min(stored.Length, run.Length)].CopyTo(run);
            return;
        }
        for (int i = 0; i < run.Length && i / 2 < stored.Length; i++)
            run[i] = (byte)(i % 2 == 0 ? stored[i / 2] >> 4 : stored[i / 2] & 15);
    }
}
