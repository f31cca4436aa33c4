using System.Buffers.Binary;
using System.Text;

namespace PureClip.Convert.Tests.Support;

/// <summary>Writes hand-made files: bytes, little-endian numbers, and text in which every character is one byte.</summary>
internal sealed class Bytes
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public Bytes Add(params ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
            _bytes.Add(b);
        return this;
    }

    /// <summary>Latin-1: '\x80' is the byte 0x80.</summary>
    public Bytes Text(string text) => Add(Encoding.Latin1.GetBytes(text));

    public Bytes U16(int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return Add(bytes);
    }

    public Bytes U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Add(bytes);
    }

    public Bytes U64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Add(bytes);
    }
}
