namespace PureClip.Imaging.Jpeg;

/// <summary>One colour component of a frame: its sampling, its size and, while decoding, its coefficients.</summary>
internal sealed class JpegComponent(byte id, int horizontal, int vertical, int quantization)
{
    /// <summary>What <see cref="LowestBits"/> holds where no scan has brought a coefficient.</summary>
    public const int Unknown = -1;

    /// <summary>The number by which scans refer to the component.</summary>
    public byte Id { get; } = id;

    /// <summary>Horizontal sampling factor, 1 to 4: blocks of an MCU side by side.</summary>
    public int Horizontal { get; } = horizontal;

    /// <summary>Vertical sampling factor, 1 to 4: blocks of an MCU one below the other.</summary>
    public int Vertical { get; } = vertical;

    /// <summary>Index of the quantisation table, 0 to 3.</summary>
    public int Quantization { get; } = quantization;

    /// <summary>Samples a row that belong to the picture.</summary>
    public int Width { get; private set; }

    /// <summary>Rows of samples that belong to the picture.</summary>
    public int Height { get; private set; }

    /// <summary>Blocks that cover <see cref="Width"/>: the width of a scan of this component alone.</summary>
    public int BlocksAcross => (Width + 7) / 8;

    /// <summary>Blocks that cover <see cref="Height"/>.</summary>
    public int BlocksDown => (Height + 7) / 8;

    /// <summary>Blocks of a row of whole MCUs; the stride of <see cref="Coefficients"/>.</summary>
    public int BlockStride { get; private set; }

    /// <summary>[64] row-major quantisation table, as it was at the component's first scan; null before that.</summary>
    public short[]? QuantizationTable { get; set; }

    /// <summary>[rows of blocks, <see cref="BlockStride"/>, 64] quantised coefficients, each block row-major.</summary>
    public short[] Coefficients { get; private set; } = [];

    /// <summary>
    /// [10] lowest bit that the scans so far have brought of DC and the first AC coefficients, in zig-zag order: 0 says complete.
    /// </summary>
    public int[] LowestBits { get; } = [.. Enumerable.Repeat(Unknown, BlockSmoother.Coefficients)];

    /// <summary>Lays the component out within its frame.</summary>
    public void Place(JpegFrame frame)
    {
        Width = DivideUp(frame.Width * Horizontal, frame.MaxHorizontal);
        Height = DivideUp(frame.Height * Vertical, frame.MaxVertical);
        BlockStride = frame.McusAcross * Horizontal;
    }

    /// <summary>Makes room for the coefficients of some rows of MCUs.</summary>
    public void Allocate(int mcuRows)
    {
        long size = (long)mcuRows * Vertical * BlockStride * InverseDct.BlockSize;
        if (size > Array.MaxLength)
            Throw.Invalid($"the picture has {size} coefficients a component; at most {Array.MaxLength} fit in memory.");
        Coefficients = new short[size];
    }

    /// <summary>Index of a block's first coefficient.</summary>
    public int BlockOffset(int row, int column) => (row * BlockStride + column) * InverseDct.BlockSize;

    /// <summary>[64] a block's coefficients.</summary>
    public Span<short> Block(int row, int column) => Coefficients.AsSpan(BlockOffset(row, column), InverseDct.BlockSize);

    private static int DivideUp(int value, int divisor) => (value + divisor - 1) / divisor;
}
