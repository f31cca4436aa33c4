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
            Throw.Invalid($"the frame is {width} x {height} pixels; both have to be at least 1 (a height that follows in a DNL segment is not supported).");
        if ((long)width * height > maxPixels)
            Throw.Invalid($"the picture is {width} x {height} pixels; at most {maxPixels} pixels are allowed. Raise {nameof(ImageDecoderOptions)}.{nameof(ImageDecoderOptions.MaxPixels)} to decode it.");
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
                Throw.Invalid($"component {c.Id} is sampled {c.Horizontal} x {c.Vertical} where the largest factors are {MaxHorizontal} x {MaxVertical}; only whole ratios are supported, as by libjpeg.");
    }
}
