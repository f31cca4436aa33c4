namespace PureClip.Imaging.Resampling;

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
