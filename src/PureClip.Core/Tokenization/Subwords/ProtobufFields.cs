using System.Buffers.Binary;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>How a field of a protobuf message is written.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>The fields of a protobuf message in order. Every length is checked against what is left before anything is taken.</summary>
/// <remarks>protobuf.dev, "Encoding".</remarks>
/// <param name="bytes">The message.</param>
/// <param name="file">The file, for messages.</param>
/// <param name="offset">Where in the file the message begins.</param>
internal ref struct ProtobufFields(ReadOnlySpan<byte> bytes, string file, int offset)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    /// <summary>Number of the field that was read last.</summary>
    public int Number { get; private set; }

    /// <summary>How it is written.</summary>
    public WireType Type { get; private set; }

    /// <summary>Its value where it is no bytes.</summary>
    public ulong Value { get; private set; }

    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Where in the file its bytes begin.</summary>
    public int Offset { get; private set; }

    /// <summary>Its value as a single.</summary>
    public readonly float Single => BitConverter.UInt32BitsToSingle((uint)Value);

    /// <summary>Goes to the next field and reads it.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidDataException">It is not well formed.</exception>
    public bool Next()
    {
        if (_at == _bytes.Length)
            return false;
        ulong tag = Varint();
        if (tag >> 3 is 0 or > int.MaxValue >> 2)
            Fail($"the field number {tag >> 3}");
        (Number, Type) = ((int)(tag >> 3), (WireType)(tag & 7));
        switch (Type)
        {
            case WireType.Varint:
                Value = Varint();
                break;
            case WireType.Fixed64:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
                break;
            case WireType.Fixed32:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
                break;
            case WireType.Bytes:
                ulong length = Varint();
                Offset = offset + _at;
                Bytes = Take(length);
                break;
            default: // groups, which nothing here has
                Fail($"the wire type {(int)Type}");
                break;
        }
        return true;
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_bytes.Length - _at))
            Fail($"a field of {length} bytes, where {_bytes.Length - _at} are left");
        _at += (int)length;
        return _bytes.Slice(_at - (int)length, (int)length);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_at == _bytes.Length)
                break;
            byte part = _bytes[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        Fail("a number without an end");
        return 0;
    }

    private readonly void Fail(string found) => Problem.InvalidData(
        $"{file}: at byte {offset + _at} there is {found}, which no protobuf message has. The file is damaged; download it again.");
}
