using System.Buffers.Binary;

namespace PureClip.Imaging.Jpeg;

/// <summary>Walks a file from marker to marker (ITU-T T.81, B.1.1).</summary>
/// <param name="file">All bytes of the file.</param>
internal ref struct MarkerReader(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> file = file;

    /// <summary>The file that is read.</summary>
    public readonly ReadOnlySpan<byte> File => file;

    /// <summary>Where the next marker is searched. A scan moves it behind its entropy-coded data.</summary>
    public int Position { get; set; }

    /// <summary>Goes to the next marker, over whatever lies before it (as libjpeg does), and returns its second byte.</summary>
    public byte ReadMarker()
    {
        int position = Find(file, Position);
        if (position < 0)
            Throw.Truncated("a marker");
        Position = position + 1;
        return file[position];
    }

    /// <summary>Reads the parameters that follow a marker.</summary>
    /// <param name="name">The marker's usual name, for messages.</param>
    public SegmentReader ReadSegment(string name)
    {
        ReadOnlySpan<byte> rest = file[Position..];
        if (rest.Length < 2)
            Throw.Truncated($"the length of the {name} segment");
        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (length < 2)
            Throw.Invalid($"the {name} segment gives its length as {length}; at least 2 is allowed.");
        if (length > rest.Length)
            Throw.Truncated($"a {name} segment of {length} bytes");
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
