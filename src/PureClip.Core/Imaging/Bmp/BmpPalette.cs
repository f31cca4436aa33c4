namespace PureClip.Imaging.Bmp;

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
