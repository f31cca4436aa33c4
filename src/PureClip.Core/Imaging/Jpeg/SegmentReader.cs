using System.Buffers.Binary;

namespace PureClip.Imaging.Jpeg;

/// <summary>Reads the parameters of one marker segment; running over its end rejects the file.</summary>
/// <param name="data">The segment after its length field.</param>
/// <param name="name">The marker's usual name, for messages: "DQT".</param>
internal ref struct SegmentReader(ReadOnlySpan<byte> data, string name)
{
    private ReadOnlySpan<byte> rest = data;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => rest.Length;

    /// <summary>One byte.</summary>
    public byte ReadByte() => Take(1)[0];

    /// <summary>A big-endian 16-bit number.</summary>
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    /// <summary>The next bytes as they are.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
            Throw.Invalid($"the {name} segment is {count - rest.Length} bytes too short for what it declares.");
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    /// <summary>Checks that everything has been read.</summary>
    public readonly void ExpectEnd()
    {
        if (rest.Length != 0)
            Throw.Invalid($"the {name} segment is {rest.Length} bytes longer than what it declares.");
    }
}
