namespace PureClip.Imaging.Jpeg;

/// <summary>What a frame header (SOF) declares, checked (ITU-T T.81, B.2.2).</summary>
internal sealed class JpegFrame
{
    private JpegFrame(int width, int height, bool progressive, bool arithmetic, JpegComponent[] components)
    {
        Width = OutputWidth = width;
        Height = OutputHeight = height;
        IsProgressive = progressive;
        IsArithmetic = arithmetic;
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

    /// <summary>Pixels a row of the picture that is made of it: fewer once <see cref="Reduce"/> was called.</summary>
    public int OutputWidth { get; private set; }

    /// <summary>Rows of that picture.</summary>
    public int OutputHeight { get; private set; }

    /// <summary>Samples that a block becomes in each direction: 8, or 4, 2, 1 in a reduced picture. Subsampled components may make more.</summary>
    public int SamplesPerBlock { get; private set; } = InverseDct.Side;

    /// <summary>Whether coefficients arrive in several scans (SOF2, SOF10).</summary>
    public bool IsProgressive { get; }

    /// <summary>Whether coding is arithmetic (SOF9, SOF10), not Huffman's.</summary>
    public bool IsArithmetic { get; }

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

    /// <summary>The row of MCUs up to which the data of the last scan reached (<see cref="ScanDecoder.LastGoodRow"/>).</summary>
    public int LastGoodRow { get; set; }

    /// <summary>Blocks of all components, those that fill up MCUs included.</summary>
    public long Blocks => (long)McusAcross * McusDown * Components.Sum(c => c.Horizontal * c.Vertical);

    /// <summary>Reads a frame header.</summary>
    /// <param name="segment">The parameters of SOF0, SOF1, SOF2, SOF9 or SOF10.</param>
    /// <param name="progressive">Whether it is SOF2 or SOF10.</param>
    /// <param name="arithmetic">Whether it is SOF9 or SOF10.</param>
    /// <param name="maxPixels">Largest picture allowed.</param>
    public static JpegFrame Read(SegmentReader segment, bool progressive, bool arithmetic, long maxPixels)
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
        Refusal.RequirePixels(Throw.Prefix + "the picture", width, height, bytesAPixel: 1, maxPixels);
        int count = segment.ReadByte();
        if (count is not (1 or 3 or 4))
            Throw.Invalid($"{count} colour components; 1, 3 and 4 are supported.");
        var components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
            components[i] = ReadComponent(ref segment, alone: count == 1);
        segment.ExpectEnd();
        var frame = new JpegFrame(width, height, progressive, arithmetic, components);
        frame.CheckRatios();
        return frame;
    }

    /// <summary>
    /// Makes the picture smaller by decoding each block to fewer samples: as Pillow's draft mode does, to the smallest of 1/8, 1/4, 1/2 and
    /// whole size at which both sides, rounded down, are not below what is wanted.
    /// </summary>
    /// <param name="wanted">Pixels of the shorter side that are wanted, at least 1.</param>
    public void Reduce(int wanted)
    {
        int most = Math.Min(Width / wanted, Height / wanted);
        int denominator = most >= 8 ? 8 : most >= 4 ? 4 : most >= 2 ? 2 : 1;
        OutputWidth = (Width + denominator - 1) / denominator;
        OutputHeight = (Height + denominator - 1) / denominator;
        SamplesPerBlock = InverseDct.Side / denominator;
        foreach (JpegComponent component in Components)
            component.Reduce(this);
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

    /// <summary>Samples that a block becomes in each direction: 8, or 4, 2, 1 in a reduced picture.</summary>
    public int SamplesPerBlock { get; private set; } = InverseDct.Side;

    /// <summary>Samples a row that belong to the picture.</summary>
    public int Width { get; private set; }

    /// <summary>Rows of samples that belong to the picture.</summary>
    public int Height { get; private set; }

    /// <summary>Blocks that cover a row: the width of a scan of this component alone.</summary>
    public int BlocksAcross { get; private set; }

    /// <summary>Blocks that cover a column.</summary>
    public int BlocksDown { get; private set; }

    /// <summary>Blocks of a row of whole MCUs; the stride of <see cref="Coefficients"/>.</summary>
    public int BlockStride { get; private set; }

    /// <summary>[64] row-major quantisation table, as it was at the component's first scan; null before that.</summary>
    public short[]? QuantizationTable { get; set; }

    /// <summary>[rows of blocks, <see cref="BlockStride"/>] quantised coefficients.</summary>
    public CoefficientStore Coefficients { get; private set; } = new(0, 0, PictureMemory.Owned);

    /// <summary>
    /// [10] lowest bit that the scans so far have brought of DC and the first AC coefficients, in zig-zag order: 0 says complete.
    /// </summary>
    public int[] LowestBits { get; } = [.. Enumerable.Repeat(Unknown, BlockSmoother.Coefficients)];

    /// <summary>[10] what <see cref="LowestBits"/> was before the component's last scan; the first is not used.</summary>
    public int[] PreviousBits { get; } = [.. Enumerable.Repeat(Unknown, BlockSmoother.Coefficients)];

    /// <summary>Lays the component out within its frame.</summary>
    public void Place(JpegFrame frame)
    {
        Measure(frame);
        BlocksAcross = DivideUp(Width, InverseDct.Side);
        BlocksDown = DivideUp(Height, InverseDct.Side);
        BlockStride = frame.McusAcross * Horizontal;
    }

    /// <summary>
    /// Follows its frame to a reduced size. A component that is sampled less is reduced less, as far as its factors allow: what it has need
    /// not be thrown away and made up again.
    /// </summary>
    public void Reduce(JpegFrame frame)
    {
        SamplesPerBlock = frame.SamplesPerBlock;
        while (SamplesPerBlock < InverseDct.Side
            && frame.MaxHorizontal * frame.SamplesPerBlock % (Horizontal * SamplesPerBlock * 2) == 0
            && frame.MaxVertical * frame.SamplesPerBlock % (Vertical * SamplesPerBlock * 2) == 0)
            SamplesPerBlock *= 2;
        Measure(frame);
    }

    private void Measure(JpegFrame frame)
    {
        Width = DivideUp(frame.Width * Horizontal * SamplesPerBlock, frame.MaxHorizontal * InverseDct.Side);
        Height = DivideUp(frame.Height * Vertical * SamplesPerBlock, frame.MaxVertical * InverseDct.Side);
    }

    /// <summary>Makes room for the coefficients of some rows of MCUs.</summary>
    public void Allocate(int mcuRows, PictureMemory memory) => Coefficients = new(mcuRows * Vertical, BlockStride, memory);

    private static int DivideUp(int value, int divisor) => (value + divisor - 1) / divisor;
}
