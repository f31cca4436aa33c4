using System.Buffers.Binary;

namespace PureClip.Imaging.Png;

/// <summary>Walks the chunks of a PNG file. Every step consumes 8 bytes at least, so a walk ends.</summary>
internal ref struct PngChunkReader
{
    private readonly ReadOnlySpan<byte> _file;
    private int _position;

    /// <summary>Starts behind the signature.</summary>
    /// <exception cref="InvalidDataException">The file does not begin with it.</exception>
    public PngChunkReader(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature))
            throw new InvalidDataException("The file does not begin with the eight bytes of a PNG.");
        _file = file;
        _position = Signature.Length;
    }

    /// <summary>PNG specification, 5.2.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Bytes of the file that have not been read yet.</summary>
    public readonly int Remaining => _file.Length - _position;

    /// <summary>Type of the chunk that <see cref="TryRead"/> would read; 0 at the end of the file.</summary>
    public readonly uint NextType => Remaining < 8 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(_file[(_position + 4)..]);

    /// <summary>
    /// Reads the next chunk. False where the file ends, or where what follows is no chunk (its type is not four letters).
    /// An IDAT chunk that the file's end cuts off is given as far as it reaches: whether rows are missing shows when they are inflated.
    /// </summary>
    /// <param name="verify">Whether the checksum must be right.</param>
    /// <param name="chunk">The chunk.</param>
    /// <exception cref="InvalidDataException">The chunk is longer than the file, or its checksum is missing or wrong.</exception>
    public bool TryRead(bool verify, out PngChunk chunk)
    {
        chunk = default;
        uint type = NextType;
        if (!IsFourLetters(type))
            return false;
        ReadOnlySpan<byte> rest = _file[_position..];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length > rest.Length - 8 && type == PngChunk.Idat)
            length = (uint)(rest.Length - 8);
        if (length > rest.Length - 8)
            throw new InvalidDataException(
                $"The PNG is truncated: its {PngChunk.NameOf(type)} chunk at byte {_position} declares {length} bytes, " +
                $"but {rest.Length - 8} follow.");
        chunk = new PngChunk(type, rest.Slice(8, (int)length));
        if (verify)
            Verify(rest, (int)length, type);
        _position += Math.Min(8 + (int)length + 4, rest.Length);
        return true;
    }

    private readonly void Verify(ReadOnlySpan<byte> rest, int length, uint type)
    {
        ReadOnlySpan<byte> stored = rest[(8 + length)..];
        if (stored.Length < 4)
            throw new InvalidDataException($"The PNG is truncated: it ends inside its {PngChunk.NameOf(type)} chunk at byte {_position}.");
        uint expected = BinaryPrimitives.ReadUInt32BigEndian(stored);
        uint found = Crc32.Compute(rest.Slice(4, 4 + length));
        if (found != expected)
            throw new InvalidDataException(
                $"The PNG is damaged: the checksum of its {PngChunk.NameOf(type)} chunk at byte {_position} is {found:x8}, " +
                $"but {expected:x8} is stored.");
    }

    private static bool IsFourLetters(uint type)
    {
        for (int shift = 0; shift < 32; shift += 8)
            if (!char.IsAsciiLetter((char)(byte)(type >> shift)))
                return false;
        return true;
    }
}
