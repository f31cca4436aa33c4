using System.IO.Compression;
using System.Numerics;

namespace PureClip.Imaging.Png;

/// <summary>
/// Decodes PNG (W3C PNG specification, third edition): all colour types and bit depths, interlaced or not, bit for bit what Pillow
/// gives, with one deliberate difference: 16-bit grey is scaled to 8 bits by its high byte, where Pillow clips it.
/// Gamma and colour profiles are not applied, as Pillow does not apply them either. Of an animated PNG the default image is decoded.
/// </summary>
internal sealed class PngDecoder : IPictureFormat
{
    /// <inheritdoc/>
    public string FormatName => "PNG";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".png", ".apng"];

    /// <inheritdoc/>
    public string MediaType => "image/png";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith(PngChunkReader.Signature);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        PngFile png = PngFile.Parse(file, options.MaxPixels, options.Tolerant, memory);
        if (!options.Tolerant)
            png.Header.CheckCompressedBytes(png.CompressedPixels.Length);
        byte[] pixels = ReadPixels(png.Header, png.CompressedPixels, options.Tolerant, memory);
        return new RasterImage(png.Header.Mode, png.Header.Width, png.Header.Height, pixels, memory)
        {
            Palette = png.Palette,
            PaletteAlpha = png.PaletteAlpha,
            TransparentColor = png.TransparentColor,
            Orientation = png.Orientation,
        };
    }

    private static byte[] ReadPixels(PngHeader header, Stream compressed, bool tolerant, PictureMemory memory)
    {
        using PngScanlineReader scanlines = new(compressed, header, byRows: tolerant, memory);
        byte[] pixels = memory.Take(checked(header.Width * header.Height * header.Channels)); // every pass together writes all of it
        if (tolerant)
            Array.Clear(pixels);
        try
        {
            foreach (PngPass pass in header.Passes)
                if (pass.Columns(header.Width) > 0)
                    ReadPass(scanlines, header, pass, pixels);
            scanlines.Finish();
        }
        catch (InvalidDataException) when (tolerant)
        {
            // the rows that were whole are there, the others stay black
        }
        return pixels;
    }

    private static void ReadPass(PngScanlineReader scanlines, PngHeader header, PngPass pass, byte[] pixels)
    {
        int columns = pass.Columns(header.Width);
        int bytes = (int)header.ScanlineBytes(columns);
        int stride = header.Width * header.Channels;
        byte[] reduced = pass.StepX == 1 ? [] : new byte[columns * header.Channels];
        scanlines.BeginPass();
        for (int y = pass.Y; y < header.Height; y += pass.StepY)
        {
            ReadOnlySpan<byte> scanline = scanlines.Read(bytes);
            Span<byte> row = pixels.AsSpan(y * stride, stride);
            if (pass.StepX == 1)
            {
                PngSamples.Unpack(scanline, header, row);
                continue;
            }
            PngSamples.Unpack(scanline, header, reduced);
            Spread(reduced, header.Channels, pass, row);
        }
    }

    // Puts the pixels of a reduced row where they belong in the whole one.
    private static void Spread(ReadOnlySpan<byte> reduced, int channels, PngPass pass, Span<byte> row)
    {
        int to = pass.X * channels;
        for (int from = 0; from < reduced.Length; from += channels, to += pass.StepX * channels)
            reduced.Slice(from, channels).CopyTo(row[to..]);
    }
}

/// <summary>
/// Inflates and unfilters one scanline after another; holds a few of them, whatever the size of the picture: the inflater is fastest where
/// it has much room.
/// </summary>
internal sealed class PngScanlineReader : IDisposable
{
    private const int InflatedBytes = 1 << 16;

    private readonly ZLibStream _inflater;
    private readonly int _filterDistance;
    private readonly byte[] _inflated; // of each scanline its filter byte, then itself
    private readonly int _capacity;
    private readonly byte[] _previous;
    private int _position;
    private int _end;
    private long _rest; // what follows the last scanline is none of ours, and may be damaged

