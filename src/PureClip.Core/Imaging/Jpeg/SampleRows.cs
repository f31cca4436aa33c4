namespace PureClip.Imaging.Jpeg;

/// <summary>
/// The samples of one component, of which the two latest rows of MCUs are kept: upsampling needs the row above and below, and
/// those may lie in the neighbouring MCUs.
/// </summary>
internal sealed class SampleRows
{
    /// <summary>What may be read behind a row's end, so that whole vectors can be loaded.</summary>
    public const int Padding = 32;

    private readonly byte[] samples;
    private readonly int capacity;

    /// <summary>Makes room for a component.</summary>
    public SampleRows(JpegComponent component)
    {
        Width = component.Width;
        Height = component.Height;
        Stride = component.BlocksAcross * 8 + Padding;
        capacity = 2 * 8 * component.Vertical;
        samples = new byte[capacity * Stride];
    }

    /// <summary>Samples a row that belong to the picture.</summary>
    public int Width { get; }

    /// <summary>Rows that belong to the picture.</summary>
    public int Height { get; }

    /// <summary>From one row to the next.</summary>
    public int Stride { get; }

    /// <summary>A row with its padding; rows beyond the edges repeat the outermost one.</summary>
    public ReadOnlySpan<byte> Row(int row) => samples.AsSpan(Math.Clamp(row, 0, Height - 1) % capacity * Stride, Stride);

    /// <summary>The samples from a block's upper left corner to the end of its eight rows.</summary>
    /// <param name="row">First of the block's rows; a multiple of 8.</param>
    /// <param name="column">First of the block's columns.</param>
    public Span<byte> Block(int row, int column) => samples.AsSpan(row % capacity * Stride + column, 7 * Stride + 8);
}
