using System.Buffers.Binary;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>The header of a VP8 key frame (RFC 6386, sections 9.1 to 9.11) and its partitions.</summary>
internal sealed class FrameHeader
{
    /// <summary>Parts of a picture that may have strengths of their own.</summary>
    public const int Segments = 4;

    private const int TagBytes = 3;
    private const int FixedBytes = 10; // tag, start code, width and height
    private const int PartitionLengthBytes = 3;
    private const int SizeMask = 0x3FFF; // above lie two bits that recommend scaling, which nobody does

    private readonly int[] _segmentQuantizers = new int[Segments];
    private readonly int[] _segmentFilters = new int[Segments];
    private bool _hasSegments;
    private bool _segmentsAreAbsolute = true;

    private FrameHeader(int width, int height)
    {
        Width = width;
        Height = height;
    }

    /// <summary>Pixels a row, 1 to 16,383.</summary>
    public int Width { get; }

    /// <summary>Rows, 1 to 16,383.</summary>
    public int Height { get; }

    /// <summary>Macroblocks of 16 x 16 pixels a row.</summary>
    public int MacroblocksAcross => (Width + 15) / 16;

    /// <summary>Rows of macroblocks.</summary>
    public int MacroblocksDown => (Height + 15) / 16;

    /// <summary>Whether each macroblock names its segment.</summary>
    public bool MapsSegments { get; private set; }

    /// <summary>[3] probabilities of the segments' tree.</summary>
    public byte[] SegmentProbabilities { get; } = [255, 255, 255];

    /// <summary>[segments] step sizes.</summary>
    public Quantizer[] Quantizers { get; } = new Quantizer[Segments];

    /// <summary>The loop filter's strengths.</summary>
    public FilterStrengths Filter { get; private set; } = null!;

    /// <summary>See <see cref="CoefficientProbabilities.Read"/>.</summary>
    public byte[] Probabilities { get; private set; } = [];

    /// <summary>Probability that a macroblock has coefficients; null where that is not said.</summary>
    public int? SkipProbability { get; private set; }

    /// <summary>What follows the header in the first partition: the macroblocks' modes.</summary>
    public BoolDecoder Modes { get; private set; }

    /// <summary>The coefficients: row y of macroblocks lies in partition y modulo their number, which is a power of two.</summary>
    public BoolDecoder[] Partitions { get; private set; } = [];

