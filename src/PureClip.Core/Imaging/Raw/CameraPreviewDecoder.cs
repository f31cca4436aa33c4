using PureClip.Imaging.Jpeg;

namespace PureClip.Imaging.Raw;

/// <summary>
/// Reads cameras' raw files in TIFF's form by the JPEG that lies in them for quick viewing: the largest, and only one that is large enough
/// (<see cref="ImageDecoderOptions.LeastPreviewSide"/>). The sensor's own data is not developed. It is turned as the raw file says.
/// </summary>
internal sealed class CameraPreviewDecoder : IPictureFormat
{
    private static readonly JpegDecoder Jpeg = new();

    /// <inheritdoc/>
    public string FormatName => "previews in camera raw files";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } =
    [
        ".dng", ".nef", ".nrw", ".arw", ".sr2", ".cr2", ".pef", ".srw", ".3fr", ".fff", ".iiq", ".erf", ".kdc", ".dcr", ".mos", ".gpr",
    ];

    /// <inheritdoc/>
    public string? MediaType => null;

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => CameraRaw.KindOf(head) is not null;

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        string kind = CameraRaw.KindOf(file) ?? throw new InvalidDataException("This is no camera's raw file in TIFF's form.");
        RawPreview? found = CameraRaw.PreviewOf(file);
        int least = options.LeastPreviewSide ?? 1;
        if (found is not { } preview || Math.Min(preview.Width, preview.Height) < least)
            throw new InvalidDataException(
                $"The camera's raw file ({kind}) holds no ordinary JPEG as a preview"
                + (found is { } small ? $" but one of {small.Width} x {small.Height} pixels; {least} are needed." : ".")
                + " Develop it to PNG or JPEG.");
        RasterImage image = Jpeg.Decode(file.Slice(preview.Offset, preview.Length), options, memory);
        return new RasterImage(image.Mode, image.Width, image.Height, image.Pixels, memory)
        {
            Orientation = image.Orientation > 1 ? image.Orientation : ExifOrientation.Read(file),
        };
    }
}
