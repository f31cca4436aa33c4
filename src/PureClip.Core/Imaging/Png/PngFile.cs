using System.Buffers.Binary;

namespace PureClip.Imaging.Png;

/// <summary>
/// The chunks of a PNG file that decoding needs, checked. Of an animated PNG that is its default image.
/// <para>
/// Where the PNG specification leaves a choice, or Pillow departs from it, files are accepted as Pillow accepts them: checksums
/// must be right up to the first IDAT chunk and are not looked at from there on (the compressed data has its own);
/// unknown chunks are skipped, critical or not; the file may end without IEND. Stricter than Pillow: a picture with a palette
/// must have one before its pixels, of whole entries; IHDR comes first and once, with methods that exist; and all rows must be
/// there, where Pillow leaves them black if the compressed data ends regularly too early.
/// </para>
/// <para>
/// A tolerant reading does not look at checksums of chunks that are not critical, and ends at a chunk behind the pixels that is cut off.
/// </para>
/// </summary>
internal sealed class PngFile
{
    private readonly PngOrientation _orientation = new();

    private readonly bool _isTolerant;

    private PngFile(PngHeader header, bool tolerant)
    {
        Header = header;
        _isTolerant = tolerant;
    }

    public PngHeader Header { get; }

    /// <summary>[<see cref="PngHeader.PaletteEntries"/>, 3]; see <see cref="RasterImage.Palette"/>.</summary>
    public byte[]? Palette { get; private set; }

    /// <summary>See <see cref="RasterImage.PaletteAlpha"/>.</summary>
    public byte[]? PaletteAlpha { get; private set; }

    /// <summary>See <see cref="RasterImage.TransparentColor"/>; of samples with 16 bits the high byte, as of the pixels.</summary>
    public byte[]? TransparentColor { get; private set; }

    /// <summary>See <see cref="RasterImage.Orientation"/>.</summary>
    public int Orientation => _orientation.Value;

    /// <summary>The zlib stream: all IDAT bodies one after another.</summary>
    public MemoryStream CompressedPixels { get; private set; } = new();

    /// <summary>Reads the chunks.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="maxPixels">Largest picture accepted.</param>
    /// <param name="tolerant">Whether damage that leaves pixels to show is passed over.</param>
    /// <param name="memory">Where the compressed pixels are laid; memory of their own if null.</param>
    /// <exception cref="InvalidDataException">The file is damaged or the picture too large.</exception>
    public static PngFile Parse(ReadOnlySpan<byte> file, long maxPixels, bool tolerant = false, PictureMemory? memory = null)
    {
        PngChunkReader reader = new(file, tolerant);
        PngFile png = new(ReadHeader(ref reader, tolerant), tolerant);
        png.Header.CheckSize(maxPixels);
        png.ReadUpToPixels(ref reader);
        if (png.Header.ColorType == PngColorType.Palette && png.Palette is null)
            throw new InvalidDataException(
                "The PNG has palette indices for pixels but no palette (PLTE) before them; the file is damaged.");
        png.ReadPixels(ref reader, memory ?? PictureMemory.Owned);
        png.ReadRest(ref reader);
        return png;
    }

    private static PngHeader ReadHeader(ref PngChunkReader reader, bool tolerant)
    {
        if (!reader.TryRead(verify: true, out PngChunk chunk))
            throw new InvalidDataException("The PNG is truncated: no header (IHDR) follows its signature.");
        if (chunk.Type == PngChunk.CgBi && tolerant && reader.TryRead(verify: true, out PngChunk next))
            chunk = next; // as Pillow goes on; none of its rows can be inflated
        if (chunk.Type == PngChunk.CgBi)
            throw new InvalidDataException(
                "The file is Apple's variation of PNG (a CgBI chunk comes first), which is not PNG; " +
                "convert it with `xcrun pngcrush -revert-iphone-optimizations`.");
        if (chunk.Type != PngChunk.Ihdr)
            throw new InvalidDataException(
                $"The first chunk of the PNG is {PngChunk.NameOf(chunk.Type)} instead of IHDR; the file is damaged.");
        return PngHeader.Parse(chunk.Body);
    }

