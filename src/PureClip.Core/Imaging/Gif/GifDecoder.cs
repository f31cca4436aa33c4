namespace PureClip.Imaging.Gif;

/// <summary>
/// Decodes the first frame of a GIF as Pillow 9.4 does: on a canvas of the transparent index, or of index 0 where none is transparent. How
/// the frame is to be disposed of and the background colour do not matter.
/// </summary>
internal sealed class GifDecoder : IPictureFormat
{
    private const int PaletteEntries = 256;

    /// <summary>First row and step of the passes of interlaced frames.</summary>
    private static readonly (int First, int Step)[] Passes = [(0, 8), (4, 8), (2, 4), (1, 2)];

    /// <inheritdoc/>
    public string FormatName => "GIF";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".gif"];

    /// <inheritdoc/>
    public string MediaType => "image/gif";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => GifFile.HasSignature(head);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        GifFile gif = GifFile.Parse(file);
        Refusal.RequirePixels("GIF: the picture", gif.Width, gif.Height, bytesAPixel: 1, options.MaxPixels);
        byte[] pixels = ReadPixels(gif, options.Tolerant, memory);
        bool isGray = gif.Palette.IsEmpty;
        return new RasterImage(isGray ? PixelMode.Gray : PixelMode.Palette, gif.Width, gif.Height, pixels, memory)
        {
            Palette = isGray ? null : FillUp(gif.Palette),
            PaletteAlpha = isGray ? null : AlphaOf(gif.TransparentIndex),
            TransparentColor = isGray && gif.TransparentIndex is { } index ? [index] : null,
        };
    }

    private static byte[] ReadPixels(GifFile gif, bool tolerant, PictureMemory memory)
    {
        if (gif.Data.IsEmpty)
            throw new InvalidDataException("GIF: the file ends where the pixels of its first frame were expected; it is truncated.");
        int symbolBits = gif.Data[0];
        if (symbolBits > LzwDecoder.MaxSymbolBits)
            throw new InvalidDataException(
                $"GIF: its pixels have {symbolBits} bits a symbol; {LzwDecoder.MaxSymbolBits} are the most. The data is damaged.");
        ReadOnlySpan<byte> blocks = gif.Data[1..];
        int bytes = GifBlocks.CountBytes(blocks);
        int expected = gif.FrameWidth * gif.FrameHeight;
        if (expected > (long)bytes * LzwDecoder.MaxRatio && !tolerant)
            throw Truncated(gif, $"which {bytes} bytes of data cannot hold");
        byte[] canvas = memory.Take(gif.Width * gif.Height);
        using PooledBuffer<byte> data = PooledBuffer<byte>.Rent(bytes);
        GifBlocks.Join(blocks, data.Span);
        bool isWhole = expected == gif.Width * gif.Height && !gif.IsInterlaced;
        using PooledBuffer<byte> separate = PooledBuffer<byte>.Rent(isWhole ? 0 : expected);
        Span<byte> frame = isWhole ? canvas.AsSpan(0, expected) : separate.Span;
        int found = LzwDecoder.Decode(data.Span, symbolBits, frame, tolerant);
        if (found < expected && !tolerant)
            throw Truncated(gif, $"but its data ends after {found} of {expected}");
        frame = frame[..found];
        canvas.AsSpan(isWhole ? frame.Length : 0, gif.Width * gif.Height - (isWhole ? frame.Length : 0)).Fill(gif.TransparentIndex ?? 0);
        if (!isWhole)
            Place(gif, frame, canvas);
        return canvas;
    }

    private static void Place(GifFile gif, ReadOnlySpan<byte> frame, Span<byte> canvas)
    {
        foreach ((int first, int step) in gif.IsInterlaced ? Passes : [(0, 1)])
            for (int y = first; y < gif.FrameHeight && !frame.IsEmpty; y += step)
            {
                int columns = Math.Min(gif.FrameWidth, frame.Length);
                frame[..columns].CopyTo(canvas[((gif.FrameY + y) * gif.Width + gif.FrameX)..]);
                frame = frame[columns..];
            }
    }

    // Pillow's palettes begin as a ramp of grey, so an index beyond the file's palette is the grey of its own number.
    private static byte[] FillUp(ReadOnlySpan<byte> palette)
    {
        byte[] filled = new byte[3 * PaletteEntries];
        for (int i = 0; i < filled.Length; i++)
            filled[i] = (byte)(i / 3);
        palette.CopyTo(filled);
        return filled;
    }

    private static byte[]? AlphaOf(byte? transparentIndex)
    {
        if (transparentIndex is not { } index)
            return null;
        byte[] alpha = new byte[index + 1];
        alpha.AsSpan(0, index).Fill(byte.MaxValue);
        return alpha;
    }

    private static InvalidDataException Truncated(GifFile gif, string why) => Refusal.Of(
        $"GIF: the first frame has {gif.FrameWidth} x {gif.FrameHeight} pixels, {why}; it is truncated.", PictureRemedy.Tolerance);
}
