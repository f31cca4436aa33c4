using System.Text;
using Google.Protobuf;
using PureClip.Files;
using WireType = Google.Protobuf.WireFormat.WireType;

namespace PureClip.Convert.Onnx;

/// <summary>
/// Fields of protobuf messages in order, out of a file that is leased; Google.Protobuf reads the wire format. Texts are bounded, and
/// tensors stay where they are: of their bytes only the place is taken. A field whose value is not asked for is passed over.
/// </summary>
internal sealed unsafe class ProtobufReader : IDisposable
{
    private readonly Lease _file;
    private readonly UnmanagedMemoryStream _stream;
    private CodedInputStream _input;
    private long _end; // of the message that is being read
    private bool _isPending; // the value of the field is still to be read

    /// <summary>Reads a file that is one message.</summary>
    /// <param name="file">The file; to be held until disposal.</param>
    public ProtobufReader(Lease file)
        : this(file, 0, file.Length)
    {
    }

    /// <summary>Reads a message, or packed numbers, that lie somewhere in a file.</summary>
    /// <param name="file">The file; to be held until disposal.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    public ProtobufReader(Lease file, long offset, long length)
    {
        file.RequireRange(offset, length, "a protobuf message");
        _file = file;
        _stream = new(file.Start, file.Length) { Position = offset };
        _input = new(_stream, leaveOpen: true);
        _end = offset + length;
    }

    /// <summary>Number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>How its value is written.</summary>
    public WireType Type { get; private set; }

    /// <summary>True where the message, or the packed numbers, have been read.</summary>
    public bool AtEnd => Position >= _end;

    private long Position => _input.Position;

    /// <summary>Goes to the next field of the message.</summary>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="InvalidDataException">
    /// The field before ran beyond the message, or this one is a group, which ONNX does not have.
    /// </exception>
    /// <exception cref="InvalidProtocolBufferException">The field is not well formed.</exception>
    public bool Next()
    {
        if (_isPending)
            _input.SkipLastField();
        _isPending = false;
        RequireInside();
        if (AtEnd)
            return false;
        uint tag = _input.ReadTag();
        (Field, Type) = (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag));
        if (Type is not (WireType.Varint or WireType.Fixed32 or WireType.Fixed64 or WireType.LengthDelimited))
            Problem.InvalidData($"{_file.Path}: a protobuf field before offset {Position} has the wire type {(int)Type}.");
        _isPending = true;
        return true;
    }

    /// <summary>The field as a signed integer.</summary>
    public long Int64()
    {
        Take(WireType.Varint);
        return _input.ReadInt64();
    }

    /// <summary>The field as a single.</summary>
    public float Single()
    {
        Take(WireType.Fixed32);
        return _input.ReadFloat();
    }

    /// <summary>The bits of a number, however it is written.</summary>
    public ulong Bits()
    {
        _isPending = false;
        return Type switch
        {
            WireType.Varint => _input.ReadUInt64(),
            WireType.Fixed32 => _input.ReadFixed32(),
            _ => _input.ReadFixed64(),
        };
    }

    /// <summary>The next of packed numbers.</summary>
    /// <exception cref="InvalidDataException">It runs beyond them.</exception>
    public ulong Packed()
    {
        ulong value = _input.ReadUInt64();
        RequireInside();
        return value;
    }

    /// <summary>Where the field's bytes are.</summary>
    public ByteRange Range()
    {
        Take(WireType.LengthDelimited);
        int length = ReadLength();
        ByteRange range = new((int)Position, length);
        MoveTo(range.Offset + length);
        return range;
    }

    /// <summary>The field as UTF-8 text.</summary>
    /// <exception cref="InvalidDataException">It is longer than allowed.</exception>
    public string Text(int maxBytes) => TextOrNull(maxBytes) ?? Problem.InvalidData<string>(
        $"{_file.Path}: a protobuf string before offset {Position} has more than {maxBytes} bytes, which are allowed.");

    /// <summary>The field as UTF-8 text; null where it is longer than wanted.</summary>
    public string? TextOrNull(int maxBytes)
    {
        Take(WireType.LengthDelimited);
        long start = Position;
        _input.SkipLastField(); // tells where the text ends; the length in front of it ends with its first byte below 0x80
        RequireInside();
        ReadOnlySpan<byte> bytes = _file.Span(start, (int)(Position - start));
        bytes = bytes[(bytes.IndexOfAnyInRange((byte)0, (byte)0x7F) + 1)..];
        return bytes.Length <= maxBytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    /// <summary>Goes into the field, which is a message or packed numbers.</summary>
    /// <returns>What <see cref="Leave"/> needs.</returns>
    public long Enter()
    {
        Take(WireType.LengthDelimited);
        int length = ReadLength();
        long outer = _end;
        _end = Position + length;
        return outer;
    }

    /// <summary>Goes on behind a message that was entered, read to its end or not.</summary>
    /// <param name="outer">What <see cref="Enter"/> returned.</param>
    public void Leave(long outer)
    {
        RequireInside();
        if (_isPending || !AtEnd)
            MoveTo(_end);
        _isPending = false;
        _end = outer;
    }

    public void Dispose()
    {
        _input.Dispose();
        _stream.Dispose();
    }

    private void Take(WireType expected)
    {
        if (Type != expected)
            Problem.InvalidData(
                $"{_file.Path}: the protobuf field {Field} before offset {Position} has the wire type {Type}; {expected} is expected.");
        _isPending = false;
    }

    private int ReadLength()
    {
        int length = _input.ReadLength();
        if (length < 0 || length > _end - Position)
            Problem.InvalidData(
                $"{_file.Path}: a protobuf field at offset {Position} claims {(uint)length} bytes; its message has " +
                $"{_end - Position} left.");
        return length;
    }

    /// <summary>A tensor's bytes are not read; what has read ahead begins anew behind them.</summary>
    private void MoveTo(long position)
    {
        _stream.Position = position;
        _input = new(_stream, leaveOpen: true);
    }

    private void RequireInside()
    {
        if (Position > _end)
            Problem.InvalidData($"{_file.Path}: a protobuf message ends at offset {_end}, but its last field at {Position}.");
    }
}
