using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using PureClip.Files;

namespace PureClip.Convert.Torch.Pickle;

/// <summary>Bytes of a pickle in order; every length is checked against what is left before anything is made of it.</summary>
internal ref struct PickleReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>BINFLOAT is the one big-endian number of the format.</summary>
    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    public byte[] Bytes(ulong count) => Take(count).ToArray();

    /// <summary>UTF-8; Python allows lone surrogates ("surrogatepass"), which become the replacement character here.</summary>
    public string Utf8(ulong count) => Encoding.UTF8.GetString(Take(count));

    /// <summary>Python 2 strings: bytes that are text in every checkpoint seen.</summary>
    public string Latin1(ulong count) => Encoding.Latin1.GetString(Take(count));

    /// <summary>Little-endian two's complement.</summary>
    public object Integer(ulong count)
    {
        if (count > PickleLimits.IntegerBytes)
            Problem.InvalidData(
                $"The pickle has an integer of {count} bytes at offset {Position}; at most {PickleLimits.IntegerBytes} are allowed.");
        BigInteger value = new(Take(count));
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : new PickleBigInteger(value);
    }

    /// <summary>UTF-8 up to a newline.</summary>
    public string Line()
    {
        ReadOnlySpan<byte> rest = _bytes[Position..];
        int length = rest[..Math.Min(rest.Length, PickleLimits.NameLength + 1)].IndexOf((byte)'\n');
        if (length < 0)
            Problem.InvalidData($"The pickle has a name at offset {Position} that does not end within {PickleLimits.NameLength} bytes.");
        Position += length + 1;
        return Encoding.UTF8.GetString(rest[..length]);
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_bytes.Length - Position))
            Problem.InvalidData(
                $"The pickle needs {count} bytes at offset {Position}, but has {_bytes.Length} in all. It is damaged or longer than " +
                $"{PickleLimits.Bytes} bytes.");
        ReadOnlySpan<byte> taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }
}

/// <summary>
/// Bounds on what one pickle may make the reader hold: a few hundred MB at worst. A CLIP's is ten times below them, its optimiser included.
/// </summary>
internal static class PickleLimits
{
    /// <summary>Bytes of one pickle. A CLIP's is a few hundred kB: tensors are outside of it.</summary>
    public const int Bytes = 64 << 20;

    /// <summary>Values on the stack.</summary>
    public const int StackDepth = 500_000;

    /// <summary>Open marks.</summary>
    public const int Marks = 10_000;

    /// <summary>Slots of the memo.</summary>
    public const int MemoSlots = 1_000_000;

    /// <summary>Opcodes; each makes at most one value. ViT-bigG with its optimiser has some 200,000.</summary>
    public const int Opcodes = 2_000_000;

    /// <summary>Bytes of one integer: torch's magic number has ten.</summary>
    public const int IntegerBytes = 64;

    /// <summary>Characters of a global's module and name, and of a tensor's name.</summary>
    public const int NameLength = 1024;
}
