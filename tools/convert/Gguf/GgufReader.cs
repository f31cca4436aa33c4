using System.Buffers.Binary;
using System.Text;
using PureClip.Convert.Tensors;

namespace PureClip.Convert.Gguf;

/// <summary>The header of a GGUF file in order; every length is checked against what is left before anything is made of it.</summary>
internal sealed class GgufReader(MappedFile file)
{
    /// <summary>ggml's own bound on strings and arrays.</summary>
    private const ulong MaxLength = 1 << 30;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Byte offset of what is read next.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes after <see cref="Position"/>.</summary>
    public long Remaining => file.Length - Position;

    public byte UInt8() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things that take at least <paramref name="leastBytes"/> each in the file.</summary>
    public int Count(ulong limit, int leastBytes, string what)
    {
        ulong count = UInt64();
        if (count > limit || count > (ulong)(Remaining / leastBytes))
            Throw.InvalidData($"{file.Path} claims {count} {what}; {Remaining} bytes are left, and at most {limit} are allowed.");
        return (int)count;
    }

    /// <summary>u64 length and UTF-8 bytes.</summary>
    /// <param name="maxBytes">Most bytes that this string may have.</param>
    /// <param name="what">What it is, for messages.</param>
    public string String(ulong maxBytes, string what)
    {
        ulong length = UInt64();
        if (length > Math.Min(maxBytes, MaxLength))
            Throw.InvalidData($"{file.Path}: {what} at offset {Position} has {length} bytes; at most {maxBytes} are allowed.");
        try
        {
            return StrictUtf8.GetString(Take((int)length));
        }
        catch (DecoderFallbackException)
        {
            return Throw.InvalidData<string>($"{file.Path}: {what} at offset {Position} is not UTF-8.");
        }
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> bytes = file.Span(Position, count);
        Position += count;
        return bytes;
    }
}
