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
