using PureClip.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.PixelFormats;
using IImageDecoder = PureClip.Imaging.IImageDecoder;

namespace PureClip.ImageSharp;

/// <summary>
/// A picture format that SixLabors.ImageSharp reads. Behind the library's own decoders, whose pixels are Pillow's to the bit:
/// <c>Decoders = [.. ImageFormats.BuiltIn, .. ImageSharpDecoder.All]</c>. Where its pixels differ from Pillow's, the package's README says.
/// The first frame counts, and orientation is handed on as it is for other formats. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// using Clip clip = Clip.Load("weights/pictogram-mini", new()
/// {
///     Decoders = [.. ImageFormats.BuiltIn, .. ImageSharpDecoder.All],
/// });
/// float[] scan = clip.EncodeImage("scan.tif");
/// </code>
/// </example>
public sealed class ImageSharpDecoder : IImageDecoder
{
    private readonly Recognizer _recognizes;
    private readonly Func<IImageFormat> _format;

    private ImageSharpDecoder(
        string name, IReadOnlyList<string> extensions, string? mediaType, Recognizer recognizes, Func<IImageFormat> format)
    {
        FormatName = name;
        Extensions = extensions;
        MediaType = mediaType;
        _recognizes = recognizes;
        _format = format;
    }

    /// <summary>Whether a file with this beginning is of a format.</summary>
    internal delegate bool Recognizer(ReadOnlySpan<byte> head);

    /// <summary>
    /// TIFF and BigTIFF: strips, 1 to 16 bits, grey, palette, RGB, alpha and YCbCr; uncompressed, PackBits, LZW, Deflate, JPEG, CCITT 3
    /// and 4. Tiles and inks (CMYK) are not read. Cameras' raw files are not recognised, though they begin as a TIFF does.
    /// </summary>
    public static ImageSharpDecoder Tiff { get; } = new(
        "TIFF", [".tif", ".tiff"], "image/tiff", Signatures.IsTiff, static () => SixLabors.ImageSharp.Formats.Tiff.TiffFormat.Instance);

    /// <summary>PBM, PGM and PPM, binary or in digits.</summary>
    public static ImageSharpDecoder Netpbm { get; } = new(
        "PBM/PGM/PPM", [".ppm", ".pgm", ".pbm", ".pnm"], "image/x-portable-anymap", Signatures.IsNetpbm,
        static () => SixLabors.ImageSharp.Formats.Pbm.PbmFormat.Instance);

    /// <summary>
    /// TGA. It has no signature: a file is taken for one by a header in which every field is one that TGA allows. Belongs behind all
    /// others.
    /// </summary>
    public static ImageSharpDecoder Tga { get; } = new(
        "TGA", [".tga"], "image/x-tga", Signatures.IsTga, static () => SixLabors.ImageSharp.Formats.Tga.TgaFormat.Instance);

    /// <summary>
    /// All formats that the installed ImageSharp reads, those left out that the library reads itself (<see cref="ImageFormats.BuiltIn"/>):
    /// the three above, what the program has added to <see cref="Configuration.Default"/>, and what later versions bring.
    /// </summary>
    public static IReadOnlyList<ImageSharpDecoder> All => Installed.All;

    /// <inheritdoc/>
    public string FormatName { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; }

    /// <inheritdoc/>
    public string? MediaType { get; }

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => _recognizes(head);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Recognizes(file))
            throw new InvalidDataException($"{FormatName}: the file does not begin as one does.");
        if (this == Tiff)
            TiffTags.Check(file);
        IImageFormat format = _format();
        long pixels = Guard(file, stream => SizeOf(Memory.DecoderOf(format), stream));
        if (pixels > options.MaxPixels)
            throw ImageFormats.Refuse(
                $"{FormatName}: it has {pixels} pixels, but {options.MaxPixels} is the limit; "
                    + "reduce the picture, or raise the limit of pixels.",
                PictureRemedy.MorePixels);
        return Guard(file, stream =>
        {
            using Image<Rgba32> image = Memory.DecoderOf(format).Decode<Rgba32>(Memory.For(pixels), stream, CancellationToken.None);
            return Pixels.ToRaster(image);
        });
    }

    // Crafted and damaged files make it throw whatever its code meets: indices, arguments, null references, limits of its memory.
    private unsafe T Guard<T>(ReadOnlySpan<byte> file, Func<Stream, T> read)
    {
        fixed (byte* bytes = file)
        {
            using UnmanagedMemoryStream stream = new(bytes, file.Length);
            try
            {
                return read(stream);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw new InvalidDataException(
                    $"{FormatName}: damaged, or of a kind that ImageSharp does not read ({OneLine(e.Message)}). Convert it to PNG.", e);
            }
        }
    }

    private static long SizeOf(SixLabors.ImageSharp.Formats.IImageDecoder decoder, Stream stream)
    {
        IImageInfo? info = (decoder as IImageInfoDetector)?.Identify(Memory.Usual, stream, CancellationToken.None);
        return info is { Width: > 0, Height: > 0 }
            ? (long)info.Width * info.Height
            : throw new InvalidDataException("its header tells no size");
    }

    // Apart, so that whoever takes the three alone does not load ImageSharp before a file of theirs is met.
    private static class Installed
    {
        public static readonly IReadOnlyList<ImageSharpDecoder> All = [Tiff, Netpbm, .. Others(), Tga];
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd(' ', '.');

    // Those that the library or the three above do not read, recognised as ImageSharp does.
    private static IEnumerable<ImageSharpDecoder> Others()
    {
        HashSet<string> known = new(
            ["TIFF", "TGA", "PBM", .. ImageFormats.BuiltIn.Select(format => format.FormatName)], StringComparer.OrdinalIgnoreCase);
        foreach (IImageFormat format in Configuration.Default.ImageFormats)
            if (known.Add(format.Name))
                yield return new(
                    format.Name, [.. format.FileExtensions.Select(extension => "." + extension.ToLowerInvariant())], format.DefaultMimeType,
                    head => Signatures.IsOf(format, head), () => format);
    }
}
