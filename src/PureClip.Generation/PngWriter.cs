using System.Buffers.Binary;
using System.IO.Compression;
using PureClip.Imaging.Png;

namespace PureClip.Generation;

/// <summary>Writes PNG files: 8 bits, red, green, blue and alpha, one filter a line.</summary>
/// <remarks>
/// PNG (Third Edition), W3C 2025: 5 (chunks, and their CRC), 9 (filters), 10 (deflate); of the filters the one with the least sum of
/// absolute values, as 12.7 recommends. The same pixels give the same bytes with the same runtime's deflate.
/// </remarks>
internal static class PngWriter
{
    private const int BytesOfAPixel = 4, Filters = 5;

    /// <summary>Writes a picture.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="rgba">[height · width · 4], not premultiplied.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="height">Lines.</param>
    public static void Write(Stream stream, ReadOnlySpan<byte> rgba, int width, int height)
    {
        if (rgba.Length != width * height * BytesOfAPixel)
            throw new ArgumentException(
                $"{width} x {height} pixels have {width * height * BytesOfAPixel} bytes, not {rgba.Length}.", nameof(rgba));
        stream.Write(PngChunkReader.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8; // bits
        header[9] = 6; // truecolour with alpha
        header[10..].Clear();
        Chunk(stream, PngChunk.Ihdr, header);
        using MemoryStream packed = new();
        using (ZLibStream deflate = new(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            Filter(rgba, width * BytesOfAPixel, deflate);
        Chunk(stream, PngChunk.Idat, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        Chunk(stream, PngChunk.Iend, []);
    }

    private static void Filter(ReadOnlySpan<byte> rgba, int stride, Stream to)
    {
        byte[] above = new byte[stride], best = new byte[stride + 1], tried = new byte[stride + 1];
        for (int line = 0; line < rgba.Length / stride; line++)
        {
            ReadOnlySpan<byte> row = rgba.Slice(line * stride, stride);
            long least = long.MaxValue;
            for (int filter = 0; filter < Filters; filter++)
            {
                long sum = 0;
                tried[0] = (byte)filter;
                for (int i = 0; i < stride; i++)
                {
                    int left = i < BytesOfAPixel ? 0 : row[i - BytesOfAPixel], up = above[i],
                        corner = i < BytesOfAPixel ? 0 : above[i - BytesOfAPixel];
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
