using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace PureClip.Imaging.Jpeg;

/// <summary>Walks a file from marker to marker (ITU-T T.81, B.1.1).</summary>
/// <param name="file">All bytes of the file.</param>
/// <param name="tolerant">Whether behind the first scan the end of the file counts as the marker that ends the picture.</param>
internal ref struct MarkerReader(ReadOnlySpan<byte> file, bool tolerant)
{
    private bool _isBehindScan;

    /// <summary>The file that is read.</summary>
    public ReadOnlySpan<byte> File { get; } = file;

    /// <summary>Where the next marker is searched. A scan moves it behind its entropy-coded data.</summary>
    public int Position { get; set; }

    /// <summary>Goes to the next marker, over whatever lies before it (as libjpeg does), and returns its second byte.</summary>
    public byte ReadMarker()
    {
        int position = Find(File, Position);
        if (position < 0 && MayEnd)
            return JpegMarker.EndOfImage;
        if (position < 0)
            EndsWhere("a marker");
        Position = position + 1;
        bool hasSegment = File[position] is not (JpegMarker.EndOfImage or JpegMarker.Temporary) && !JpegMarker.IsRestart(File[position]);
        return hasSegment && MayEnd && !IsSegmentWhole() ? JpegMarker.EndOfImage : File[position];
    }

    /// <summary>Goes on behind a scan.</summary>
    /// <param name="position">Where its data ends.</param>
    public void ContinueBehindScan(int position)
    {
        Position = position;
        _isBehindScan = true;
    }

    private readonly bool MayEnd => tolerant && _isBehindScan;

    // Behind a scan there is something to show.
    [DoesNotReturn]
    private readonly void EndsWhere(string expected)
    {
        if (_isBehindScan)
            Throw.CutOff(expected);
        Throw.Truncated(expected);
    }

    private readonly bool IsSegmentWhole()
    {
        ReadOnlySpan<byte> rest = File[Position..];
        return rest.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(rest) <= rest.Length;
    }

    /// <summary>Reads the parameters that follow a marker.</summary>
    /// <param name="name">The marker's usual name, for messages.</param>
    /// <param name="mayBeEmpty">Whether a length below its own two bytes is taken for them, as libjpeg does where it skips a segment.</param>
    public SegmentReader ReadSegment(string name, bool mayBeEmpty = false)
    {
        ReadOnlySpan<byte> rest = File[Position..];
        if (rest.Length < 2)
            EndsWhere($"the length of the {name} segment");
        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (length < 2 && mayBeEmpty)
            length = 2;
        if (length < 2)
            Throw.Invalid($"the {name} segment gives its length as {length}; at least 2 is allowed.");
        if (length > rest.Length)
            EndsWhere($"a {name} segment of {length} bytes");
        Position += length;
        return new SegmentReader(rest[2..length], name);
    }

    /// <summary>
    /// Index of the second byte of the first marker at or after a position, or -1 where none follows. 0xFF 0x00 is a data
    /// byte and 0xFF may be repeated before a marker.
    /// </summary>
    public static int Find(ReadOnlySpan<byte> file, int position)
    {
        while (true)
        {
            int prefix = file[position..].IndexOf((byte)0xFF);
            if (prefix < 0)
                return -1;
            position += prefix;
            int code = file[position..].IndexOfAnyExcept((byte)0xFF);
            if (code < 0)
                return -1;
            position += code;
            if (file[position] != 0)
                return position;
        }
    }
}

/// <summary>Reads the parameters of one marker segment; running over its end rejects the file.</summary>
/// <param name="data">The segment after its length field.</param>
/// <param name="name">The marker's usual name, for messages: "DQT".</param>
internal ref struct SegmentReader(ReadOnlySpan<byte> data, string name)
{
    private ReadOnlySpan<byte> _rest = data;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>One byte.</summary>
    public byte ReadByte() => Take(1)[0];

    /// <summary>A big-endian 16-bit number.</summary>
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    /// <summary>The next bytes as they are.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            Throw.Invalid($"the {name} segment is {count - _rest.Length} bytes too short for what it declares.");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <summary>Checks that everything has been read.</summary>
    public readonly void ExpectEnd()
    {
        if (_rest.Length != 0)
            Throw.Invalid($"the {name} segment is {_rest.Length} bytes longer than what it declares.");
    }
}

/// <summary>Second bytes of the markers, after 0xFF (ITU-T T.81, table B.1).</summary>
internal static class JpegMarker
{
    public const byte Temporary = 0x01;
    public const byte BaselineFrame = 0xC0;
    public const byte ExtendedFrame = 0xC1;
    public const byte ProgressiveFrame = 0xC2;
    public const byte ArithmeticFrame = 0xC9;
    public const byte ArithmeticProgressiveFrame = 0xCA;
    public const byte HuffmanTables = 0xC4;
    public const byte ArithmeticConditioning = 0xCC;
    public const byte LastFrame = 0xCF;
    public const byte FirstRestart = 0xD0;
    public const byte LastRestart = 0xD7;
    public const byte StartOfImage = 0xD8;
    public const byte EndOfImage = 0xD9;
    public const byte StartOfScan = 0xDA;
    public const byte QuantizationTables = 0xDB;
    public const byte NumberOfLines = 0xDC;
    public const byte RestartInterval = 0xDD;
    public const byte HierarchicalProgression = 0xDE;
    public const byte ExpandReference = 0xDF;
    public const byte Application0 = 0xE0;
    public const byte Application1 = 0xE1;
    public const byte Application14 = 0xEE;
    public const byte Application15 = 0xEF;
    public const byte Comment = 0xFE;

    /// <summary>Whether the marker can occur in a file; the others are reserved, extensions or a sign of damage.</summary>
    public static bool IsSupported(byte marker) => marker is Temporary or (>= BaselineFrame and <= Application15) or Comment;

    /// <summary>Whether the marker separates two restart intervals.</summary>
    public static bool IsRestart(byte marker) => marker is >= FirstRestart and <= LastRestart;
}
