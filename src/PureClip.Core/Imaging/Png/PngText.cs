using System.IO.Compression;

namespace PureClip.Imaging.Png;

/// <summary>
/// What a chunk tEXt, zTXt or iTXt says (PNG specification, 11.3.3): a keyword, 0, and a text that may be compressed. A damaged one says
/// nothing, or what stands before the damage.
/// </summary>
internal static class PngText
{
    /// <summary>The keyword; empty where the chunk is no text.</summary>
    public static ReadOnlySpan<byte> KeywordOf(PngChunk chunk) =>
        chunk.Type is PngChunk.Text or PngChunk.CompressedText or PngChunk.InternationalText
        && chunk.Body.IndexOf((byte)0) is > 0 and int end
            ? chunk.Body[..end]
            : [];

    /// <summary>The text of a chunk that has a keyword.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="mostBytes">What it may inflate to; of more, nothing is given.</param>
    public static ReadOnlySpan<byte> Of(PngChunk chunk, int mostBytes)
    {
        ReadOnlySpan<byte> rest = chunk.Body[(KeywordOf(chunk).Length + 1)..];
        if (chunk.Type == PngChunk.Text)
            return rest;
        if (chunk.Type == PngChunk.CompressedText)
            return rest.IsEmpty || rest[0] != 0 ? [] : Inflate(rest[1..], mostBytes);
        if (rest.Length < 2)
            return [];
        (byte isCompressed, byte method) = (rest[0], rest[1]);
        rest = rest[2..];
        for (int skipped = 0; skipped < 2; skipped++) // language, translated keyword
            rest = rest[(rest.IndexOf((byte)0) + 1)..];
        if (isCompressed == 0)
            return rest;
        return method == 0 ? Inflate(rest, mostBytes) : [];
    }

    /// <summary>Inflates zlib data as far as it is whole; nothing where it is more than allowed.</summary>
    public static ReadOnlySpan<byte> Inflate(ReadOnlySpan<byte> compressed, int mostBytes)
    {
        using ZLibStream stream = new(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        MemoryStream text = new();
        try
        {
            byte[] piece = new byte[4096];
            for (int read = stream.Read(piece); read > 0; read = stream.Read(piece))
            {
                text.Write(piece, 0, read);
                if (text.Length > mostBytes)
                    return [];
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // what came before the damage
        }
        return text.GetBuffer().AsSpan(0, (int)text.Length);
    }
}
