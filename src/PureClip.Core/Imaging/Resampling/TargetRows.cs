namespace PureClip.Imaging.Resampling;

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
