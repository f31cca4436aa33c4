namespace PureClip.Imaging.Png;

/// <summary>
/// Decodes PNG (W3C PNG specification, third edition): all colour types and bit depths, interlaced or not, bit for bit what Pillow
/// gives, with one deliberate difference: 16-bit grey is scaled to 8 bits by its high byte, where Pillow clips it.
/// Gamma and colour profiles are not applied, as Pillow does not apply them either. Of an animated PNG the default image is decoded.
/// </summary>
internal sealed class PngDecoder : IPictureFormat
{
    /// <inheritdoc/>
    public string FormatName => "PNG";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".png"];

    /// <inheritdoc/>
    public string MediaType => "image/png";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith(PngChunkReader.Signature);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        PngFile png = PngFile.Parse(file, options.MaxPixels);
        png.Header.CheckCompressedBytes(png.CompressedPixels.Length);
        return new RasterImage(png.Header.Mode, png.Header.Width, png.Header.Height, ReadPixels(png.Header, png.CompressedPixels, memory), memory)
        {
            Palette = png.Palette,
            PaletteAlpha = png.PaletteAlpha,
            TransparentColor = png.TransparentColor,
            Orientation = png.Orientation,
        };
    }

    private static byte[] ReadPixels(PngHeader header, Stream compressed, PictureMemory memory)
    {
        using PngScanlineReader scanlines = new(compressed, header);
        byte[] pixels = memory.Take(checked(header.Width * header.Height * header.Channels)); // every pass together writes all of it
        foreach (PngPass pass in header.Passes)
            if (pass.Columns(header.Width) > 0)
                ReadPass(scanlines, header, pass, pixels);
        scanlines.Finish();
        return pixels;
    }

    private static void ReadPass(PngScanlineReader scanlines, PngHeader header, PngPass pass, byte[] pixels)
    {
        int columns = pass.Columns(header.Width);
        int bytes = (int)header.ScanlineBytes(columns);
        int stride = header.Width * header.Channels;
        byte[] reduced = pass.StepX == 1 ? [] : new byte[columns * header.Channels];
        scanlines.BeginPass();
        for (int y = pass.Y; y < header.Height; y += pass.StepY)
        {
            ReadOnlySpan<byte> scanline = scanlines.Read(bytes);
            Span<byte> row = pixels.AsSpan(y * stride, stride);
            if (pass.StepX == 1)
            {
                PngSamples.Unpack(scanline, header, row);
                continue;
            }
            PngSamples.Unpack(scanline, header, reduced);
            Spread(reduced, header.Channels, pass, row);
        }
    }

    // Puts the pixels of a reduced row where they belong in the whole one.
    private static void Spread(ReadOnlySpan<byte> reduced, int channels, PngPass pass, Span<byte> row)
    {
        int to = pass.X * channels;
        for (int from = 0; from < reduced.Length; from += channels, to += pass.StepX * channels)
            reduced.Slice(from, channels).CopyTo(row[to..]);
    }
}
