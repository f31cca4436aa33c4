using System.Buffers.Binary;
using PureClip.Imaging.WebP.Lossless;
using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Imaging.WebP;

/// <summary>
/// What of a WebP file decoding needs (RFC 9649, section 2), checked: the picture's size and its only or first frame. Files are accepted as
/// libwebp's animation decoder accepts them, through which Pillow reads them: all bytes that the file announces have to be there, and what
/// follows the data of a simple file is passed over.
/// </summary>
internal readonly ref struct WebPFile
{
    private const int SignatureBytes = 12; // RIFF, a length, WEBP
    private const int ExtendedHeaderBytes = 10;

    // Flags of the extended header.
    private const int AnimationFlag = 0x02;
    private const int ExifFlag = 0x08;
    private const int AlphaFlag = 0x10;

    /// <summary>Pixels a row of the picture, 1 to 16,777,216.</summary>
    public int Width { get; private init; }

    /// <summary>Rows of the picture, 1 to 16,777,216.</summary>
    public int Height { get; private init; }

    /// <summary>Whether Pillow gives the picture alpha.</summary>
    public bool HasAlpha { get; private init; }

    /// <summary>Whether the alpha of a lossy frame counts; without the flag for it all is opaque.</summary>
    public bool UsesAlpha { get; private init; }

    /// <summary>See <see cref="RasterImage.Orientation"/>.</summary>
    public int Orientation { get; private init; }

    /// <summary>The only or first frame.</summary>
    public WebPFrame Frame { get; private init; }

    /// <summary>Whether the frame is all of the picture.</summary>
    public bool IsFilled => Frame.Width == Width && Frame.Height == Height;

    /// <summary>Whether a file begins as a WebP does.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> head) =>
        head.Length >= SignatureBytes + 4 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBPVP8"u8)
        && head[SignatureBytes + 3] is (byte)' ' or (byte)'L' or (byte)'X';

    /// <summary>Reads the chunks.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static WebPFile Parse(ReadOnlySpan<byte> file)
    {
        if (!HasSignature(file))
            Throw.Invalid("the file does not begin with RIFF, a length and WEBPVP8; it is no WebP file.");
        long end = RiffChunk.HeaderBytes + (long)BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
        if (end > file.Length)
            Throw.Invalid($"the file announces {end} bytes, but has {file.Length}; it is truncated.");
        if (end < SignatureBytes + RiffChunk.HeaderBytes)
            Throw.Invalid($"the file announces {end} bytes, which hold no picture; it is damaged.");
        ReadOnlySpan<byte> chunks = file[SignatureBytes..(int)end];
        RiffChunk.TryTake(ref chunks, out RiffChunk first);
        if (first.Name == RiffChunk.Extended)
            return ParseExtended(first.Body, chunks);
        WebPFrame frame = WebPFrame.Still(first, alpha: []);
        return new WebPFile { Width = frame.Width, Height = frame.Height, HasAlpha = frame.UsesAlpha, Orientation = 1, Frame = frame };
    }

    private static WebPFile ParseExtended(ReadOnlySpan<byte> header, ReadOnlySpan<byte> chunks)
    {
        if (header.Length != ExtendedHeaderBytes)
            Throw.Invalid($"its extended header (VP8X) has {header.Length} bytes instead of {ExtendedHeaderBytes}; the file is damaged.");
        int flags = header[0];
        bool isAnimation = (flags & AnimationFlag) != 0;
        WebPFrame frame = FindFrame(chunks, isAnimation);
        bool hasFlag = (flags & AlphaFlag) != 0;
        WebPFile file = new()
        {
            Width = WebPFrame.ReadUInt24(header[4..]) + 1,
            Height = WebPFrame.ReadUInt24(header[7..]) + 1,
            HasAlpha = isAnimation ? hasFlag : frame.IsLossless ? frame.UsesAlpha : hasFlag || !frame.Alpha.IsEmpty,
            UsesAlpha = hasFlag,
            Orientation = (flags & ExifFlag) != 0 ? ReadOrientation(chunks) : 1,
            Frame = frame,
        };
        file.CheckFrame(isAnimation);
        return file;
    }

    private static WebPFrame FindFrame(ReadOnlySpan<byte> chunks, bool isAnimation)
    {
        ReadOnlySpan<byte> alpha = [];
        while (RiffChunk.TryTake(ref chunks, out RiffChunk chunk))
        {
            if (chunk.Name == RiffChunk.AnimationFrame && isAnimation && WebPFrame.Animated(chunk.Body) is { Exists: true } frame)
                return frame;
            if (chunk.IsImage && !isAnimation)
                return WebPFrame.Still(chunk, alpha);
            if (chunk.Name == RiffChunk.Alpha)
                alpha = chunk.Body;
        }
        Throw.Invalid($"the file holds no {(isAnimation ? "frame of its animation" : "picture")}; it is damaged.");
        return default;
    }

    // Before or behind the picture; JPEG's prefix is cut off where somebody left it.
    private static int ReadOrientation(ReadOnlySpan<byte> chunks)
    {
        while (RiffChunk.TryTake(ref chunks, out RiffChunk chunk))
            if (chunk.Name == RiffChunk.Exif)
                return ExifOrientation.Read(chunk.Body.StartsWith("Exif\0\0"u8) ? chunk.Body[6..] : chunk.Body);
        return 1;
    }

    private void CheckFrame(bool isAnimation)
    {
        if (!isAnimation && !IsFilled)
            Throw.Invalid(
                $"the picture has {Frame.Width} x {Frame.Height} pixels, but the file's header says {Width} x {Height}; it is damaged.");
        if (Frame.X > Width - Frame.Width || Frame.Y > Height - Frame.Height)
            Throw.Invalid(
                $"the first frame of {Frame.Width} x {Frame.Height} pixels at ({Frame.X}, {Frame.Y}) reaches beyond " +
                $"the picture of {Width} x {Height}; the file is damaged.");
    }
}

