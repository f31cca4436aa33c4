using PureClip.Imaging;

namespace PureClip;

/// <summary>Where a picture comes from. Converts from a path, the bytes of a file, a stream and pixels by itself.</summary>
public sealed class ImageSource
{
    // A picture of 200 megapixels as uncompressed RGBA is 800 MB; no file needs more.
    private const long MaxFileBytes = 1L << 30;

    private readonly Func<RasterImage>? _pixels;
    private readonly Func<PictureMemory, ReadOnlyMemory<byte>>? _file;

    private ImageSource(string name, Func<PictureMemory, ReadOnlyMemory<byte>>? file, Func<RasterImage>? pixels)
    {
        Name = name;
        _file = file;
        _pixels = pixels;
    }

    /// <summary>What messages call it: the path, or what it was given as.</summary>
    public string Name { get; }

    /// <summary>A picture file. It is read when the picture is needed.</summary>
    public static ImageSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(path, memory => ReadFile(path, memory), null);
    }

    /// <summary>The bytes of a picture file.</summary>
    public static ImageSource FromBytes(ReadOnlyMemory<byte> file, string name = "picture") => new(name, _ => file, null);

    /// <summary>A stream of a picture file's bytes, read to its end when the picture is needed, once. It is not disposed.</summary>
    public static ImageSource FromStream(Stream stream, string name = "picture")
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new(name, memory => ReadStream(stream, memory), null);
    }

    /// <summary>Pixels that are decoded already.</summary>
    public static ImageSource FromPixels(RgbImage image, string name = "picture")
    {
        ArgumentNullException.ThrowIfNull(image);
        return FromPixels(new RasterImage(PixelMode.Rgb, image.Width, image.Height, image.Pixels), name);
    }

    /// <summary>Pixels that are decoded already, in any mode.</summary>
    public static ImageSource FromPixels(RasterImage image, string name = "picture")
    {
        ArgumentNullException.ThrowIfNull(image);
        return new(name, null, () => image);
    }

    /// <summary>A picture file.</summary>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <summary>The bytes of a picture file.</summary>
    public static implicit operator ImageSource(byte[] file) => FromBytes(file);

    /// <summary>A stream of a picture file's bytes.</summary>
    public static implicit operator ImageSource(Stream stream) => FromStream(stream);

    /// <summary>Pixels.</summary>
    public static implicit operator ImageSource(RgbImage image) => FromPixels(image);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Reads and decodes the picture.</summary>
    /// <param name="decoders">Decoders to try; null for the built-in ones.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="InvalidDataException">The picture is damaged or of an unknown format; the message names it.</exception>
    public RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders = null, ImageDecoderOptions? options = null) =>
        Decode(decoders, options ?? ImageDecoderOptions.Default, PictureMemory.Owned);

    /// <summary>As the public one; the file, and pixels of the built-in decoders, lie in <paramref name="memory"/>.</summary>
    internal RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory)
    {
        if (_pixels is not null)
            return _pixels();
        try
        {
            return ImageDecoder.Decode(_file!(memory).Span, options, decoders, memory);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{Name}: {e.Message}", e);
        }
    }

    private static ReadOnlyMemory<byte> ReadFile(string path, PictureMemory memory)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException("this is a directory, not a picture.");
        using FileStream stream = File.OpenRead(path);
        if (stream.CanSeek)
            RequireSize(stream.Length);
        return ReadStream(stream, memory);
    }

    private static ReadOnlyMemory<byte> ReadStream(Stream stream, PictureMemory memory)
    {
        if (stream.CanSeek)
        {
            long left = Math.Max(0, stream.Length - stream.Position);
            RequireSize(left);
            int length = (int)left;
            Memory<byte> bytes = memory.Take(length).AsMemory(0, length);
            stream.ReadExactly(bytes.Span);
            return bytes;
        }

        using MemoryStream copy = new();
        byte[] block = new byte[1 << 16];
        for (int read = stream.Read(block); read > 0; read = stream.Read(block))
        {
            RequireSize(copy.Length + read);
            copy.Write(block, 0, read);
        }
        return copy.ToArray();
    }

    private static void RequireSize(long bytes)
    {
        if (bytes > MaxFileBytes)
            throw new InvalidDataException($"the file has more than {MaxFileBytes} bytes, the most that is read. Reduce the picture first.");
    }
}
