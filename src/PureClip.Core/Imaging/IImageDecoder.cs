namespace PureClip.Imaging;

/// <summary>
/// Turns the bytes of a picture file into pixels. The built-in formats (<see cref="ImageFormats"/>) implement it; an application that
/// has a picture library of its own implements it to feed further formats. Implementations are thread-safe.
/// </summary>
public interface IImageDecoder
{
    /// <summary>The format's usual name, for messages: "PNG".</summary>
    string FormatName { get; }

    /// <summary>
    /// How names of its files usually end, in lower case with the dot, the most usual first: ".jpg", ".jpeg". Empty where nothing is known.
    /// </summary>
    IReadOnlyList<string> Extensions => [];

    /// <summary>The IANA media type: "image/png". Null where nothing is known.</summary>
    string? MediaType => null;

    /// <summary>Whether a file with this beginning is this decoder's.</summary>
    /// <param name="head">
    /// The first bytes of the file: at least <see cref="ImageFormats.HeadBytes"/>, or all where there are fewer. Most formats show in a dozen.
    /// </param>
    bool Recognizes(ReadOnlySpan<byte> head);

    /// <summary>Decodes a whole file.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, uses a feature that is not supported, or exceeds a limit; the message says which.
    /// </exception>
    RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options);
}

/// <summary>Limits on the picture files that are read and decoded.</summary>
public sealed record ImageDecoderOptions
{
    /// <summary>The default limits.</summary>
    public static ImageDecoderOptions Default { get; } = new();

    /// <summary>
    /// Largest picture that is decoded, in pixels (width times height). Checked before anything of that size is allocated.
    /// </summary>
    public long MaxPixels { get; init; } = 200_000_000;

    /// <summary>
    /// Most bytes that are read of a file or a stream; those that an application has in memory already are not limited. Null for 1 GiB,
    /// and for 64 MiB of a stream that does not say how long it is.
    /// </summary>
    public long? MaxFileBytes { get; init; }

    /// <summary>
    /// Whether a file that ends too early shows what is there, as Pillow does with <c>LOAD_TRUNCATED_IMAGES</c>: the rest of a JPEG is grey
    /// or coarse, of PNG, BMP and GIF black or colour 0. Off, such files are refused; WebP is refused either way, and so is every file that
    /// is cut within its headers.
    /// </summary>
    public bool Tolerant { get; init; }

    /// <summary>
    /// The pixels of the shorter side that are wanted, at least 1, where a smaller picture than the file's will do; null for the file's own
    /// size. JPEG is then decoded at 1/2, 1/4 or 1/8 of its size, as small as leaves both sides, rounded down, at least so long: exactly
    /// as Pillow's <c>draft</c> does, and without memory for the whole picture. Other formats are decoded whole.
    /// </summary>
    public int? WantedSide
    {
        get;
        init => field = value is null or >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The side that is wanted is at least 1 pixel.");
    }

    /// <summary>
    /// The least side, in pixels, of a preview that is shown in place of a camera's raw file: a model's input. Null for any. Only
    /// <see cref="ImageFormats.CameraPreviews"/> reads it.
    /// </summary>
    public int? LeastPreviewSide { get; init; }

    /// <summary>Whether inks may become red, green and blue while they are decoded: a second picture of full size is spared.</summary>
    internal bool ConvertsCmyk { get; init; }
}
