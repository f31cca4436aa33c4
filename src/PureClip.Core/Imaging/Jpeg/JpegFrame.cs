namespace PureClip.Imaging.Jpeg;

/// <summary>What a frame header (SOF) declares, checked (ITU-T T.81, B.2.2).</summary>
internal sealed class JpegFrame
{
    private JpegFrame(int width, int height, bool progressive, JpegComponent[] components)
    {
        Width = width;
        Height = height;
        IsProgressive = progressive;
        Components = components;
        MaxHorizontal = components.Max(c => c.Horizontal);
        MaxVertical = components.Max(c => c.Vertical);
        McusAcross = (width + 8 * MaxHorizontal - 1) / (8 * MaxHorizontal);
        McusDown = (height + 8 * MaxVertical - 1) / (8 * MaxVertical);
        foreach (JpegComponent component in components)
            component.Place(this);
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows of pixels.</summary>
    public int Height { get; }

    /// <summary>Whether coefficients arrive in several scans (SOF2).</summary>
    public bool IsProgressive { get; }

    /// <summary>One, three or four components.</summary>
    public JpegComponent[] Components { get; }

    /// <summary>Largest horizontal sampling factor.</summary>
    public int MaxHorizontal { get; }

    /// <summary>Largest vertical sampling factor.</summary>
    public int MaxVertical { get; }

    /// <summary>MCUs a row of an interleaved scan.</summary>
    public int McusAcross { get; }

    /// <summary>Rows of MCUs of an interleaved scan.</summary>
    public int McusDown { get; }

    /// <summary>Blocks of all components, those that fill up MCUs included.</summary>
    public long Blocks => (long)McusAcross * McusDown * Components.Sum(c => c.Horizontal * c.Vertical);

    /// <summary>Reads a frame header.</summary>
    /// <param name="segment">The parameters of SOF0, SOF1 or SOF2.</param>
    /// <param name="progressive">Whether it is SOF2.</param>
    /// <param name="maxPixels">Largest picture allowed.</param>
    public static JpegFrame Read(SegmentReader segment, bool progressive, long maxPixels)
    {
        int precision = segment.ReadByte();
        if (precision != 8)
            Throw.Invalid($"samples of {precision} bits; only 8 are supported.");
        int height = segment.ReadUInt16();
        int width = segment.ReadUInt16();
        if (width == 0 || height == 0)
            Throw.Invalid(
                $"the frame is {width} x {height} pixels; both have to be at least 1 (a height that follows in a DNL segment is not " +
                "supported).");
        if ((long)width * height > maxPixels)
            Throw.Invalid(
                $"the picture is {width} x {height} pixels; at most {maxPixels} pixels are allowed. Reduce " +
                "the picture, or raise the limit of pixels.");
        int count = segment.ReadByte();
        if (count is not (1 or 3 or 4))
            Throw.Invalid($"{count} colour components; 1, 3 and 4 are supported.");
        var components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
            components[i] = ReadComponent(ref segment, alone: count == 1);
        segment.ExpectEnd();
        var frame = new JpegFrame(width, height, progressive, components);
        frame.CheckRatios();
        return frame;
    }

    private static JpegComponent ReadComponent(ref SegmentReader segment, bool alone)
    {
        byte id = segment.ReadByte();
        int factors = segment.ReadByte();
        int table = segment.ReadByte();
        int horizontal = factors >> 4;
        int vertical = factors & 15;
        if (horizontal is < 1 or > 4 || vertical is < 1 or > 4)
            Throw.Invalid($"component {id} has sampling factors {horizontal} x {vertical}; 1 to 4 are allowed.");
        if (table > 3)
            Throw.Invalid($"component {id} uses quantisation table {table}; 0 to 3 are allowed.");
        // A component alone is never interleaved and never resampled, whatever its factors say (A.2.2).
        return alone ? new JpegComponent(id, 1, 1, table) : new JpegComponent(id, horizontal, vertical, table);
    }

    private void CheckRatios()
    {
        foreach (JpegComponent c in Components)
            if (MaxHorizontal % c.Horizontal != 0 || MaxVertical % c.Vertical != 0)
                Throw.Invalid(
                    $"component {c.Id} is sampled {c.Horizontal} x {c.Vertical} where the largest factors are {MaxHorizontal} x " +
                    $"{MaxVertical}; only whole ratios are supported, as by libjpeg.");
    }
}

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
