using PureClip.Imaging.Bmp;
using PureClip.Imaging.Gif;
using PureClip.Imaging.Jpeg;
using PureClip.Imaging.Png;
using PureClip.Imaging.Raw;
using PureClip.Imaging.WebP;

namespace PureClip.Imaging;

/// <summary>The picture formats that the library reads: which there are, whose a file is, and its pixels.</summary>
public static class ImageFormats
{
    /// <summary>
    /// How much of a file is enough to recognise it by, in bytes: far more than any signature is long, and the first directory of most raw
    /// files.
    /// </summary>
    public const int HeadBytes = 1 << 16;

    /// <summary>The formats that come with the library, each with its name, extensions and media type.</summary>
    public static IReadOnlyList<IImageDecoder> BuiltIn { get; } = Array.AsReadOnly<IImageDecoder>(
    [
        new JpegDecoder(),
        new PngDecoder(),
        new BmpDecoder(),
        new WebPDecoder(),
        new GifDecoder(),
    ]);

    /// <summary>
    /// Shows cameras' raw files in TIFF's form (DNG, NEF, ARW, CR2 and their like) by the largest ordinary JPEG inside, turned as the raw
    /// file says; one that holds none of <see cref="ImageDecoderOptions.LeastPreviewSide"/> is refused. Not one of <see cref="BuiltIn"/>:
    /// <see cref="ClipOptions.Previews"/> puts it in front, for decoders of TIFF would show the thumbnail. It recognises raw files whoever
    /// decodes them.
    /// </summary>
    public static IImageDecoder CameraPreviews { get; } = new CameraPreviewDecoder();

    /// <summary>The first decoder that recognises a file by its first bytes; null where none does.</summary>
    /// <param name="head">The first bytes of the file: <see cref="HeadBytes"/>, or all where there are fewer; more do no harm.</param>
    /// <param name="decoders">The decoders to ask, in this order; <see cref="BuiltIn"/> if null.</param>
    public static IImageDecoder? Find(ReadOnlySpan<byte> head, IReadOnlyList<IImageDecoder>? decoders = null)
    {
        foreach (IImageDecoder decoder in decoders ?? BuiltIn)
            if (!head.IsEmpty && decoder.Recognizes(head))
                return decoder;
        return null;
    }

    /// <summary>Decodes a file with the first decoder that recognises its first bytes.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="options">Limits; the default ones if null.</param>
    /// <param name="decoders">The decoders to ask, in this order; <see cref="BuiltIn"/> if null.</param>
    /// <exception cref="InvalidDataException">
    /// No decoder knows the format, or the file is damaged or exceeds a limit; the message says which.
    /// </exception>
    public static RasterImage Decode(
        ReadOnlySpan<byte> file, ImageDecoderOptions? options = null, IReadOnlyList<IImageDecoder>? decoders = null) =>
        Decode(file, options ?? ImageDecoderOptions.Default, decoders, PictureMemory.Owned);

