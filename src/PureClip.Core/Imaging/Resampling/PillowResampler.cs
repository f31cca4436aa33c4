namespace PureClip.Imaging.Resampling;

/// <summary>
/// <c>Image.resize</c> of Pillow 9.4 for 8-bit pictures, bit for bit: a horizontal and a vertical pass with 22-bit weights and an 8-bit
/// picture between them; a pass whose axis keeps its size is skipped. Palette and black-and-white pictures take the nearest pixel,
/// pictures with alpha are interpolated in premultiplied colours.
/// Only the wanted part of the result is computed, and of the source only what it depends on is read.
/// </summary>
internal static class PillowResampler
{
    /// <summary>Resizes a picture.</summary>
    /// <param name="source">The whole source.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="columns">Source width, width of the whole result and the wanted columns.</param>
    /// <param name="rows">Likewise for heights and rows.</param>
    /// <param name="target">Receives the wanted part, its first pixel first.</param>
    public static void Resize(PixelView source, ResampleFilter filter, ResampleAxis columns, ResampleAxis rows, TargetRows target)
    {
        if (!columns.Changes && !rows.Changes)
            CopyPart(source, columns, rows, target);
        else if (filter is ResampleFilter.Nearest || source.Mode is PixelMode.Bilevel or PixelMode.Palette)
            NearestResampler.Resize(source, columns, rows, target);
        else if (source.Mode is PixelMode.Rgba or PixelMode.GrayAlpha)
            ResizePremultiplied(source, filter, columns, rows, target);
        else
            ResizeStraight(source.Rows, source.Channels, filter, columns, rows, target);
    }

    private static void CopyPart(PixelView source, ResampleAxis columns, ResampleAxis rows, TargetRows target)
    {
        int bytes = columns.Count * source.Channels;
        SourceRows part = source.Rows.From(rows.Start, columns.Start * source.Channels);
        for (int y = 0; y < rows.Count; y++)
            part.Slice(y, 0, bytes).CopyTo(target.Slice(y, 0, bytes));
    }

    private static void ResizePremultiplied(
        PixelView source, ResampleFilter filter, ResampleAxis columns, ResampleAxis rows, TargetRows target)
    {
        using PooledBuffer<byte> premultiplied = PooledBuffer<byte>.Rent(source.Pixels.Length);
        PremultipliedAlpha.Multiply(source.Pixels, source.Channels, premultiplied.Span);
        ResizeStraight(new SourceRows(premultiplied.Span, source.Stride), source.Channels, filter, columns, rows, target);
        for (int y = 0; y < rows.Count; y++)
            PremultipliedAlpha.Divide(target.Slice(y, 0, columns.Count * source.Channels), source.Channels);
    }

    private static void ResizeStraight(
        SourceRows source, int channels, ResampleFilter filter, ResampleAxis columns, ResampleAxis rows, TargetRows target)
    {
        if (!rows.Changes)
        {
            ResizeAcross(source.From(rows.Start), rows.Count, channels, filter, columns, target);
            return;
        }

        using ResampleCoefficients down = ResampleCoefficients.Compute(rows, filter);
        SourceRows needed = source.From(down.First[0]);
        int bytes = columns.Count * channels;
        if (!columns.Changes)
        {
            VerticalPass.Run(needed.From(0, columns.Start * channels), bytes, down, target);
            return;
        }

        int neededRows = down.End - down.First[0];
        using PooledBuffer<byte> buffer = PooledBuffer<byte>.Rent(BytesBetween(neededRows, bytes));
        TargetRows between = new(buffer.Span, bytes);
        ResizeAcross(needed, neededRows, channels, filter, columns, between);
        VerticalPass.Run(between.AsSource(), bytes, down, target);
    }

    private static void ResizeAcross(
        SourceRows source, int rows, int channels, ResampleFilter filter, ResampleAxis columns, TargetRows target)
    {
        using ResampleCoefficients across = ResampleCoefficients.Compute(columns, filter);
        HorizontalPass.Run(source, rows, channels, across, target);
    }

    private static int BytesBetween(int rows, int rowBytes)
    {
        long bytes = (long)rows * rowBytes;
        return bytes <= Array.MaxLength
            ? (int)bytes
            : throw new ArgumentException(
                $"{rows} rows of {rowBytes} bytes are too many between the two passes; at most {Array.MaxLength} bytes are allowed. "
                + "Scale the picture down first.");
    }
}

/// <summary>What is to be computed along one axis.</summary>
/// <param name="Input">Pixels of the source, at least 1.</param>
/// <param name="Output">Pixels of the whole result, at least 1; the scale is <paramref name="Input"/> / <paramref name="Output"/>.</param>
/// <param name="Start">First pixel of the result that is wanted.</param>
/// <param name="Count">Wanted pixels, at least 1. Which are wanted does not change the bits of any.</param>
internal readonly record struct ResampleAxis(int Input, int Output, int Start, int Count)
{
    /// <summary>Pillow skips the pass of an axis whose size stays.</summary>
    public bool Changes => Input != Output;

    /// <summary>
    /// Source pixels per output pixel. Pillow passes the source's size as a single-precision number, which matters above 2²⁴.
    /// </summary>
    public double Scale => (double)(float)Input / Output;

    /// <summary>The whole axis.</summary>
    public static ResampleAxis Whole(int input, int output) => new(input, output, 0, output);
}

