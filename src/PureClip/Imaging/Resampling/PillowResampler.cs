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
    /// <param name="destination">Receives the wanted part, the first pixel at its beginning.</param>
    /// <param name="destinationStride">Bytes from one destination row to the next.</param>
    public static void Resize(PixelView source, ResampleFilter filter, ResampleAxis columns, ResampleAxis rows, Span<byte> destination, int destinationStride)
    {
        if (!columns.Changes && !rows.Changes)
            CopyPart(source, columns, rows, destination, destinationStride);
        else if (filter is ResampleFilter.Nearest || source.Mode is PixelMode.Bilevel or PixelMode.Palette)
            NearestResampler.Resize(source, columns, rows, destination, destinationStride);
        else if (source.Mode is PixelMode.Rgba or PixelMode.GrayAlpha)
            ResizePremultiplied(source, filter, columns, rows, destination, destinationStride);
        else
            ResizeStraight(source, filter, columns, rows, destination, destinationStride);
    }

    private static void CopyPart(PixelView source, ResampleAxis columns, ResampleAxis rows, Span<byte> destination, int destinationStride)
    {
        for (int y = 0; y < rows.Count; y++)
            source.Pixels
                .Slice((rows.Start + y) * source.Stride + columns.Start * source.Channels, columns.Count * source.Channels)
                .CopyTo(destination[(y * destinationStride)..]);
    }

    private static void ResizePremultiplied(PixelView source, ResampleFilter filter, ResampleAxis columns, ResampleAxis rows, Span<byte> destination, int destinationStride)
    {
        using PooledBuffer<byte> buffer = PooledBuffer<byte>.Rent(source.Pixels.Length);
        PremultipliedAlpha.Multiply(source.Pixels, source.Channels, buffer.Span);
        PixelView premultiplied = new(source.Mode, source.Width, source.Height, buffer.Span);
        ResizeStraight(premultiplied, filter, columns, rows, destination, destinationStride);
        for (int y = 0; y < rows.Count; y++)
            PremultipliedAlpha.Divide(destination.Slice(y * destinationStride, columns.Count * source.Channels), source.Channels);
    }

    private static void ResizeStraight(PixelView source, ResampleFilter filter, ResampleAxis columns, ResampleAxis rows, Span<byte> destination, int destinationStride)
    {
        if (!rows.Changes)
        {
            using ResampleCoefficients across = ResampleCoefficients.Compute(columns, filter);
            ReadOnlySpan<byte> wanted = source.Pixels.Slice(rows.Start * source.Stride, rows.Count * source.Stride);
            HorizontalPass.Run(wanted, source.Stride, rows.Count, source.Channels, across, destination, destinationStride);
            return;
        }

        using ResampleCoefficients down = ResampleCoefficients.Compute(rows, filter);
        int firstRow = down.First[0];
        int neededRows = down.End - firstRow;
        ReadOnlySpan<byte> needed = source.Pixels.Slice(firstRow * source.Stride, neededRows * source.Stride);
        int bytes = columns.Count * source.Channels;
        if (!columns.Changes)
        {
            VerticalPass.Run(needed[(columns.Start * source.Channels)..], source.Stride, bytes, down, destination, destinationStride);
            return;
        }

        using ResampleCoefficients horizontal = ResampleCoefficients.Compute(columns, filter);
        using PooledBuffer<byte> between = PooledBuffer<byte>.Rent(BetweenBytes(neededRows, bytes));
        HorizontalPass.Run(needed, source.Stride, neededRows, source.Channels, horizontal, between.Span, bytes);
        VerticalPass.Run(between.Span, bytes, bytes, down, destination, destinationStride);
    }

    private static int BetweenBytes(int rows, int rowBytes)
    {
        long bytes = (long)rows * rowBytes;
        return bytes <= Array.MaxLength
            ? (int)bytes
            : throw new ArgumentException($"{rows} rows of {rowBytes} bytes are too many between the two passes; at most {Array.MaxLength} bytes are allowed. Scale the picture down first.");
    }
}
