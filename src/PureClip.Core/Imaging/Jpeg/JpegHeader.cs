namespace PureClip.Imaging.Jpeg;

/// <summary>What the marker segments have said so far: frame, tables and application data. Every limit is checked here.</summary>
/// <param name="maxPixels">Largest picture allowed.</param>
internal sealed class JpegHeader(long maxPixels)
{
    private const int Tables = 4;

    private readonly short[]?[] _quantization = new short[]?[Tables];
    private readonly HuffmanDefinition?[] _dc = new HuffmanDefinition?[Tables];
    private readonly HuffmanDefinition?[] _ac = new HuffmanDefinition?[Tables];
    private bool _hasJfif;
    private bool _hasExif;
    private int? _adobeTransform;

    /// <summary>The frame header, null before it was read.</summary>
    public JpegFrame? Frame { get; private set; }

    /// <summary>MCUs between restart markers; 0: none.</summary>
    public int RestartInterval { get; private set; }

    /// <summary>What conditions arithmetic coding.</summary>
    public ArithmeticConditioning Conditioning { get; } = new();

    /// <summary>EXIF orientation, 1 to 8.</summary>
    public int Orientation { get; private set; } = 1;

    /// <summary>
    /// What the components mean. The file does not say it; these are libjpeg's rules, from JFIF and Adobe markers and from the
    /// components' numbers.
    /// </summary>
    public JpegColor Color => Frame!.Components.Length switch
    {
        1 => JpegColor.Gray,
        3 => ThreeComponents(),
        _ => _adobeTransform is null or 0 ? JpegColor.Cmyk : JpegColor.Ycck,
    };

    /// <summary>Reads the segment of any marker but SOI, EOI, SOS and those without a segment.</summary>
    public void Read(byte marker, ref MarkerReader markers)
    {
        switch (marker)
        {
            case JpegMarker.QuantizationTables:
                ReadQuantization(markers.ReadSegment("DQT"));
                break;
            case JpegMarker.HuffmanTables:
                ReadHuffman(markers.ReadSegment("DHT"));
                break;
            case JpegMarker.RestartInterval:
                ReadRestartInterval(markers.ReadSegment("DRI"));
                break;
            case JpegMarker.ArithmeticConditioning:
                Conditioning.Read(markers.ReadSegment("DAC"));
                break;
            case >= JpegMarker.BaselineFrame and <= JpegMarker.LastFrame:
                ReadFrame(marker, ref markers);
                break;
            case >= JpegMarker.Application0 and <= JpegMarker.Application15:
                ReadApplication(marker, markers.ReadSegment("APP", mayBeEmpty: true));
                break;
            case JpegMarker.Comment or JpegMarker.NumberOfLines:
                markers.ReadSegment("COM or DNL", mayBeEmpty: true);
                break;
            case JpegMarker.HierarchicalProgression or JpegMarker.ExpandReference:
                Throw.Invalid(
                    $"marker 0x{marker:X2} of hierarchical JPEG; baseline, extended sequential and progressive files are supported.");
                break;
            default:
                Throw.Invalid($"marker 0x{marker:X2}, which has no meaning here.");
                break;
        }
    }

    /// <summary>A quantisation table, row-major.</summary>
    public short[] QuantizationTable(int index) =>
        _quantization[index] ?? Throw.Invalid<short[]>($"quantisation table {index} is used but never defined.");

    /// <summary>A table of DC differences.</summary>
    public HuffmanTable DcTable(int index)
    {
        HuffmanTable table = (index < Tables ? _dc[index]?.Table : null) ?? Throw.Invalid<HuffmanTable>(
            $"Huffman table DC {index} is used but never defined.");
        if (table.LargestSymbol > 15)
            Throw.Invalid($"Huffman table DC {index} has symbol {table.LargestSymbol}; at most 15 is allowed.");
        return table;
    }

    /// <summary>A table of AC runs and sizes.</summary>
    public HuffmanTable AcTable(int index) =>
        (index < Tables ? _ac[index]?.Table : null) ?? Throw.Invalid<HuffmanTable>($"Huffman table AC {index} is used but never defined.");

    /// <summary>Supplies the standard Huffman tables where a sequential file has defined none.</summary>
    public void AddStandardTables()
    {
        _dc[0] ??= StandardHuffmanTables.LuminanceDc;
        _dc[1] ??= StandardHuffmanTables.ChrominanceDc;
        _ac[0] ??= StandardHuffmanTables.LuminanceAc;
        _ac[1] ??= StandardHuffmanTables.ChrominanceAc;
    }

