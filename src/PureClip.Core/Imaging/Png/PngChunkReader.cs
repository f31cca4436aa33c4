using System.Buffers.Binary;

namespace PureClip.Imaging.Png;

/// <summary>Walks the chunks of a PNG file. Every step consumes 8 bytes at least, so a walk ends.</summary>
internal ref struct PngChunkReader
{
    private readonly ReadOnlySpan<byte> _file;
    private readonly bool _isTolerant;
    private int _position;

    /// <summary>Starts behind the signature.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="tolerant">Whether checksums of chunks that are not critical are never looked at.</param>
    /// <exception cref="InvalidDataException">The file does not begin with it.</exception>
    public PngChunkReader(ReadOnlySpan<byte> file, bool tolerant = false)
    {
        _isTolerant = tolerant;
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
        if (verify && (IsCritical(type) || !_isTolerant))
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
            throw Refusal.Of(
                $"The PNG is damaged: the checksum of its {PngChunk.NameOf(type)} chunk at byte {_position} is {found:x8}, " +
                $"but {expected:x8} is stored.",
                !IsCritical(type) && rest.IndexOf("IDAT"u8) >= 0 ? PictureRemedy.Tolerance : PictureRemedy.None);
    }

    // PNG specification, 5.4: an upper-case first letter.
    private static bool IsCritical(uint type) => (type & 0x20000000) == 0;

    private static bool IsFourLetters(uint type)
    {
        for (int shift = 0; shift < 32; shift += 8)
            if (!char.IsAsciiLetter((char)(byte)(type >> shift)))
                return false;
        return true;
    }
}

/// <summary>A chunk of a PNG file (PNG specification, 5.3).</summary>
/// <param name="type">Four letters in file order, the first in the highest byte.</param>
/// <param name="body">The chunk's data.</param>
internal readonly ref struct PngChunk(uint type, ReadOnlySpan<byte> body)
{
    public const uint Ihdr = 0x49484452;
    public const uint Plte = 0x504C5445;
    public const uint Trns = 0x74524E53;
    public const uint Exif = 0x65584966;
    public const uint Idat = 0x49444154;
    public const uint Iend = 0x49454E44;
    public const uint Text = 0x74455874;
    public const uint CompressedText = 0x7A545874;
    public const uint InternationalText = 0x69545874;

    /// <summary>Apple's own leading chunk: pixels follow in another order and without zlib's frame.</summary>
    public const uint CgBi = 0x43674249;

    public uint Type { get; } = type;

    public ReadOnlySpan<byte> Body { get; } = body;

    /// <summary>The type as its four letters.</summary>
    public static string NameOf(uint type) =>
        string.Create(4, type, (name, value) =>
        {
            for (int i = 0; i < 4; i++)
                name[i] = (char)(byte)(value >> (24 - 8 * i));
        });
}

/// <summary>The checksum of PNG chunks: CRC-32 with polynomial 0xEDB88320, bits reflected (PNG specification, 5.5 and annex D).</summary>
internal static class Crc32
{
    private static readonly uint[] Table = BuildTable();

    /// <summary>The checksum of a chunk's type and body.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in bytes)
            crc = Table[(byte)(crc ^ b)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] BuildTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint c = i;
            for (int bit = 0; bit < 8; bit++)
                c = (c & 1) == 0 ? c >> 1 : 0xEDB88320 ^ (c >> 1);
            table[i] = c;
        }
        return table;
    }
}
