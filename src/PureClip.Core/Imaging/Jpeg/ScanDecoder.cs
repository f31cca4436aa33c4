namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Decodes one scan, row by row of MCUs, into its components' coefficients (ITU-T T.81, E.2). Damage is treated as libjpeg
/// treats it: where a segment is too short the blocks up to the next restart marker stay zero, and an unexpected restart marker
/// is taken for the likeliest one.
/// </summary>
internal ref struct ScanDecoder
{
    private readonly ReadOnlySpan<byte> _file;
    private readonly JpegScan _scan;
    private readonly EntropySegment _segment;
    private readonly ArithmeticScan? _arithmetic;
    private readonly HuffmanTable?[] _dc = [];
    private readonly HuffmanTable?[] _ac = [];
    private readonly int[] _predictions;
    private readonly short[] _newBlock = new short[InverseDct.BlockSize];
    private readonly int _mcusAcross;
    private readonly int _restartInterval;
    private BitReader _reader;
    private int _mcusToRestart;
    private int _nextRestart;
    private int _endOfBandRun;
    private bool _outOfData;

    /// <summary>Prepares a scan.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="position">Where the scan's entropy-coded data begins.</param>
    /// <param name="header">Tables and restart interval.</param>
    /// <param name="scan">The scan's header.</param>
    /// <param name="segment">A buffer that all scans of the file share.</param>
    public ScanDecoder(ReadOnlySpan<byte> file, int position, JpegHeader header, JpegScan scan, EntropySegment segment)
    {
        _file = file;
        _scan = scan;
        _segment = segment;
        JpegComponent first = scan.Parts[0].Component;
        _mcusAcross = scan.IsInterleaved ? header.Frame!.McusAcross : first.BlocksAcross;
        Rows = scan.IsInterleaved ? header.Frame!.McusDown : first.BlocksDown;
        _restartInterval = _mcusToRestart = header.RestartInterval;
        _predictions = new int[scan.Parts.Length];
        if (header.Frame!.IsArithmetic)
        {
            _arithmetic = new ArithmeticScan(scan, header.Conditioning);
        }
        else
        {
            _dc = Array.ConvertAll(scan.Parts, p => scan.NeedsDcTable ? header.DcTable(p.DcTable) : null);
            _ac = Array.ConvertAll(scan.Parts, p => scan.NeedsAcTable ? header.AcTable(p.AcTable) : null);
        }
        foreach (JpegScan.Part part in scan.Parts)
            part.Component.QuantizationTable ??= header.QuantizationTable(part.Component.Quantization);
        segment.Load(file, position);
        Begin();
    }

    /// <summary>Rows of MCUs; of blocks where the scan has one component.</summary>
    public int Rows { get; }

    /// <summary>Blocks that the scan goes through.</summary>
    public readonly long Blocks =>
        (long)Rows * _mcusAcross * (_scan.IsInterleaved ? _scan.Parts.Sum(p => p.Component.Horizontal * p.Component.Vertical) : 1);

    /// <summary>Where the next marker is, once all rows are decoded.</summary>
    public readonly int End => _segment.End;

    /// <summary>That marker.</summary>
    public readonly byte Marker => _segment.Marker;

    /// <summary>
    /// The row of the frame's MCUs in which the last MCU lies that began while there was data. It is asked before a restart marker is gone
    /// over, so that the first MCU behind one that ends a stretch without data does not count.
    /// </summary>
    public int LastGoodRow { get; private set; }

    /// <summary>Decodes the next row.</summary>
    /// <param name="target">Which row of the components' coefficients it becomes.</param>
    public void DecodeRow(int target)
    {
        for (int mcu = 0; mcu < _mcusAcross; mcu++)
        {
            if (!_outOfData)
                LastGoodRow = _scan.IsInterleaved ? target : target / _scan.Parts[0].Component.Vertical;
            if (_restartInterval > 0 && _mcusToRestart-- == 0)
                Restart();
            else if (_outOfData && _restartInterval == 0)
                return;
            if (_outOfData)
                continue;
            if (_scan.IsInterleaved)
                DecodeMcu(target, mcu);
            else
                DecodeBlock(0, _scan.Parts[0].Component, target, mcu);
            // Arithmetic data may end early: zero bytes follow, and mean something (ITU-T T.81, D.1.8).
            _outOfData = _arithmetic is null && _reader.IsExhausted;
        }
    }

    private void DecodeMcu(int row, int column)
    {
        for (int part = 0; part < _scan.Parts.Length; part++)
        {
            JpegComponent component = _scan.Parts[part].Component;
            for (int y = 0; y < component.Vertical; y++)
                for (int x = 0; x < component.Horizontal; x++)
                    DecodeBlock(part, component, row * component.Vertical + y, column * component.Horizontal + x);
        }
    }

    private void DecodeBlock(int part, JpegComponent component, int row, int column)
    {
        Span<short> stored = component.Coefficients.Stored(row, column);
        if (!stored.IsEmpty)
        {
            DecodeBlock(part, stored);
            return;
        }
        DecodeBlock(part, _newBlock);
        component.Coefficients.Store(row, column, _newBlock);
        _newBlock.AsSpan().Clear();
    }

    private void DecodeBlock(int part, Span<short> coefficients)
    {
        if (_arithmetic is not null)
        {
            _arithmetic.Decode(part, coefficients);
            return;
        }
        ref short block = ref coefficients[0];
        switch (_scan.Kind)
        {
            case ScanKind.Sequential:
                SequentialBlock.Decode(ref _reader, _dc[part]!, _ac[part]!, ref _predictions[part], ref block);
                break;
            case ScanKind.DcFirst:
                ProgressiveBlock.DecodeDcFirst(ref _reader, _dc[part]!, ref _predictions[part], _scan.LowBit, ref block);
                break;
            case ScanKind.DcRefinement:
                ProgressiveBlock.RefineDc(ref _reader, _scan.LowBit, ref block);
                break;
            case ScanKind.AcFirst:
                ProgressiveBlock.DecodeAcFirst(ref _reader, _ac[part]!, _scan, ref _endOfBandRun, ref block);
                break;
            case ScanKind.AcRefinement:
                ProgressiveBlock.RefineAc(ref _reader, _ac[part]!, _scan, ref _endOfBandRun, ref block);
                break;
        }
    }

    /// <summary>Begins to read the segment.</summary>
    private void Begin()
    {
        if (_arithmetic is null)
            _reader = _segment.Bits;
        else
            _arithmetic.Restart(_segment.Decisions);
    }

    private void Restart()
    {
        Array.Clear(_predictions);
        _endOfBandRun = 0;
        _mcusToRestart = _restartInterval - 1;
        if (FindRestart())
        {
            _segment.Load(_file, _segment.End + 2);
            _outOfData = false;
        }
        else
        {
            _segment.Clear();
        }
        _nextRestart = (_nextRestart + 1) & 7;
        Begin();
    }

    /// <summary>Goes to the marker that begins the next interval; false where that is missing and the interval has no data.</summary>
    private readonly bool FindRestart()
    {
        while (true)
        {
            byte marker = _segment.Marker;
            // How far the marker is ahead of the expected one, 0 to 7. One or two: the expected one is lost. Six or seven: it
            // is an old one, the expected one may follow. Else it is as likely to be the expected one as any (libjpeg's rule).
            int ahead = (marker - JpegMarker.FirstRestart - _nextRestart) & 7;
            if (JpegMarker.IsRestart(marker) ? ahead is 1 or 2 : marker >= JpegMarker.BaselineFrame)
                return false;
            if (JpegMarker.IsRestart(marker) && ahead is not (6 or 7))
                return true;
            _segment.SkipTo(_file, MarkerReader.Find(_file, _segment.End + 2));
        }
    }
}