    private JpegColor ThreeComponents()
    {
        if (_hasJfif)
            return JpegColor.YCbCr;
        if (_adobeTransform is int transform)
            return transform == 0 ? JpegColor.Rgb : JpegColor.YCbCr;
        JpegComponent[] c = Frame!.Components;
        return (c[0].Id, c[1].Id, c[2].Id) == ('R', 'G', 'B') ? JpegColor.Rgb : JpegColor.YCbCr;
    }

    private void ReadFrame(byte marker, ref MarkerReader markers)
    {
        bool isHuffman = marker <= JpegMarker.ProgressiveFrame;
        if (!isHuffman && marker is not (JpegMarker.ArithmeticFrame or JpegMarker.ArithmeticProgressiveFrame))
            Throw.Invalid(
                $"marker 0x{marker:X2} of {Describe(marker)}; baseline, extended sequential and progressive files are supported.");
        if (Frame is not null)
            Throw.Invalid("a second frame; a file has one.");
        bool isProgressive = marker is JpegMarker.ProgressiveFrame or JpegMarker.ArithmeticProgressiveFrame;
        Frame = JpegFrame.Read(markers.ReadSegment("SOF"), isProgressive, !isHuffman, maxPixels);
    }

    // ITU-T T.81, table B.1: SOF3, 7, 11 and 15 are lossless, the others differential.
    private static string Describe(byte marker) => marker switch
    {
        0xC3 or 0xC7 or 0xCB or 0xCF => "lossless JPEG",
        0xC8 => "a JPEG extension",
        _ => "hierarchical JPEG",
    };

    private void ReadQuantization(SegmentReader segment)
    {
        while (segment.Remaining > 0)
        {
            int head = segment.ReadByte();
            int index = head & 15;
            if (index >= Tables)
                Throw.Invalid($"quantisation table {index} is defined; 0 to {Tables - 1} are allowed.");
            var table = new short[InverseDct.BlockSize];
            for (int k = 0; k < table.Length; k++)
                table[ZigZag.ToRowMajor[k]] = head >> 4 == 0 ? segment.ReadByte() : (short)segment.ReadUInt16();
            _quantization[index] = table;
        }
    }

    private void ReadHuffman(SegmentReader segment)
    {
        while (segment.Remaining > 0)
        {
            int head = segment.ReadByte();
            ReadOnlySpan<byte> counts = segment.Take(16);
            int total = 0;
            foreach (byte count in counts)
                total += count;
            if (total > 256)
                Throw.Invalid($"a Huffman table of {total} symbols; at most 256 are possible.");
            if ((head & 15) >= Tables || head >> 4 > 1)
                Throw.Invalid(
                    $"Huffman table {head & 15} of class {head >> 4} is defined; tables 0 to {Tables - 1} of classes 0 and 1 are allowed.");
            (head >> 4 == 0 ? _dc : _ac)[head & 15] = new HuffmanDefinition(counts, segment.Take(total));
        }
    }

    private void ReadRestartInterval(SegmentReader segment)
    {
        RestartInterval = segment.ReadUInt16();
        segment.ExpectEnd();
    }

    private void ReadApplication(byte marker, SegmentReader segment)
    {
        ReadOnlySpan<byte> data = segment.Take(segment.Remaining);
        switch (marker)
        {
            case JpegMarker.Application0 when data.Length >= 14 && data.StartsWith("JFIF\0"u8):
                _hasJfif = true;
                break;
            case JpegMarker.Application1 when !_hasExif && data.StartsWith("Exif\0"u8):
                _hasExif = true;
                Orientation = data.StartsWith("Exif\0\0"u8) ? ExifOrientation.Read(data[6..]) : 1;
                break;
            case JpegMarker.Application14 when data.Length >= 12 && data.StartsWith("Adobe"u8):
                _adobeTransform = data[11];
                break;
        }
    }
}

/// <summary>What the components of a frame mean.</summary>
internal enum JpegColor
{
    /// <summary>Luminance alone.</summary>
    Gray,

    /// <summary>Luminance and two colour differences (JFIF).</summary>
    YCbCr,

    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Inverted cyan, magenta, yellow, black, as Adobe writes them.</summary>
    Cmyk,

    /// <summary>Cyan, magenta and yellow as luminance and colour differences, and black; inverted too.</summary>
    Ycck,
}
