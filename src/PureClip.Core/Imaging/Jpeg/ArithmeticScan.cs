namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Decodes the blocks of an arithmetic-coded scan (ITU-T T.81, F.2.4 and G.1.3, G.2), sequential or progressive. An impossible value ends the
/// data up to the next restart marker, as in libjpeg.
/// </summary>
internal sealed class ArithmeticScan
{
    // Statistics areas, by table: one for DC and one for AC (tables F.4 and F.5).
    private const int DcBins = 64;
    private const int AcBins = 256;
    private const int DcMagnitude = 20; // X1 of DC
    private const int LowMagnitude = 189, HighMagnitude = 217; // X2 of AC, for coefficients up to Kx and beyond
    private const int FromMagnitudeToBits = 14;
    private const int TooLarge = 0x8000;

    private readonly JpegScan _scan;
    private readonly ArithmeticConditioning _conditioning;
    private readonly byte[][] _dc = new byte[ArithmeticConditioning.Tables][];
    private readonly byte[][] _ac = new byte[ArithmeticConditioning.Tables][];
    private readonly int[] _predictions;
    private readonly int[] _contexts;
    private ArithmeticDecoder _decoder;
    private byte _fixed = ArithmeticDecoder.Fixed;
    private bool _isBroken;

    /// <summary>Prepares a scan; <see cref="Restart"/> has to follow.</summary>
    public ArithmeticScan(JpegScan scan, ArithmeticConditioning conditioning)
    {
        _scan = scan;
        _conditioning = conditioning;
        _predictions = new int[scan.Parts.Length];
        _contexts = new int[scan.Parts.Length];
        foreach (JpegScan.Part part in scan.Parts)
        {
            _dc[part.DcTable] ??= new byte[DcBins];
            _ac[part.AcTable] ??= new byte[AcBins];
        }
    }

    /// <summary>Begins a restart interval: nothing is known about what follows.</summary>
    public void Restart(ArithmeticDecoder decoder)
    {
        foreach (JpegScan.Part part in _scan.Parts)
        {
            Array.Clear(_dc[part.DcTable]);
            Array.Clear(_ac[part.AcTable]);
        }
        Array.Clear(_predictions);
        Array.Clear(_contexts);
        _decoder = decoder;
        _isBroken = false;
    }

    /// <summary>Decodes what the scan says about one block.</summary>
    /// <param name="part">Whose block it is.</param>
    /// <param name="block">[64] row-major coefficients.</param>
    public void Decode(int part, Span<short> block)
    {
        if (_isBroken)
            return;
        switch (_scan.Kind)
        {
            case ScanKind.Sequential:
                if (DecodeDc(part))
                {
                    block[0] = (short)_predictions[part];
                    DecodeAc(part, block, 1, InverseDct.BlockSize - 1, lowBit: 0);
                }
                break;
            case ScanKind.DcFirst:
                if (DecodeDc(part))
                    block[0] = (short)(_predictions[part] << _scan.LowBit);
                break;
            case ScanKind.DcRefinement:
                if (_decoder.Decode(ref _fixed))
                    block[0] |= (short)(1 << _scan.LowBit);
                break;
            case ScanKind.AcFirst:
                DecodeAc(part, block, _scan.FirstCoefficient, _scan.LastCoefficient, _scan.LowBit);
                break;
            case ScanKind.AcRefinement:
                RefineAc(part, block);
                break;
        }
    }

    // F.2.4.1: the difference to the block before, by figures F.19 and F.21 to F.24. False where it is impossible.
    private bool DecodeDc(int part)
    {
        int table = _scan.Parts[part].DcTable;
        Span<byte> bins = _dc[table];
        int bin = _contexts[part];
        if (!_decoder.Decode(ref bins[bin]))
        {
            _contexts[part] = 0;
            return true;
        }
        bool isNegative = _decoder.Decode(ref bins[bin + 1]);
        bin += isNegative ? 3 : 2;
        int magnitude = 0;
        if (_decoder.Decode(ref bins[bin]))
        {
            bin = DcMagnitude;
            magnitude = Double(1, bins, ref bin);
            if (magnitude == TooLarge)
                return false;
        }
        _contexts[part] = _conditioning.DcContext(table, magnitude, isNegative);
        int difference = ReadBits(magnitude, ref bins[bin + FromMagnitudeToBits]) + 1;
        _predictions[part] = (_predictions[part] + (isNegative ? -difference : difference)) & 0xFFFF;
        return true;
    }