    /// <summary>Begins to read.</summary>
    /// <param name="compressed">The zlib stream.</param>
    /// <param name="header">The layout of the pixels.</param>
    /// <param name="byRows">Whether no more is asked for than the next scanline, so that it is there whatever follows.</param>
    /// <param name="memory">Where the scanlines lie.</param>
    public PngScanlineReader(Stream compressed, PngHeader header, bool byRows, PictureMemory memory)
    {
        _inflater = new ZLibStream(compressed, CompressionMode.Decompress);
        _filterDistance = header.FilterDistance;
        _rest = header.InflatedBytes();
        int row = 1 + (int)header.ScanlineBytes(header.Width);
        _capacity = byRows ? 0 : Math.Max(row, InflatedBytes);
        _inflated = memory.Take(Math.Max(row, _capacity));
        _previous = memory.Take(row);
    }

    /// <summary>The next scanline is the first of a pass: nothing is above it.</summary>
    public void BeginPass() => Array.Clear(_previous);

    /// <summary>The next scanline, restored; valid until the next call.</summary>
    /// <param name="bytes">Its length.</param>
    /// <exception cref="InvalidDataException">The data is damaged or ends.</exception>
    public ReadOnlySpan<byte> Read(int bytes)
    {
        if (_end - _position <= bytes)
            Fill(1 + bytes);
        Span<byte> row = _inflated.AsSpan(_position, 1 + bytes);
        _position += row.Length;
        PngFilter.Undo(row[0], row[1..], _previous.AsSpan(0, bytes), _filterDistance);
        row[1..].CopyTo(_previous);
        return row[1..];
    }

    /// <summary>
    /// Asks for one byte behind the last row, so that the inflater compares zlib's checksum where the stream ends here, as it should.
    /// Further data is ignored, as by Pillow, and so is a missing checksum.
    /// </summary>
    /// <exception cref="InvalidDataException">The checksum is wrong.</exception>
    public void Finish() => Inflate(stackalloc byte[1], 1);

    /// <inheritdoc/>
    public void Dispose() => _inflater.Dispose();

    private void Fill(int needed)
    {
        int kept = _end - _position;
        _inflated.AsSpan(_position, kept).CopyTo(_inflated);
        _position = 0;
        int room = (int)Math.Min(Math.Max(needed, _capacity) - kept, _rest);
        int read = Inflate(_inflated.AsSpan(kept, room), needed - kept);
        _rest -= read;
        _end = kept + read;
        if (_end < needed)
            throw Refusal.Of("The PNG is truncated: its compressed data ends before its last row.", PictureRemedy.Tolerance);
    }

    private int Inflate(Span<byte> destination, int least)
    {
        try
        {
            return _inflater.ReadAtLeast(destination, least, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw Refusal.Of("The PNG is damaged: its compressed data is not a valid zlib stream.", PictureRemedy.Tolerance, e);
        }
    }
}

/// <summary>Turns the samples of a scanline, 1 to 16 bits each, into bytes.</summary>
internal static class PngSamples
{
    /// <summary>Unpacks as many samples as there is room for.</summary>
    /// <param name="scanline">Packed samples, the first in the highest bits (PNG specification, 7.2).</param>
    /// <param name="header">Bits a sample, and what they are scaled by.</param>
    /// <param name="samples">One byte each: the sample scaled to 0-255, or the index as it is; of 16 bits the high byte.</param>
    public static void Unpack(ReadOnlySpan<byte> scanline, PngHeader header, Span<byte> samples)
    {
        switch (header.BitDepth)
        {
            case 8:
                scanline.CopyTo(samples);
                break;
            case 16:
                KeepHighBytes(scanline, samples);
                break;
            default:
                UnpackBits(scanline, header.BitDepth, header.SampleScale, samples);
                break;
        }
    }

    // Pillow does the same for all kinds but grey, which it opens as 32-bit integers and clips to 255 when converting: nearly white
    // whatever the picture shows. Keeping the high byte is what its authors do elsewhere, and what the picture means.
    private static void KeepHighBytes(ReadOnlySpan<byte> scanline, Span<byte> samples)
    {
        for (int i = 0; i < samples.Length; i++)
            samples[i] = scanline[2 * i];
    }

    private static void UnpackBits(ReadOnlySpan<byte> scanline, int bits, int scale, Span<byte> samples)
    {
        int perByte = 8 / bits;
        int perByteLog2 = BitOperations.Log2((uint)perByte);
        int mask = (1 << bits) - 1;
        for (int i = 0; i < samples.Length; i++)
        {
            int shift = 8 - bits * (1 + (i & (perByte - 1)));
            samples[i] = (byte)(((scanline[i >> perByteLog2] >> shift) & mask) * scale);
        }
    }
}
