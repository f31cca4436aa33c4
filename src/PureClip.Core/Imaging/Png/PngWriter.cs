using System.Buffers.Binary;
using System.IO.Compression;

namespace PureClip.Imaging.Png;

/// <summary>Writes PNG files: 8 bits, red, green, blue and, where there is some, alpha; one filter a line.</summary>
/// <remarks>
/// PNG (Third Edition), W3C 2025: 5 (chunks, and their CRC), 9 (filters), 10 (deflate); of the filters the one with the least sum of
/// absolute values, as 12.7 recommends. The same pixels give the same bytes with the same runtime's deflate.
/// </remarks>
internal static class PngWriter
{
    private const int Filters = 5;
    private const byte Truecolour = 2, TruecolourWithAlpha = 6;

    /// <summary>Writes a picture.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="pixels">[height · width · channels], not premultiplied.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="height">Lines.</param>
    /// <param name="channels">Bytes of a pixel: 4, or 3 where there is no alpha.</param>
    /// <param name="level">How hard to look for repetitions.</param>
    public static void Write(Stream stream, ReadOnlySpan<byte> pixels, int width, int height, int channels = 4,
        CompressionLevel level = CompressionLevel.SmallestSize)
    {
        if (pixels.Length != width * height * channels)
            throw new ArgumentException(
                $"{width} x {height} pixels have {width * height * channels} bytes, not {pixels.Length}.", nameof(pixels));
        stream.Write(PngChunkReader.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8; // bits
        header[9] = channels == 4 ? TruecolourWithAlpha : Truecolour;
        header[10..].Clear();
        Chunk(stream, PngChunk.Ihdr, header);
        using MemoryStream packed = new();
        using (ZLibStream deflate = new(packed, level, leaveOpen: true))
            Filter(pixels, width * channels, channels, deflate);
        Chunk(stream, PngChunk.Idat, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        Chunk(stream, PngChunk.Iend, []);
    }

    private static void Filter(ReadOnlySpan<byte> pixels, int stride, int channels, Stream to)
    {
        byte[] above = new byte[stride], best = new byte[stride + 1], tried = new byte[stride + 1];
        for (int line = 0; line < pixels.Length / stride; line++)
        {
            ReadOnlySpan<byte> row = pixels.Slice(line * stride, stride);
            long least = long.MaxValue;
            for (int filter = 0; filter < Filters; filter++)
            {
                long sum = 0;
                tried[0] = (byte)filter;
                for (int i = 0; i < stride; i++)
                {
                    int left = i < channels ? 0 : row[i - channels], up = above[i],
                        corner = i < channels ? 0 : above[i - channels];
                    int predicted = filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) };
                    tried[i + 1] = (byte)(row[i] - predicted);
                    sum += Math.Abs((int)(sbyte)tried[i + 1]);
                }
                if (sum < least)
                {
                    least = sum;
                    (best, tried) = (tried, best);
                }
            }
            to.Write(best);
            row.CopyTo(above);
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int p = left + up - corner, ofLeft = Math.Abs(p - left), ofUp = Math.Abs(p - up), ofCorner = Math.Abs(p - corner);
        return ofLeft <= ofUp && ofLeft <= ofCorner ? left : ofUp <= ofCorner ? up : corner;
    }

    private static void Chunk(Stream stream, uint type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4), type);
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Compute(chunk.AsSpan(4, 4 + data.Length)));
        stream.Write(chunk);
    }
}