    /// <summary>Reads the size alone.</summary>
    /// <param name="chunk">The body of a VP8 chunk.</param>
    /// <exception cref="InvalidDataException">It does not begin with a key frame that is shown.</exception>
    public static (int Width, int Height) ReadSize(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length < FixedBytes)
            Throw.Truncated("the header of a VP8 frame");
        int tag = ReadUInt24(chunk);
        if ((tag & 1) != 0)
            Throw.Invalid("its VP8 frame needs another before it; pictures have key frames only.");
        if ((tag >> 1 & 7) > 3)
            Throw.Invalid($"its VP8 frame has profile {tag >> 1 & 7}; 0 to 3 exist.");
        if ((tag >> 4 & 1) == 0)
            Throw.Invalid("its VP8 frame is marked as not to be shown.");
        if (!chunk[TagBytes..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
            Throw.Invalid("its VP8 frame lacks the start code 9D 01 2A; the data is damaged.");
        int width = BinaryPrimitives.ReadUInt16LittleEndian(chunk[6..]) & SizeMask;
        int height = BinaryPrimitives.ReadUInt16LittleEndian(chunk[8..]) & SizeMask;
        if (width == 0 || height == 0)
            Throw.Invalid($"its VP8 frame declares {width} x {height} pixels; the data is damaged.");
        return (width, height);
    }

    /// <summary>Reads the header.</summary>
    /// <param name="data">The body of a VP8 chunk.</param>
    /// <param name="memory">Where a copy of it goes, from which partitions are decoded.</param>
    /// <exception cref="InvalidDataException">The header or the partitions are damaged.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> data, PictureMemory memory)
    {
        (int width, int height) = ReadSize(data);
        int firstPartition = ReadUInt24(data) >> 5;
        if (firstPartition > data.Length - FixedBytes)
            Throw.Invalid($"the first partition of its VP8 frame has {firstPartition} bytes, but {data.Length - FixedBytes} are there.");
        FrameHeader header = new(width, height);
        header.CheckModes(firstPartition);
        byte[] chunk = memory.Take(data.Length);
        data.CopyTo(chunk);
        BoolDecoder decoder = new(chunk, FixedBytes, firstPartition);
        decoder.ReadNumber(2); // colour space and clamping, which change nothing
        header.ReadSegments(ref decoder);
        FilterStrengths filter = FilterStrengths.Read(ref decoder);
        header.ReadPartitions(chunk, FixedBytes + firstPartition, data.Length, 1 << decoder.ReadNumber(2));
        header.ReadQuantizers(ref decoder);
        filter.Prepare(header._hasSegments ? header._segmentFilters : null, header._segmentsAreAbsolute);
        header.Filter = filter;
        decoder.ReadFlag(); // whether later frames keep the probabilities
        header.Probabilities = CoefficientProbabilities.Read(ref decoder);
        if (decoder.ReadFlag())
            header.SkipProbability = decoder.ReadNumber(8);
        if (decoder.IsExhausted)
            Throw.Invalid("the header of its VP8 frame ends too early; the data is damaged.");
        header.Modes = decoder;
        return header;
    }

    // The most probable modes of a macroblock take 1.7 bits; so this many bytes bound the memory that a file can ask for.
    private void CheckModes(int bytes)
    {
        long macroblocks = (long)MacroblocksAcross * MacroblocksDown;
        if (macroblocks > 8L * bytes)
            Throw.Invalid($"{bytes} bytes cannot hold the modes of {Width} x {Height} pixels, {macroblocks} macroblocks; it is truncated.");
    }

    private void ReadSegments(ref BoolDecoder decoder)
    {
        _hasSegments = decoder.ReadFlag();
        if (!_hasSegments)
            return;
        MapsSegments = decoder.ReadFlag();
        if (decoder.ReadFlag())
        {
            _segmentsAreAbsolute = decoder.ReadFlag();
            for (int i = 0; i < Segments; i++)
                _segmentQuantizers[i] = decoder.ReadOptionalNumber(7);
            for (int i = 0; i < Segments; i++)
                _segmentFilters[i] = decoder.ReadOptionalNumber(6);
        }
        if (MapsSegments)
            for (int i = 0; i < SegmentProbabilities.Length; i++)
                SegmentProbabilities[i] = decoder.ReadFlag() ? (byte)decoder.ReadNumber(8) : (byte)255;
    }

    // Lengths of all partitions but the last lie before them. One that is longer than what is there ends with the data.
    private void ReadPartitions(byte[] chunk, int position, int end, int count)
    {
        int start = position + (count - 1) * PartitionLengthBytes;
        if (start >= end)
            Throw.Truncated($"{count} partitions of coefficients");
        Partitions = new BoolDecoder[count];
        for (int i = 0; i < count - 1; i++, position += PartitionLengthBytes)
        {
            int length = Math.Min(ReadUInt24(chunk.AsSpan(position)), end - start);
            Partitions[i] = new BoolDecoder(chunk, start, length);
            start += length;
        }
        if (start >= end)
            Throw.Truncated("the last partition of coefficients");
        Partitions[count - 1] = new BoolDecoder(chunk, start, end - start);
    }

    private void ReadQuantizers(ref BoolDecoder decoder)
    {
        int index = decoder.ReadNumber(7);
        QuantizerDeltas deltas = new(
            decoder.ReadOptionalNumber(4), decoder.ReadOptionalNumber(4), decoder.ReadOptionalNumber(4),
            decoder.ReadOptionalNumber(4), decoder.ReadOptionalNumber(4));
        for (int i = 0; i < Segments; i++)
        {
            int segment = !_hasSegments ? index : _segmentsAreAbsolute ? _segmentQuantizers[i] : index + _segmentQuantizers[i];
            Quantizers[i] = new Quantizer(segment, deltas);
        }
    }

    private static int ReadUInt24(ReadOnlySpan<byte> data) => data[0] | data[1] << 8 | data[2] << 16;
}

/// <summary>What is added to a quantiser's index for the kinds of coefficients that differ from luminance AC.</summary>
internal readonly record struct QuantizerDeltas(int LumaDc, int SecondDc, int SecondAc, int ChromaDc, int ChromaAc);

/// <summary>The steps of one segment's coefficients, DC and AC each (RFC 6386, sections 9.6 and 14.1).</summary>
internal readonly struct Quantizer
{
    private const int LastIndex = 127;
    private const int LastChromaDcIndex = 117; // a step of 132
    private const int LeastSecondAc = 8;

    /// <summary>Looks up the steps.</summary>
    /// <param name="index">The segment's index; any number, which is limited to the table.</param>
    /// <param name="deltas">Of the frame.</param>
    public Quantizer(int index, QuantizerDeltas deltas)
    {
        LumaDc = DcSteps[Limit(index + deltas.LumaDc)];
        LumaAc = AcSteps[Limit(index)];
        SecondDc = DcSteps[Limit(index + deltas.SecondDc)] * 2;
        SecondAc = Math.Max(AcSteps[Limit(index + deltas.SecondAc)] * 155 / 100, LeastSecondAc);
        ChromaDc = DcSteps[Math.Clamp(index + deltas.ChromaDc, 0, LastChromaDcIndex)];
        ChromaAc = AcSteps[Limit(index + deltas.ChromaAc)];
    }

    public int LumaDc { get; }

    public int LumaAc { get; }

    /// <summary>Of the block of 16 luminance DC coefficients.</summary>
    public int SecondDc { get; }

    /// <inheritdoc cref="SecondDc"/>
    public int SecondAc { get; }

    public int ChromaDc { get; }

    public int ChromaAc { get; }

    private static int Limit(int index) => Math.Clamp(index, 0, LastIndex);

    private static ReadOnlySpan<byte> DcSteps =>
    [
        4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 17, 18, 19, 20, 20, 21, 21, 22, 22, 23, 23, 24, 25, 25, 26, 27, 28, 29, 30,
        31, 32, 33, 34, 35, 36, 37, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
        61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 91, 93,
        95, 96, 98, 100, 101, 102, 104, 106, 108, 110, 112, 114, 116, 118, 122, 124, 126, 128, 130, 132, 134, 136, 138, 140, 143, 145,
        148, 151, 154, 157,
    ];

    private static ReadOnlySpan<ushort> AcSteps =>
    [
        4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
        38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80,
        82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106, 108, 110, 112, 114, 116, 119, 122, 125, 128, 131, 134, 137, 140, 143,
        146, 149, 152, 155, 158, 161, 164, 167, 170, 173, 177, 181, 185, 189, 193, 197, 201, 205, 209, 213, 217, 221, 225, 229, 234, 239,
        245, 249, 254, 259, 264, 269, 274, 279, 284,
    ];
}
