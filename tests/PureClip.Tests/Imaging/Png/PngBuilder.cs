using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using PureClip.Imaging.Png;

namespace PureClip.Tests.Imaging.Png;

/// <summary>Puts PNG files together chunk by chunk, well-formed or not.</summary>
internal sealed class PngBuilder
{
    private readonly MemoryStream _file = new();

    public PngBuilder() => _file.Write(PngChunkReader.Signature);

    /// <summary>A whole file with one picture; the rows are what the PNG stores, filter bytes included.</summary>
    public static byte[] File(int width, int height, int depth, int color, params byte[] rows) =>
        new PngBuilder().Header(width, height, depth, color).Pixels(rows).End();

    public PngBuilder Header(int width, int height, int depth, int color, int interlace = 0, int compression = 0, int filter = 0)
    {
        byte[] body = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(body, width);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(4), height);
        body[8] = (byte)depth;
        body[9] = (byte)color;
        body[10] = (byte)compression;
        body[11] = (byte)filter;
        body[12] = (byte)interlace;
        return Chunk("IHDR", body);
    }

    public PngBuilder Chunk(string type, params byte[] body) => RawChunk(body.Length, type, body, checksumError: 0);

    public PngBuilder ChunkWithWrongChecksum(string type, params byte[] body) => RawChunk(body.Length, type, body, checksumError: 1);

    public PngBuilder ChunkDeclaring(int length, string type, params byte[] body) => RawChunk(length, type, body, checksumError: 0);

    public PngBuilder Pixels(params byte[] rows) => Chunk("IDAT", Deflate(rows));

    public byte[] End() => Chunk("IEND").Bytes();

    public byte[] Bytes() => _file.ToArray();

    /// <summary>A zlib stream.</summary>
    public static byte[] Deflate(byte[] bytes)
    {
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.SmallestSize))
            zlib.Write(bytes);
        return compressed.ToArray();
    }

    /// <summary>Makes the checksums of all chunks right, as far as the chunks reach.</summary>
    public static void RepairChecksums(Span<byte> file)
    {
        int position = PngChunkReader.Signature.Length;
        while (file.Length - position >= 12)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[position..]);
            if (length > file.Length - position - 12)
                return;
            int end = position + 8 + (int)length;
            BinaryPrimitives.WriteUInt32BigEndian(file[end..], Crc32.Compute(file[(position + 4)..end]));
            position = end + 4;
        }
    }

    private PngBuilder RawChunk(int length, string type, byte[] body, uint checksumError)
    {
        byte[] typed = [.. Encoding.Latin1.GetBytes(type), .. body];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, length);
        _file.Write(number);
        _file.Write(typed);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Compute(typed) + checksumError);
        _file.Write(number);
        return this;
    }
}