/// <summary>
/// Pillow's NEAREST: output pixel i is source pixel ⌊(i + 0.5) · scale⌋, where the position is a running sum, as in its ImagingScaleAffine.
/// </summary>
internal static class NearestResampler
{
    public static void Resize(PixelView source, ResampleAxis columns, ResampleAxis rows, TargetRows target)
    {
        using PooledBuffer<int> fromColumn = PooledBuffer<int>.Rent(columns.Count);
        using PooledBuffer<int> fromRow = PooledBuffer<int>.Rent(rows.Count);
        Positions(columns, fromColumn.Span);
        Positions(rows, fromRow.Span);
        int channels = source.Channels;
        for (int y = 0; y < rows.Count; y++)
        {
            ReadOnlySpan<byte> from = source.Rows.Slice(fromRow.Span[y], 0, source.Stride);
            Span<byte> to = target.Slice(y, 0, columns.Count * channels);
            for (int x = 0; x < columns.Count; x++)
                from.Slice(fromColumn.Span[x] * channels, channels).CopyTo(to[(x * channels)..]);
        }
    }

    // The sum's rounding errors decide some pixels, so it has to run from the first one even where only later ones are wanted (at most
    // 2³⁰ additions, about a second, for a line of 9 million pixels). They cannot carry it past the last source pixel below 2²⁶ outputs;
    // beyond, the minimum keeps it inside.
    private static void Positions(ResampleAxis axis, Span<int> positions)
    {
        double position = axis.Scale * 0.5;
        for (int i = 0; i < axis.Start; i++)
            position += axis.Scale;
        for (int i = 0; i < positions.Length; i++, position += axis.Scale)
            positions[i] = Math.Min((int)position, axis.Input - 1);
    }
}

/// <summary>Between straight and premultiplied alpha, rounded as Pillow's RGBA ↔ RGBa and LA ↔ La. The last channel is alpha.</summary>
internal static class PremultipliedAlpha
{
    /// <summary>c · α / 255 to the nearest integer.</summary>
    public static void Multiply(ReadOnlySpan<byte> straight, int channels, Span<byte> premultiplied)
    {
        for (int pixel = 0; pixel < straight.Length; pixel += channels)
        {
            byte alpha = straight[pixel + channels - 1];
            for (int c = 0; c < channels - 1; c++)
                premultiplied[pixel + c] = (byte)ByteMath.MulDiv255(straight[pixel + c], alpha);
            premultiplied[pixel + channels - 1] = alpha;
        }
    }

    /// <summary>255 · c / α cut to an integer and to 255, in place; colours under an alpha of 0 or 255 stay.</summary>
    public static void Divide(Span<byte> pixels, int channels)
    {
        for (int pixel = 0; pixel < pixels.Length; pixel += channels)
        {
            int alpha = pixels[pixel + channels - 1];
            if (alpha is 0 or 255)
                continue;
            for (int c = 0; c < channels - 1; c++)
                pixels[pixel + c] = (byte)Math.Min(255, 255 * pixels[pixel + c] / alpha);
        }
    }
}

/// <summary>Rows of bytes to read.</summary>
/// <param name="bytes">From the first byte of the first row on.</param>
/// <param name="stride">Bytes from one row to the next.</param>
internal readonly ref struct SourceRows(ReadOnlySpan<byte> bytes, int stride)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Stride { get; } = stride;

    /// <summary>The rows from one of them on, each from one of its bytes on.</summary>
    public SourceRows From(int row, int offset = 0) => new(Bytes[(row * Stride + offset)..], Stride);

    /// <summary>Some bytes of one row.</summary>
    public ReadOnlySpan<byte> Slice(int row, int offset, int length) => Bytes.Slice(row * Stride + offset, length);
}

/// <summary>Rows of bytes to write.</summary>
/// <param name="bytes">From the first byte of the first row on.</param>
/// <param name="stride">Bytes from one row to the next.</param>
internal readonly ref struct TargetRows(Span<byte> bytes, int stride)
{
    public Span<byte> Bytes { get; } = bytes;

    public int Stride { get; } = stride;

    /// <summary>The rows from one of them on, each from one of its bytes on.</summary>
    public TargetRows From(int row, int offset = 0) => new(Bytes[(row * Stride + offset)..], Stride);

    /// <summary>Some bytes of one row.</summary>
    public Span<byte> Slice(int row, int offset, int length) => Bytes.Slice(row * Stride + offset, length);

    /// <summary>The same memory, to be read.</summary>
    public SourceRows AsSource() => new(Bytes, Stride);
}
