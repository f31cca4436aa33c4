namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Decodes one scan, row by row of MCUs, into its components' coefficients (ITU-T T.81, E.2). Damage is treated as libjpeg
/// treats it: where a segment is too short the blocks up to the next restart marker stay zero, and an unexpected restart marker
/// is taken for the likeliest one.
/// </summary>
internal ref struct ScanDecoder
{
    private readonly ReadOnlySpan<byte> file;
    private readonly JpegScan scan;
    private readonly EntropySegment segment;
    private readonly HuffmanTable?[] dc;
    private readonly HuffmanTable?[] ac;
    private readonly int[] predictions;
    private readonly int mcusAcross;
    private readonly int restartInterval;
    private BitReader reader;
    private int mcusToRestart;
    private int nextRestart;
    private int endOfBandRun;
    private bool outOfData;

    /// <summary>Prepares a scan.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="position">Where the scan's entropy-coded data begins.</param>
    /// <param name="header">Tables and restart interval.</param>
    /// <param name="scan">The scan's header.</param>
    /// <param name="segment">A buffer that all scans of the file share.</param>
    public ScanDecoder(ReadOnlySpan<byte> file, int position, JpegHeader header, JpegScan scan, EntropySegment segment)
    {
        this.file = file;
        this.scan = scan;
        this.segment = segment;
        JpegComponent first = scan.Parts[0].Component;
        mcusAcross = scan.IsInterleaved ? header.Frame!.McusAcross : first.BlocksAcross;
        Rows = scan.IsInterleaved ? header.Frame!.McusDown : first.BlocksDown;
        restartInterval = mcusToRestart = header.RestartInterval;
        predictions = new int[scan.Parts.Length];
        dc = Array.ConvertAll(scan.Parts, p => scan.NeedsDcTable ? header.DcTable(p.DcTable) : null);
        ac = Array.ConvertAll(scan.Parts, p => scan.NeedsAcTable ? header.AcTable(p.AcTable) : null);
        foreach (JpegScan.Part part in scan.Parts)
            part.Component.QuantizationTable ??= header.QuantizationTable(part.Component.Quantization);
        segment.Load(file, position);
        reader = segment.Bits;
    }

    /// <summary>Rows of MCUs; of blocks where the scan has one component.</summary>
    public int Rows { get; }

    /// <summary>Blocks that the scan goes through.</summary>
    public readonly long Blocks =>
        (long)Rows * mcusAcross * (scan.IsInterleaved ? scan.Parts.Sum(p => p.Component.Horizontal * p.Component.Vertical) : 1);

    /// <summary>Where the next marker is, once all rows are decoded.</summary>
    public readonly int End => segment.End;

    /// <summary>That marker.</summary>
    public readonly byte Marker => segment.Marker;

    /// <summary>Decodes the next row.</summary>
    /// <param name="target">Which row of the components' coefficients it becomes.</param>
    public void DecodeRow(int target)
    {
        for (int mcu = 0; mcu < mcusAcross; mcu++)
        {
            if (restartInterval > 0 && mcusToRestart-- == 0)
                Restart();
            else if (outOfData && restartInterval == 0)
                return;
            if (outOfData)
                continue;
            if (scan.IsInterleaved)
                DecodeMcu(target, mcu);
            else
                DecodeBlock(0, scan.Parts[0].Component, target, mcu);
            outOfData = reader.IsExhausted;
        }
    }

    private void DecodeMcu(int row, int column)
    {
        for (int part = 0; part < scan.Parts.Length; part++)
        {
            JpegComponent component = scan.Parts[part].Component;
            for (int y = 0; y < component.Vertical; y++)
                for (int x = 0; x < component.Horizontal; x++)
                    DecodeBlock(part, component, row * component.Vertical + y, column * component.Horizontal + x);
        }
    }

    private void DecodeBlock(int part, JpegComponent component, int row, int column)
    {
        ref short block = ref component.Block(row, column)[0];
        switch (scan.Kind)
        {
            case ScanKind.Sequential:
                SequentialBlock.Decode(ref reader, dc[part]!, ac[part]!, ref predictions[part], ref block);
                break;
            case ScanKind.DcFirst:
                ProgressiveBlock.DecodeDcFirst(ref reader, dc[part]!, ref predictions[part], scan.LowBit, ref block);
                break;
            case ScanKind.DcRefinement:
                ProgressiveBlock.RefineDc(ref reader, scan.LowBit, ref block);
                break;
            case ScanKind.AcFirst:
                ProgressiveBlock.DecodeAcFirst(ref reader, ac[part]!, scan, ref endOfBandRun, ref block);
                break;
            case ScanKind.AcRefinement:
                ProgressiveBlock.RefineAc(ref reader, ac[part]!, scan, ref endOfBandRun, ref block);
                break;
        }
    }

    private void Restart()
    {
        Array.Clear(predictions);
        endOfBandRun = 0;
        mcusToRestart = restartInterval - 1;
        if (FindRestart())
        {
            segment.Load(file, segment.End + 2);
            outOfData = false;
        }
        else
        {
            segment.Clear();
        }
        nextRestart = (nextRestart + 1) & 7;
        reader = segment.Bits;
    }

    /// <summary>Goes to the marker that begins the next interval; false where that is missing and the interval has no data.</summary>
    private readonly bool FindRestart()
    {
        while (true)
        {
            byte marker = segment.Marker;
            // How far the marker is ahead of the expected one, 0 to 7. One or two: the expected one is lost. Six or seven: it
            // is an old one, the expected one may follow. Else it is as likely to be the expected one as any (libjpeg's rule).
            int ahead = (marker - JpegMarker.FirstRestart - nextRestart) & 7;
            if (JpegMarker.IsRestart(marker) ? ahead is 1 or 2 : marker >= JpegMarker.BaselineFrame)
                return false;
            if (JpegMarker.IsRestart(marker) && ahead is not (6 or 7))
                return true;
            segment.SkipTo(file, MarkerReader.Find(file, segment.End + 2));
        }
    }
}
