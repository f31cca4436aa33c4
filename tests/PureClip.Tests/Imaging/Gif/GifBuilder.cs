namespace PureClip.Tests.Imaging.Gif;

/// <summary>Writes GIF files block by block, right or wrong.</summary>
internal sealed class GifBuilder
{
    private readonly List<byte> _file = [];

    /// <summary>The header, with a global palette if there are colours (2 to 256 in powers of two, three bytes each).</summary>
    public GifBuilder(int width, int height, params ReadOnlySpan<byte> palette)
    {
        _file.AddRange("GIF89a"u8);
        _file.AddRange([(byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8), FlagsOf(palette), 0, 0, .. palette]);
    }

    public GifBuilder Bytes(params ReadOnlySpan<byte> bytes)
    {
        _file.AddRange(bytes);
        return this;
    }

    /// <summary>A graphic control extension.</summary>
    public GifBuilder Transparent(byte index) => Bytes((byte)'!', 0xF9, 4, 1, 0, 0, index, 0);

    /// <summary>The header of a frame.</summary>
    public GifBuilder Frame(int x, int y, int width, int height, bool isInterlaced = false, params ReadOnlySpan<byte> palette) => Bytes([
        (byte)',', (byte)x, (byte)(x >> 8), (byte)y, (byte)(y >> 8), (byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8),
        (byte)(FlagsOf(palette) | (isInterlaced ? 0x40 : 0)), .. palette]);

    /// <summary>Pixels of two bits, by codes of three that are cleared before they would grow.</summary>
    public GifBuilder Pixels(params ReadOnlySpan<byte> indices)
    {
        List<int> codes = [];
        for (int i = 0; i < indices.Length; i++)
        {
            if (i % 2 == 0)
                codes.Add(4);
            codes.Add(indices[i]);
        }
        return Codes(2, 3, [.. codes, 5]);
    }

    /// <summary>Codes of one length.</summary>
    public GifBuilder Codes(byte symbolBits, int codeBits, params ReadOnlySpan<int> codes)
    {
        List<byte> bytes = [];
        for (int i = 0; i < codes.Length * codeBits; i++)
        {
            if (i % 8 == 0)
                bytes.Add(0);
            bytes[^1] |= (byte)((codes[i / codeBits] >> i % codeBits & 1) << i % 8);
        }
        Bytes(symbolBits);
        foreach (byte[] block in bytes.Chunk(255))
            Bytes([(byte)block.Length, .. block]);
        return Bytes(0);
    }

    public byte[] File() => [.. _file, (byte)';'];

    private static byte FlagsOf(ReadOnlySpan<byte> palette) =>
        palette.IsEmpty ? (byte)0 : (byte)(0x80 | System.Numerics.BitOperations.Log2((uint)palette.Length / 3) - 1);
}