    // F.2.4.2: figure F.20 with the values of figures F.21 to F.24.
    private void DecodeAc(int part, Span<short> block, int first, int last, int lowBit)
    {
        int table = _scan.Parts[part].AcTable;
        Span<byte> bins = _ac[table];
        for (int k = first; k <= last; k++)
        {
            int bin = 3 * (k - 1);
            if (_decoder.Decode(ref bins[bin]))
                return; // end of block
            while (!_decoder.Decode(ref bins[bin + 1]))
            {
                bin += 3;
                k++;
                if (k > last)
                {
                    _isBroken = true;
                    return;
                }
            }
            bool isNegative = _decoder.Decode(ref _fixed);
            bin += 2;
            int magnitude = 0;
            if (_decoder.Decode(ref bins[bin]))
            {
                magnitude = 1;
                if (_decoder.Decode(ref bins[bin]))
                {
                    bin = k <= _conditioning.AcSplit(table) ? LowMagnitude : HighMagnitude;
                    magnitude = Double(2, bins, ref bin);
                    if (magnitude == TooLarge)
                        return;
                }
            }
            int value = ReadBits(magnitude, ref bins[bin + FromMagnitudeToBits]) + 1;
            block[ZigZag.ToRowMajor[k]] = (short)((isNegative ? -value : value) << lowBit);
        }
    }

    // G.1.3.3: corrections of what is known, and new coefficients of one bit.
    private void RefineAc(int part, Span<short> block)
    {
        Span<byte> bins = _ac[_scan.Parts[part].AcTable];
        int bit = 1 << _scan.LowBit;
        int end = _scan.LastCoefficient; // no end of block is coded before the last coefficient that is known already
        while (end > 0 && block[ZigZag.ToRowMajor[end]] == 0)
            end--;
        for (int k = _scan.FirstCoefficient; k <= _scan.LastCoefficient; k++)
        {
            int bin = 3 * (k - 1);
            if (k > end && _decoder.Decode(ref bins[bin]))
                return;
            while (!Refine(ref block[ZigZag.ToRowMajor[k]], bins[(bin + 1)..], bit))
            {
                bin += 3;
                k++;
                if (k > _scan.LastCoefficient)
                {
                    _isBroken = true;
                    return;
                }
            }
        }
    }

    // False where the coefficient was zero and stays so.
    private bool Refine(ref short coefficient, Span<byte> bins, int bit)
    {
        if (coefficient != 0)
        {
            if (_decoder.Decode(ref bins[1]))
                coefficient += (short)(coefficient < 0 ? -bit : bit);
            return true;
        }
        if (!_decoder.Decode(ref bins[0]))
            return false;
        coefficient = (short)(_decoder.Decode(ref _fixed) ? -bit : bit);
        return true;
    }

    // Figure F.23: the highest bit of the value less one, doubled for each further decision.
    private int Double(int magnitude, Span<byte> bins, ref int bin)
    {
        for (; _decoder.Decode(ref bins[bin]); bin++)
        {
            magnitude <<= 1;
            if (magnitude == TooLarge)
            {
                _isBroken = true;
                break;
            }
        }
        return magnitude;
    }

    // Figure F.24: the bits below the highest.
    private int ReadBits(int magnitude, ref byte bin)
    {
        int value = magnitude;
        for (int bit = magnitude >> 1; bit > 0; bit >>= 1)
            if (_decoder.Decode(ref bin))
                value |= bit;
        return value;
    }
}

/// <summary>What conditions the estimates (ITU-T T.81, F.1.4.4.1.2 and F.1.4.4.2): the bounds that a DAC segment may set.</summary>
internal sealed class ArithmeticConditioning
{
    /// <summary>Tables of each kind: a scan's header has four bits for their numbers.</summary>
    public const int Tables = 16;

    private readonly int[] _lower = new int[Tables];
    private readonly int[] _upper = [.. Enumerable.Repeat(1, Tables)];
    private readonly int[] _split = [.. Enumerable.Repeat(5, Tables)];

    /// <summary>Reads a DAC segment (B.2.4.3).</summary>
    public void Read(SegmentReader segment)
    {
        while (segment.Remaining > 0)
        {
            int index = segment.ReadByte();
            int value = segment.ReadByte();
            if (index >= 2 * Tables)
                Throw.Invalid($"conditioning of arithmetic table {index} is defined; 0 to {2 * Tables - 1} are allowed.");
            if (index >= Tables)
                _split[index - Tables] = value;
            else if ((value & 15) > value >> 4)
                Throw.Invalid($"conditioning of DC table {index} has the bounds {value & 15} and {value >> 4}, which is the wrong order.");
            else
                (_lower[index], _upper[index]) = (value & 15, value >> 4);
        }
    }

    /// <summary>The first bin of a difference whose predecessor had this magnitude (less one, its highest bit).</summary>
    public int DcContext(int table, int magnitude, bool isNegative)
    {
        if (magnitude < 1 << _lower[table] >> 1)
            return 0;
        return (magnitude > 1 << _upper[table] >> 1 ? 12 : 4) + (isNegative ? 4 : 0);
    }

    /// <summary>The last coefficient whose magnitude is estimated with the low ones.</summary>
    public int AcSplit(int table) => _split[table];
}