    private void ReadUpToPixels(ref PngChunkReader reader)
    {
        while (reader.NextType != PngChunk.Idat)
        {
            if (!reader.TryRead(verify: true, out PngChunk chunk) || chunk.Type == PngChunk.Iend)
                throw new InvalidDataException("The PNG ends without pixels: there is no IDAT chunk.");
            switch (chunk.Type)
            {
                case PngChunk.Ihdr:
                    throw new InvalidDataException("The PNG has two headers (IHDR); the file is damaged.");
                case PngChunk.Plte when Header.ColorType == PngColorType.Palette:
                    Palette = ReadPalette(chunk.Body);
                    break;
                case PngChunk.Trns:
                    ReadTransparency(chunk.Body);
                    break;
                default:
                    _orientation.Read(chunk);
                    break;
            }
        }
    }

    // Only IDAT chunks without another in between hold pixels (PNG specification, 5.6).
    private void ReadPixels(ref PngChunkReader reader, PictureMemory memory)
    {
        byte[] pixels = memory.Take(reader.Remaining); // once: all that may follow is an upper bound
        int length = 0;
        while (reader.NextType == PngChunk.Idat && reader.TryRead(verify: false, out PngChunk chunk))
        {
            chunk.Body.CopyTo(pixels.AsSpan(length));
            length += chunk.Body.Length;
        }
        CompressedPixels = new MemoryStream(pixels, 0, length, writable: false);
    }

    // What says the orientation may stand behind the pixels too.
    private void ReadRest(ref PngChunkReader reader)
    {
        try
        {
            while (reader.NextType != PngChunk.Iend && reader.TryRead(verify: false, out PngChunk chunk))
                _orientation.Read(chunk);
        }
        catch (InvalidDataException e)
        {
            if (!_isTolerant)
                throw Refusal.Of(e.Message, PictureRemedy.Tolerance, e);
        }
    }

    // An index beyond the palette is an error that no decoder reports. Pillow's palettes begin as a ramp of grey, so it shows as
    // the grey of its own number; the palette is filled up accordingly.
    private byte[] ReadPalette(ReadOnlySpan<byte> body)
    {
        if (body.Length == 0 || body.Length % 3 != 0 || body.Length > 256 * 3)
            throw new InvalidDataException(
                $"The PNG's palette (PLTE) has {body.Length} bytes; 3 to 768 in steps of 3 are possible. The file is damaged.");
        byte[] palette = new byte[Header.PaletteEntries * 3];
        for (int i = 0; i < palette.Length; i++)
            palette[i] = (byte)(i / 3);
        body[..Math.Min(body.Length, palette.Length)].CopyTo(palette);
        return palette;
    }

    // PNG specification, 11.3.2.1: a list of alphas for a palette, one colour of two bytes a sample for grey and RGB.
    private void ReadTransparency(ReadOnlySpan<byte> body)
    {
        switch (Header.ColorType)
        {
            case PngColorType.Palette:
                PaletteAlpha = body[..Math.Min(body.Length, Header.PaletteEntries)].ToArray();
                break;
            case PngColorType.Gray or PngColorType.Rgb:
                TransparentColor = ReadColor(body);
                break;
        }
    }

    private byte[] ReadColor(ReadOnlySpan<byte> body)
    {
        byte[] color = new byte[Header.Channels];
        if (body.Length < 2 * color.Length)
            throw new InvalidDataException(
                $"The PNG's transparent colour (tRNS) has {body.Length} bytes, " +
                $"but colour type {(byte)Header.ColorType} needs {2 * color.Length}; the file is damaged.");
        for (int i = 0; i < color.Length; i++)
        {
            int sample = BinaryPrimitives.ReadUInt16BigEndian(body[(2 * i)..]) & ((1 << Header.BitDepth) - 1);
            color[i] = (byte)(Header.BitDepth == 16 ? sample >> 8 : sample * Header.SampleScale);
        }
        return color;
    }
}