/// <summary>A picture's data, and where in the picture it goes.</summary>
internal readonly ref struct WebPFrame
{
    private const int AnimationHeaderBytes = 16;

    /// <summary>Whether there is a frame at all.</summary>
    public bool Exists => !Data.IsEmpty;

    /// <summary>The column of the picture in which the frame begins.</summary>
    public int X { get; private init; }

    /// <summary>The row in which it begins.</summary>
    public int Y { get; private init; }

    /// <summary>Pixels a row.</summary>
    public int Width { get; private init; }

    /// <summary>Rows.</summary>
    public int Height { get; private init; }

    /// <summary>Whether the data is VP8L; else VP8.</summary>
    public bool IsLossless { get; private init; }

    /// <summary>Whether lossless data says that its alpha is used.</summary>
    public bool UsesAlpha { get; private init; }

    /// <summary>The body of the VP8 or VP8L chunk, with its padding.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }

    /// <summary>The body of the ALPH chunk before it; empty where there is none.</summary>
    public ReadOnlySpan<byte> Alpha { get; private init; }

    /// <summary>Reads the size of a picture's data.</summary>
    /// <param name="image">A chunk for which <see cref="RiffChunk.IsImage"/> holds.</param>
    /// <param name="alpha">See <see cref="Alpha"/>; lossless data has its own.</param>
    public static WebPFrame Still(RiffChunk image, ReadOnlySpan<byte> alpha)
    {
        if (image.Name == RiffChunk.Lossy)
        {
            (int width, int height) = FrameHeader.ReadSize(image.Body);
            return new WebPFrame { Width = width, Height = height, Data = image.Padded, Alpha = alpha };
        }
        LosslessDecoder.Header header = LosslessDecoder.ReadHeader(image.Body);
        return new WebPFrame
        {
            Width = header.Width,
            Height = header.Height,
            IsLossless = true,
            UsesAlpha = header.HasAlpha,
            Data = image.Padded,
        };
    }

    /// <summary>Reads a frame of an animation; none where it holds no picture.</summary>
    /// <param name="body">The body of an ANMF chunk.</param>
    public static WebPFrame Animated(ReadOnlySpan<byte> body)
    {
        if (body.Length < AnimationHeaderBytes)
            Throw.Truncated("the header of a frame");
        ReadOnlySpan<byte> chunks = body[AnimationHeaderBytes..];
        ReadOnlySpan<byte> alpha = [];
        while (RiffChunk.TryTake(ref chunks, out RiffChunk chunk))
        {
            if (chunk.IsImage)
                return Still(chunk, alpha) with { X = 2 * ReadUInt24(body), Y = 2 * ReadUInt24(body[3..]) };
            if (chunk.Name == RiffChunk.Alpha)
                alpha = chunk.Body;
        }
        return default;
    }

    /// <summary>A number of three bytes, as the container has them.</summary>
    public static int ReadUInt24(ReadOnlySpan<byte> data) => data[0] | data[1] << 8 | data[2] << 16;
}

/// <summary>A piece of a RIFF file.</summary>
/// <param name="name">Four letters, the first in the lowest byte.</param>
/// <param name="padded">What it holds, and a byte more where that is an odd number.</param>
/// <param name="length">Bytes of what it holds.</param>
internal readonly ref struct RiffChunk(uint name, ReadOnlySpan<byte> padded, int length)
{
    public const uint Lossy = 0x20385056; // "VP8 "
    public const uint Lossless = 0x4C385056; // "VP8L"
    public const uint Extended = 0x58385056; // "VP8X"
    public const uint Alpha = 0x48504C41; // "ALPH"
    public const uint AnimationFrame = 0x464D4E41; // "ANMF"
    public const uint Exif = 0x46495845; // "EXIF"

    /// <summary>Bytes of name and length before each chunk, and of those that begin the file.</summary>
    public const int HeaderBytes = 8;

    public uint Name { get; } = name;

    public ReadOnlySpan<byte> Body => Padded[..length];

    /// <summary>The body with its padding, which libwebp counts to a picture's data.</summary>
    public ReadOnlySpan<byte> Padded { get; } = padded;

    /// <summary>Whether it holds a picture's data.</summary>
    public bool IsImage => Name is Lossy or Lossless;

    /// <summary>Takes the next chunk off a list of them.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidDataException">What is left does not hold the whole chunk.</exception>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> list, out RiffChunk chunk)
    {
        chunk = default;
        if (list.IsEmpty)
            return false;
        if (list.Length < HeaderBytes)
            Throw.Truncated("a chunk");
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(list[4..]);
        long padded = length + (long)(length & 1);
        if (padded > list.Length - HeaderBytes)
            Throw.Invalid($"a chunk has {length} bytes, but the file ends after {list.Length - HeaderBytes}; it is truncated.");
        chunk = new RiffChunk(BinaryPrimitives.ReadUInt32LittleEndian(list), list.Slice(HeaderBytes, (int)padded), (int)length);
        list = list[(HeaderBytes + (int)padded)..];
        return true;
    }
}
