using System.Buffers;
using PureClip.Imaging;

namespace PureClip;

/// <summary>
/// Where a picture comes from: a file, its bytes, a stream, or pixels. A path, the bytes of a file and an <see cref="RgbImage"/> become
/// one by themselves. Nothing is read, opened or copied before the picture is needed. Immutable, and thread-safe where what it reads is.
/// </summary>
public sealed class ImageSource
{
    private const string Unnamed = "picture";

    private readonly Origin _origin;

    private ImageSource(string name, Origin origin)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        _origin = origin;
    }

    /// <summary>What messages call it: the path, or what it was given as.</summary>
    public string Name { get; }

    /// <summary>A picture file.</summary>
    /// <param name="path">Its path; with a relative one, as the working directory is when the picture is needed.</param>
    public static ImageSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(path, new FileOrigin(path));
    }

    /// <summary>A picture file.</summary>
    public static ImageSource FromFile(FileInfo file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new(file.ToString(), new FileOrigin(file.FullName));
    }

    /// <summary>The bytes of a picture file. They are not copied and must not change until the picture has been encoded.</summary>
    public static ImageSource FromBytes(ReadOnlyMemory<byte> file, string name = Unnamed) => new(name, new BytesOrigin(file));

    /// <summary>
    /// The bytes of a picture file in pieces, as a pipe hands them out. They must not change, or be given back, until the picture has been
    /// encoded.
    /// </summary>
    /// <exception cref="ArgumentException">They are more than 2,147,483,591 bytes.</exception>
    public static ImageSource FromBytes(ReadOnlySequence<byte> file, string name = Unnamed)
    {
        if (file.IsSingleSegment)
            return FromBytes(file.First, name);
        return file.Length <= Array.MaxLength
            ? new(name, new PiecesOrigin(file))
            : throw new ArgumentException(
                $"The pieces are {file.Length} bytes together; a picture file may have {Array.MaxLength}.", nameof(file));
    }

    /// <summary>
    /// A stream of a picture file's bytes, from where it stands to its end. It is read once, so a source like this is for one use; it is
    /// not disposed.
    /// </summary>
    public static ImageSource FromStream(Stream stream, string name = Unnamed)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanRead
            ? new(name, new StreamOrigin(stream, name))
            : throw new ArgumentException("The stream cannot be read: it is closed, or for writing only.", nameof(stream));
    }

    /// <summary>
    /// A stream of a picture file's bytes that is opened when the picture is needed, each time anew, and disposed once it has been read.
    /// </summary>
    /// <param name="open">
    /// Opens it, possibly on another thread. Calls that are not asynchronous block until it is open and read; those that are pass their
    /// token.
    /// </param>
    /// <param name="name">What messages call the picture.</param>
    public static ImageSource FromStream(Func<CancellationToken, ValueTask<Stream>> open, string name = Unnamed)
    {
        ArgumentNullException.ThrowIfNull(open);
        return new(name, new LateOrigin(open));
    }

    /// <summary>Pixels that are decoded already. They are not copied and must not change until the picture has been encoded.</summary>
    public static ImageSource FromPixels(RgbImage image, string name = Unnamed)
    {
        ArgumentNullException.ThrowIfNull(image);
        return FromPixels(new RasterImage(PixelMode.Rgb, image.Width, image.Height, image.Pixels), name);
    }

    /// <summary>Pixels that are decoded already, in any mode.</summary>
    public static ImageSource FromPixels(RasterImage image, string name = Unnamed)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new(name, new PixelsOrigin(_ => image));
    }

    /// <summary>
    /// Pixels as another picture library holds them: SkiaSharp's <c>RowBytes</c>, System.Drawing's and WPF's <c>Stride</c> or ImageSharp's
    /// row
    /// pitch is the stride here. They must not change until the picture has been encoded.
    /// </summary>
    /// <param name="pixels">From the first byte of the top row on; bytes behind the last row are ignored.</param>
    /// <param name="width">Pixels a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="layout">What the bytes of a pixel mean.</param>
    /// <param name="stride">Bytes from the beginning of a row to that of the next one below; 0 where there is nothing between rows.</param>
    /// <param name="name">What messages call the picture.</param>
    /// <exception cref="ArgumentException">
    /// A size is not positive, the stride is negative or shorter than a row, or the bytes are too few.
    /// </exception>
    public static ImageSource FromPixels(
        ReadOnlyMemory<byte> pixels, int width, int height, PixelLayout layout, int stride = 0, string name = Unnamed) =>
        new(name, new PixelsOrigin(new GivenPixels(pixels, width, height, layout, stride).ToRaster));

    /// <summary>A picture file.</summary>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <summary>The bytes of a picture file.</summary>
    public static implicit operator ImageSource(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return FromBytes(file);
    }

    /// <summary>Pixels.</summary>
    public static implicit operator ImageSource(RgbImage image) => FromPixels(image);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Reads and decodes the picture.</summary>
    /// <param name="decoders">Decoders to try; null for the built-in ones.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="InvalidDataException">
    /// The picture is damaged, of an unknown format, or exceeds a limit; the message names it.
    /// </exception>
    /// <exception cref="InvalidOperationException">Its stream was read before.</exception>
    public RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders = null, ImageDecoderOptions? options = null) =>
        Decode(decoders, options ?? ImageDecoderOptions.Default, PictureMemory.Owned);

    /// <summary>As the public one; the file, and pixels of the built-in decoders, lie in <paramref name="memory"/>.</summary>
    internal RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory)
    {
        try
        {
            return _origin.Decode(decoders, options, memory);
        }
        catch (InvalidDataException e)
        {
            throw Named(e);
        }
    }

    /// <summary>
    /// The same picture once its file is in memory, so that decoding it waits for nobody. Streams and files are read without blocking; what
    /// is in
    /// memory already stays as it is.
    /// </summary>
    /// <param name="options">Limits.</param>
    /// <param name="memory">Where the file's bytes lie; the result is valid as long as they are.</param>
    /// <param name="cancellationToken">Handed to whoever opens or reads.</param>
    internal async ValueTask<ImageSource> ReadAsync(ImageDecoderOptions options, PictureMemory memory, CancellationToken cancellationToken)
    {
        try
        {
            Origin read = await _origin.ReadAsync(options, memory, cancellationToken).ConfigureAwait(false);
            return read == _origin ? this : new(Name, read);
        }
        catch (InvalidDataException e)
        {
            throw Named(e);
        }
    }

    private InvalidDataException Named(InvalidDataException e) => new($"{Name}: {e.Message}", e);

    /// <summary>One kind of source.</summary>
    private abstract class Origin
    {
        public abstract RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory);

        /// <summary>What has been read, without blocking; this itself where nothing has to be.</summary>
        public virtual ValueTask<Origin> ReadAsync(ImageDecoderOptions options, PictureMemory memory, CancellationToken token) => new(this);
    }

    private sealed class PixelsOrigin(Func<PictureMemory, RasterImage> pixels) : Origin
    {
        public override RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory) =>
            pixels(memory);
    }

    private sealed class BytesOrigin(ReadOnlyMemory<byte> file) : Origin
    {
        public override RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory) =>
            ImageFormats.Decode(file.Span, options, decoders, memory);
    }

    private sealed class PiecesOrigin(ReadOnlySequence<byte> file) : Origin
    {
        public override RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory) =>
            Join(memory).Decode(decoders, options, memory);

        public override ValueTask<Origin> ReadAsync(ImageDecoderOptions options, PictureMemory memory, CancellationToken token) =>
            new(Join(memory));

        private BytesOrigin Join(PictureMemory memory)
        {
            int length = (int)file.Length;
            byte[] whole = memory.Take(length);
            file.CopyTo(whole);
            return new(whole.AsMemory(0, length));
        }
    }

    private sealed class FileOrigin(string path) : Origin
    {
        public override RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory)
        {
            using FileStream stream = PictureFile.Open(path, options.MaxFileBytes, FileOptions.SequentialScan);
            long maxBytes = PictureFile.LimitOf(stream, options.MaxFileBytes);
            return ImageFormats.Decode(PictureFile.Read(stream, maxBytes, memory).Span, options, decoders, memory);
        }

        public override async ValueTask<Origin> ReadAsync(ImageDecoderOptions options, PictureMemory memory, CancellationToken token)
        {
            const FileOptions Options = FileOptions.SequentialScan | FileOptions.Asynchronous;
            FileStream stream = PictureFile.Open(path, options.MaxFileBytes, Options);
            long maxBytes = PictureFile.LimitOf(stream, options.MaxFileBytes);
            await using (stream.ConfigureAwait(false))
                return new BytesOrigin(await PictureFile.ReadAsync(stream, maxBytes, memory, token).ConfigureAwait(false));
        }
    }

    private sealed class StreamOrigin(Stream stream, string name) : Origin
    {
        private int _uses;

        public override RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory) =>
            ImageFormats.Decode(PictureFile.Read(Use(), PictureFile.LimitOf(stream, options.MaxFileBytes), memory).Span, options, decoders,
                memory);

        public override async ValueTask<Origin> ReadAsync(ImageDecoderOptions options, PictureMemory memory, CancellationToken token) =>
            new BytesOrigin(await PictureFile.ReadAsync(Use(), PictureFile.LimitOf(stream, options.MaxFileBytes), memory, token)
                .ConfigureAwait(false));

        private Stream Use() => Interlocked.Exchange(ref _uses, 1) == 0
            ? stream
            : throw new InvalidOperationException(
                $"{name}: the stream of this picture was read before, and a stream is read once. " +
                $"Give {nameof(ImageSource)}.{nameof(FromStream)} a function that opens it, " +
                $"or keep its bytes and use {nameof(ImageSource)}.{nameof(FromBytes)}.");
    }

    private sealed class LateOrigin(Func<CancellationToken, ValueTask<Stream>> open) : Origin
    {
        // Opened and read by a thread without a context of its own, so that whoever opens may wait for what it likes.
        public override RasterImage Decode(IReadOnlyList<IImageDecoder>? decoders, ImageDecoderOptions options, PictureMemory memory) =>
            Task.Run(() => ReadAsync(options, memory, CancellationToken.None).AsTask()).GetAwaiter().GetResult()
                .Decode(decoders, options, memory);

        public override async ValueTask<Origin> ReadAsync(ImageDecoderOptions options, PictureMemory memory, CancellationToken token)
        {
            Stream stream = await open(token).ConfigureAwait(false)
                ?? throw new InvalidDataException("the function that opens its stream gave null.");
            long maxBytes = PictureFile.LimitOf(stream, options.MaxFileBytes);
            await using (stream.ConfigureAwait(false))
                return new BytesOrigin(await PictureFile.ReadAsync(stream, maxBytes, memory, token).ConfigureAwait(false));
        }
    }
}