    /// <summary>
    /// Reads a picture's file whole. Its kind and size are looked at first: what is no regular file, or too large, is never opened.
    /// </summary>
    /// <param name="path">Its path.</param>
    /// <param name="options">Limits; the default ones if null.</param>
    /// <exception cref="InvalidDataException">It is a directory, a pipe or a device, empty, or larger than the limit.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ReadOnlyMemory<byte> ReadFile(string path, ImageDecoderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        long? maxBytes = options?.MaxFileBytes;
        using FileStream stream = PictureFile.Open(path, maxBytes, FileOptions.SequentialScan);
        return PictureFile.Read(stream, PictureFile.LimitOf(stream, maxBytes), PictureMemory.Owned);
    }

    /// <summary>As <see cref="ReadFile"/>, without holding a thread.</summary>
    /// <inheritdoc cref="ReadFile"/>
    /// <param name="path">Its path.</param>
    /// <param name="options">Limits; the default ones if null.</param>
    /// <param name="cancellationToken">Looked at while it is read.</param>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadFileAsync(
        string path, ImageDecoderOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        long? maxBytes = options?.MaxFileBytes;
        FileStream stream = PictureFile.Open(path, maxBytes, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using (stream.ConfigureAwait(false))
            return await PictureFile.ReadAsync(stream, PictureFile.LimitOf(stream, maxBytes), PictureMemory.Owned, cancellationToken)
                .ConfigureAwait(false);
    }

    /// <summary>Refuses a picture's file for its size, before it is read from wherever it lies.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="options">Limits; the default ones if null.</param>
    /// <exception cref="InvalidDataException">It is larger than the limit.</exception>
    public static void RequireSize(long bytes, ImageDecoderOptions? options = null) =>
        PictureFile.RequireSize(bytes, options?.MaxFileBytes ?? PictureFile.DefaultMaxBytes);

    /// <summary>What would have a picture read that was refused.</summary>
    /// <param name="refusal">An exception from decoding, reading or encoding the picture, or one around it.</param>
    public static PictureRemedy RemedyFor(Exception refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        return Refusal.RemedyFor(refusal);
    }

    /// <summary>An exception with which a decoder of one's own refuses a picture, so that callers can say what would have it read.</summary>
    /// <param name="message">What was found, what is allowed.</param>
    /// <param name="remedy">What <see cref="RemedyFor"/> gives for it.</param>
    public static InvalidDataException Refuse(string message, PictureRemedy remedy) => Refusal.Of(message, remedy);

    /// <summary>As the public one; pixels of the built-in decoders lie in <paramref name="memory"/>.</summary>
    internal static RasterImage Decode(
        ReadOnlySpan<byte> file, ImageDecoderOptions options, IReadOnlyList<IImageDecoder>? decoders, PictureMemory memory)
    {
        if (Find(file, decoders) is not IImageDecoder decoder)
            throw Unknown(file, decoders ?? BuiltIn);
        return decoder is IPictureFormat format
            ? format.Decode(file, options, memory)
            : decoder.Decode(file, options) ?? throw new InvalidDataException($"The decoder of {decoder.FormatName} gave no picture.");
    }

    private static InvalidDataException Unknown(ReadOnlySpan<byte> file, IReadOnlyList<IImageDecoder> decoders)
    {
        if (file.IsEmpty)
            return new InvalidDataException("The picture file is empty.");
        string formats = string.Join(", ", decoders.Select(decoder => decoder.FormatName));
        // Known to the library, perhaps, but to none of the decoders that were passed.
        (string kind, string advice) = ForeignFormats.Describe(file);
        if (Find(file) is IImageDecoder builtIn)
            kind = $"a {builtIn.FormatName}";
        string message = $"The file looks like {kind}; the decoders at hand read {formats}. {advice}";
        return CameraRaw.PreviewOf(file) is { Width: int width, Height: int height }
            ? Refusal.Of($"{message} Its preview of {width} x {height} pixels can be shown instead.", PictureRemedy.Previews)
            : new InvalidDataException(message);
    }
}

/// <summary>
/// A built-in picture format: everything that the library and the programs on it know about it. A new one is a class that implements
/// this, and a line in <see cref="ImageFormats.BuiltIn"/>.
/// </summary>
internal interface IPictureFormat : IImageDecoder
{
    /// <summary>Decodes a whole file.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="options">Limits.</param>
    /// <param name="memory">Where large arrays come from; the picture is valid as long as they are.</param>
    /// <exception cref="InvalidDataException">As from <see cref="IImageDecoder.Decode"/>.</exception>
    RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory);

    /// <summary>As in the base, but a built-in format has to say it.</summary>
    abstract IReadOnlyList<string> IImageDecoder.Extensions { get; }

    /// <inheritdoc cref="IImageDecoder.Extensions"/>
    abstract string? IImageDecoder.MediaType { get; }

    /// <inheritdoc/>
    RasterImage IImageDecoder.Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Decode(file, options, PictureMemory.Owned);
    }
}
