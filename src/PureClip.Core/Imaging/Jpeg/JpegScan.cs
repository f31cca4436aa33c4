namespace PureClip.Imaging.Jpeg;

/// <summary>What a scan header (SOS) declares, checked against its frame (ITU-T T.81, B.2.3 and G.1.1.1).</summary>
internal sealed class JpegScan
{
    /// <summary>Blocks that an MCU may hold (B.2.3).</summary>
    private const int MaxBlocksPerMcu = 10;

    /// <summary>Positions of a coefficient's bits; libjpeg allows as many for 8-bit samples.</summary>
    private const int MaxBitPosition = 13;

    private JpegScan(Part[] parts, ScanKind kind, int first, int last, int low)
    {
        Parts = parts;
        Kind = kind;
        FirstCoefficient = first;
        LastCoefficient = last;
        LowBit = low;
    }

    /// <summary>
    /// A component of the scan with the numbers of its Huffman tables. A progressive scan need not use them, so they are checked later.
    /// </summary>
    internal readonly record struct Part(JpegComponent Component, int DcTable, int AcTable);

    /// <summary>The scan's components in the order of their blocks.</summary>
    public Part[] Parts { get; }

    /// <summary>What its blocks hold.</summary>
    public ScanKind Kind { get; }

    /// <summary>First coefficient in zig-zag order (Ss).</summary>
    public int FirstCoefficient { get; }

    /// <summary>Last coefficient in zig-zag order (Se).</summary>
    public int LastCoefficient { get; }

    /// <summary>Bit position that this scan ends at (Al).</summary>
    public int LowBit { get; }

    /// <summary>Whether DC differences are decoded.</summary>
    public bool NeedsDcTable => Kind is ScanKind.Sequential or ScanKind.DcFirst;

    /// <summary>Whether AC coefficients are decoded.</summary>
    public bool NeedsAcTable => Kind is ScanKind.Sequential or ScanKind.AcFirst or ScanKind.AcRefinement;

    /// <summary>Whether blocks of several components alternate.</summary>
    public bool IsInterleaved => Parts.Length > 1;

    /// <summary>Reads a scan header.</summary>
    public static JpegScan Read(SegmentReader segment, JpegFrame frame)
    {
        int count = segment.ReadByte();
        if (count < 1 || count > frame.Components.Length)
            Throw.Invalid($"a scan of {count} components; 1 to {frame.Components.Length} are possible in this frame.");
        var parts = new Part[count];
        for (int i = 0; i < count; i++)
            parts[i] = ReadPart(ref segment, frame, parts.AsSpan(0, i));
        int first = segment.ReadByte();
        int last = segment.ReadByte();
        int bits = segment.ReadByte();
        segment.ExpectEnd();
        CheckMcu(parts);
        // A sequential scan has only one possible set of these values, and libjpeg does not look at what is written.
        if (!frame.IsProgressive)
            return new JpegScan(parts, ScanKind.Sequential, 0, InverseDct.BlockSize - 1, 0);
        int high = bits >> 4; // the bit that the scan before ended at, 0 in the first one
        int low = bits & 15;
        CheckProgression(count, first, last, high, low);
        ScanKind kind = (first, high) switch
        {
            (0, 0) => ScanKind.DcFirst,
            (0, _) => ScanKind.DcRefinement,
            (_, 0) => ScanKind.AcFirst,
            _ => ScanKind.AcRefinement,
        };
        return new JpegScan(parts, kind, first, last, low);
    }

    /// <summary>Notes in the components which bits the scan brings, and which had been brought before.</summary>
    /// <param name="isFirst">Whether it is the file's first scan, before which libjpeg takes everything for known.</param>
    public void MarkBits(bool isFirst)
    {
        foreach (Part part in Parts)
        {
            Span<int> bits = part.Component.LowestBits;
            Span<int> before = part.Component.PreviousBits;
            int first = Math.Min(FirstCoefficient, 1);
            if (isFirst)
                before[first..].Clear();
            else
                bits[first..].CopyTo(before[first..]);
            for (int k = FirstCoefficient; k <= LastCoefficient && k < BlockSmoother.Coefficients; k++)
                bits[k] = LowBit;
        }
    }

    private static Part ReadPart(ref SegmentReader segment, JpegFrame frame, ReadOnlySpan<Part> before)
    {
        byte id = segment.ReadByte();
        int tables = segment.ReadByte();
        return new Part(Find(id, frame, before), tables >> 4, tables & 15);
    }

    private static JpegComponent Find(byte id, JpegFrame frame, ReadOnlySpan<Part> before)
    {
        foreach (JpegComponent component in frame.Components)
            if (component.Id == id && !Contains(before, component))
                return component;
        return Throw.Invalid<JpegComponent>($"a scan names component {id}, which the frame does not have or the scan has named already.");
    }

    private static bool Contains(ReadOnlySpan<Part> parts, JpegComponent component)
    {
        foreach (Part part in parts)
            if (part.Component == component)
                return true;
        return false;
    }

    private static void CheckMcu(Part[] parts)
    {
        int blocks = parts.Sum(p => p.Component.Horizontal * p.Component.Vertical);
        if (parts.Length > 1 && blocks > MaxBlocksPerMcu)
            Throw.Invalid($"an MCU of {blocks} blocks; at most {MaxBlocksPerMcu} are allowed.");
    }

    private static void CheckProgression(int components, int first, int last, int high, int low)
    {
        bool band = first == 0 ? last == 0 : components == 1 && first <= last && last < InverseDct.BlockSize;
        bool bits = low <= MaxBitPosition && (high == 0 || low == high - 1);
        if (!band || !bits)
            Throw.Invalid(
                $"a progressive scan of {components} components, coefficients {first} to {last}, bits {high} to {low}. Allowed: the DC " +
                $"coefficient alone, or AC coefficients of one component; one bit less than the scan before, at most {MaxBitPosition}.");
    }
}

/// <summary>What the blocks of a scan hold.</summary>
internal enum ScanKind
{
    /// <summary>Whole blocks.</summary>
    Sequential,

    /// <summary>The upper bits of DC coefficients.</summary>
    DcFirst,

    /// <summary>One more bit of DC coefficients.</summary>
    DcRefinement,

    /// <summary>The upper bits of a band of AC coefficients.</summary>
    AcFirst,

    /// <summary>One more bit of a band of AC coefficients.</summary>
    AcRefinement,
}
