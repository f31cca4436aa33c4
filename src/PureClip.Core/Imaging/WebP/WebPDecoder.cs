using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PureClip.Imaging.WebP.Lossless;
using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Imaging.WebP;

/// <summary>
/// Decodes WebP (RFC 9649): lossy (VP8), lossless (VP8L), alpha, the extended container with EXIF orientation, and of an animation the
/// first frame on transparent black. Pixels equal those of Pillow 9.4 with libwebp 1.2.4 bit for bit. Colour profiles are not applied, as
/// Pillow does not apply them either. A truncated file is rejected, as libwebp does.
/// </summary>
internal sealed class WebPDecoder : IPictureFormat
{
    /// <inheritdoc/>
    public string FormatName => "WebP";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".webp"];

    /// <inheritdoc/>
    public string MediaType => "image/webp";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => WebPFile.HasSignature(head);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        WebPFile webp = WebPFile.Parse(file);
        PixelMode mode = webp.HasAlpha ? PixelMode.Rgba : PixelMode.Rgb;
        int channels = RasterImage.ChannelsOf(mode);
        Refusal.RequirePixels(Throw.Prefix + "the picture", webp.Width, webp.Height, bytesAPixel: 4, options.MaxPixels);
        byte[] pixels = webp.Frame.IsLossless ? DecodeLossless(webp, channels, memory) : DecodeLossy(webp, channels, memory);
        return new RasterImage(mode, webp.Width, webp.Height, pixels, memory) { Orientation = webp.Orientation };
    }

    // Headers are read before memory for pixels is taken: data that is too short for its size is refused there.
    private static byte[] DecodeLossy(WebPFile webp, int channels, PictureMemory memory)
    {
        WebPFrame frame = webp.Frame;
        FrameHeader header = FrameHeader.Read(frame.Data, memory);
        bool usesAlpha = channels == 4 && webp.UsesAlpha && !frame.Alpha.IsEmpty;
        byte[]? alpha = usesAlpha ? AlphaPlane.Decode(frame.Alpha, frame.Width, frame.Height, memory) : null;
        PixelArea area = TakePixels(webp, channels, memory);
        LossyDecoder.Decode(header, area, alpha);
        return area.Pixels;
    }

    private static byte[] DecodeLossless(WebPFile webp, int channels, PictureMemory memory)
    {
        WebPFrame frame = webp.Frame;
        // The ARGB pixels become bytes in place where nothing surrounds them and the array may be longer than these bytes.
        if (webp.IsFilled && (channels == 4 || memory.IsBorrowed))
        {
            byte[] pixels = memory.Take(4 * frame.Width * frame.Height);
            Span<uint> same = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan(0, 4 * frame.Width * frame.Height));
            LosslessDecoder.Decode(frame.Data, LosslessDecoder.HeaderBytes, frame.Width, same, memory);
            ArgbRows.Write(same, pixels.AsSpan(0, channels * same.Length), channels);
            return pixels;
        }
        using PooledBuffer<uint> argb = PooledBuffer<uint>.Rent(frame.Width * frame.Height);
        LosslessDecoder.Decode(frame.Data, LosslessDecoder.HeaderBytes, frame.Width, argb.Span, memory);
        PixelArea area = TakePixels(webp, channels, memory);
        for (int y = 0; y < frame.Height; y++)
            ArgbRows.Write(argb.Span.Slice(y * frame.Width, frame.Width), area.Row(y), channels);
        return area.Pixels;
    }

    /// <summary>Memory for the picture, transparent black where the frame leaves it free.</summary>
    private static PixelArea TakePixels(WebPFile webp, int channels, PictureMemory memory)
    {
        WebPFrame frame = webp.Frame;
        byte[] pixels = memory.Take(webp.Width * webp.Height * channels);
        if (!webp.IsFilled)
            pixels.AsSpan().Clear();
        int stride = webp.Width * channels;
        return new PixelArea(pixels, frame.Y * stride + frame.X * channels, stride, frame.Width, channels);
    }
}

/// <summary>The rectangle of a picture that a frame fills.</summary>
/// <param name="Pixels">The picture's pixels.</param>
/// <param name="Offset">Where the frame's first one lies.</param>
/// <param name="Stride">Bytes from one row of the picture to the next.</param>
/// <param name="Width">Pixels of a row of the frame.</param>
/// <param name="Channels">3 (red, green, blue) or 4 (and alpha).</param>
internal readonly record struct PixelArea(byte[] Pixels, int Offset, int Stride, int Width, int Channels)
{
    /// <summary>A row of the frame.</summary>
    public Span<byte> Row(int y) => Pixels.AsSpan(Offset + y * Stride, Width * Channels);
}

/// <summary>Lays out ARGB pixels, alpha in the highest byte, as bytes: elsewhere, or from the beginning of their own memory on.</summary>
internal static class ArgbRows
{
    /// <summary>Writes a row.</summary>
    /// <param name="pixels">[width].</param>
    /// <param name="row">[width, channels] red, green, blue and perhaps alpha.</param>
    /// <param name="channels">3 or 4.</param>
    public static void Write(ReadOnlySpan<uint> pixels, Span<byte> row, int channels)
    {
        const byte o = 255; // gives 0
        Vector128<byte> order = channels == 4
            ? Vector128.Create((byte)2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15)
            : Vector128.Create((byte)2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, o, o, o, o);
        int x = 0;
        // Four pixels fill a vector, of which three quarters are kept; so one more has to fit.
        if (BitConverter.IsLittleEndian)
            for (; x * channels <= row.Length - Vector128<byte>.Count; x += Vector128<uint>.Count)
                Vector128.Shuffle(Vector128.Create(pixels[x..]).AsByte(), order).CopyTo(row[(x * channels)..]);
        for (; x < pixels.Length; x++)
        {
            uint argb = pixels[x]; // before its own bytes are overwritten
            Span<byte> pixel = row.Slice(x * channels, channels);
            (pixel[0], pixel[1], pixel[2]) = ((byte)(argb >> 16), (byte)(argb >> 8), (byte)argb);
            if (channels == 4)
                pixel[3] = (byte)(argb >> 24);
        }
    }
}

/// <summary>The one way in which this folder rejects a file.</summary>
internal abstract class Throw : Rejection<WebPDecoder>;
