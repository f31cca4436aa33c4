using System.Buffers.Binary;
using System.Text;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>
/// Fields of one protobuf message in order, out of the mapped file. Nothing is copied and nothing is allocated from a length: a
/// length-delimited field is a range of the file, checked to lie inside its message.
/// </summary>
internal ref struct ProtobufReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _start;
    private int _position;

    /// <param name="bytes">The message.</param>
    /// <param name="start">Byte offset of the message in the file.</param>
    public ProtobufReader(ReadOnlySpan<byte> bytes, int start)
    {
        _bytes = bytes;
        _start = start;
    }

    /// <summary>Number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>Its value where it is a varint or of fixed size.</summary>
    public ulong Value { get; private set; }

    /// <summary>Its place in the file where it is length-delimited.</summary>
    public ByteRange Range { get; private set; }

    public WireType Type { get; private set; }

    /// <summary>Its value as a signed integer.</summary>
    public readonly long Int64 => Require(WireType.Varint) ? (long)Value : 0;

    /// <summary>Its value as a single.</summary>
    public readonly float Single => Require(WireType.Fixed32) ? BitConverter.UInt32BitsToSingle((uint)Value) : 0;

    /// <summary>Its bytes.</summary>
    public readonly ReadOnlySpan<byte> Bytes => Require(WireType.Bytes) ? _bytes.Slice(Range.Offset - _start, Range.Length) : default;

    /// <summary>Reads one field.</summary>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="InvalidDataException">The field is not well formed or runs beyond the message.</exception>
    public bool Next()
    {
        if (_position == _bytes.Length)
            return false;
        ulong tag = Varint();
        Type = (WireType)(tag & 7);
        Field = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : Problem.InvalidData<int>(
            $"A protobuf field at offset {_start + _position} has the number {tag >> 3}.");
        switch (Type)
        {
            case WireType.Varint: Value = Varint(); break;
            case WireType.Fixed32: Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)); break;
            case WireType.Fixed64: Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8)); break;
            case WireType.Bytes: Range = TakeRange(Varint()); break;
            default: Problem.InvalidData($"A protobuf field at offset {_start + _position} has the wire type {(int)Type}."); break;
        }
        return true;
    }

    /// <summary>Its bytes as UTF-8 text of a bounded length.</summary>
    public readonly string Text(int maxBytes)
    {
        ReadOnlySpan<byte> bytes = Bytes;
        return bytes.Length <= maxBytes
            ? Encoding.UTF8.GetString(bytes)
            : Problem.InvalidData<string>(
                $"A protobuf string at offset {Range.Offset} has {bytes.Length} bytes; at most {maxBytes} are allowed.");
    }

    /// <summary>A message inside this one.</summary>
    public readonly ProtobufReader Message() => new(Bytes, Range.Offset);

    /// <summary>Reads one varint, of at most 10 bytes.</summary>
    public ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        return Problem.InvalidData<ulong>($"A protobuf number at offset {_start + _position} has more than 10 bytes.");
    }

    /// <summary>True where everything has been read.</summary>
    public readonly bool AtEnd => _position == _bytes.Length;

    private readonly bool Require(WireType expected)
    {
        if (Type != expected)
            Problem.InvalidData(
                $"The protobuf field {Field} before offset {_start + _position} has the wire type {Type}; {expected} is expected.");
        return true;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _position)
            Problem.InvalidData($"A protobuf message ends at offset {_start + _bytes.Length} inside a number.");
        ReadOnlySpan<byte> taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    private ByteRange TakeRange(ulong length)
    {
        if (length > (ulong)(_bytes.Length - _position))
            Problem.InvalidData(
                $"A protobuf field at offset {_start + _position} claims {length} bytes; its message has {_bytes.Length - _position} " +
                "left.");
        ByteRange range = new(_start + _position, (int)length);
        _position += (int)length;
        return range;
    }
}

/// <summary>Wire types that occur (protobuf encoding, "Message Structure"); groups are refused.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
