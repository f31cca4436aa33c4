using System.Buffers.Binary;
using System.Text;
using PureClip.Imaging.WebP.Lossless;

namespace PureClip.Tests.Imaging.WebP;

/// <summary>Writes WebP files chunk by chunk, right or wrong.</summary>
internal sealed class WebPBuilder
{
    public const int AnimationFlag = 2;
    public const int ExifFlag = 8;
    public const int AlphaFlag = 16;

    private readonly MemoryStream _chunks = new();

    public WebPBuilder Chunk(string name, params ReadOnlySpan<byte> body)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, body.Length);
        _chunks.Write(Encoding.ASCII.GetBytes(name));
        _chunks.Write(length);
        _chunks.Write(body);
        if (body.Length % 2 != 0)
            _chunks.WriteByte(0);
        return this;
    }

    public WebPBuilder Extended(int flags, int width, int height) =>
        Chunk("VP8X", [(byte)flags, 0, 0, 0, .. UInt24(width - 1), .. UInt24(height - 1)]);

    public WebPBuilder Frame(int x, int y, int width, int height, WebPBuilder picture) => Chunk(
        "ANMF",
        [.. UInt24(x / 2), .. UInt24(y / 2), .. UInt24(width - 1), .. UInt24(height - 1), 100, 0, 0, 0, .. picture._chunks.ToArray()]);

    /// <summary>A lossless picture of one colour.</summary>
    public WebPBuilder Plain(int width, int height, uint argb) => Chunk("VP8L", LosslessWriter.Plain(width, height, argb));

    public byte[] File()
    {
        byte[] body = _chunks.ToArray();
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, body.Length + 4);
        return [.. "RIFF"u8, .. length, .. "WEBP"u8, .. body];
    }

    private static byte[] UInt24(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];
}

/// <summary>Writes the bits of a lossless image, the lowest first.</summary>
internal sealed class LosslessWriter
{
    private readonly List<byte> _bytes = [];
    private int _count;

    /// <summary>A picture of one colour: no transforms, five codes of one symbol each, and no bits for pixels.</summary>
    public static byte[] Plain(int width, int height, uint argb) => new LosslessWriter().Header(width, height)
        .Bits(0, 3) // no transform, no cache, one group of codes
        .Symbol((byte)(argb >> 8)).Symbol((byte)(argb >> 16)).Symbol((byte)argb).Symbol((byte)(argb >> 24)).Symbol(0).Bytes();

    public LosslessWriter Header(int width, int height, bool hasAlpha = false, int version = 0) =>
        Bits(0x2F, 8).Bits(width - 1, 14).Bits(height - 1, 14).Bits(hasAlpha ? 1 : 0, 1).Bits(version, 3);

    public LosslessWriter Bits(int value, int count)
    {
        for (int i = 0; i < count; i++, _count++)
        {
            if (_count % 8 == 0)
                _bytes.Add(0);
            _bytes[^1] |= (byte)((value >> i & 1) << (_count % 8));
        }
        return this;
    }

    /// <summary>A code of one symbol, which takes no bits.</summary>
    public LosslessWriter Symbol(byte symbol) => Bits(1, 1).Bits(0, 1).Bits(1, 1).Bits(symbol, 8);

    /// <summary>A code of two symbols: bit 0 means the lower one.</summary>
    public LosslessWriter Symbols(byte first, byte second) => Bits(1, 1).Bits(1, 1).Bits(1, 1).Bits(first, 8).Bits(second, 8);

    public byte[] Bytes() => [.. _bytes];

    /// <summary>A reader of what was written.</summary>
    public LosslessReader Reader() => new([.. _bytes, .. new byte[LosslessReader.Padding]], _bytes.Count);
}
