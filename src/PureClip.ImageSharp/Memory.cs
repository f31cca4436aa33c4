using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.Metadata.Profiles.Exif;

namespace PureClip.ImageSharp;

/// <summary>
/// ImageSharp's settings for what may be crafted: buffers of a bounded size, first frames, and the program's own settings left alone.
/// </summary>
internal static class Memory
{
    private const int BytesPerPixel = 4;

    // 67 megapixels; it stopped every bomb that was tried. A larger picture gets as much as it takes.
    private const int UsualMegabytes = 256;

    // Compiled ahead of time, a program has no array of a type that only reflection asks for, as ImageSharp's reader of TIFF's tags does.
    private static readonly ExifDataType[] TypesOfTags = Enum.GetValues<ExifDataType>();

    private static readonly TiffDecoder FirstOfTiff = new() { DecodingMode = FrameDecodingMode.First, IgnoreMetadata = false };

    /// <summary>Settings for pictures of the usual size: their buffers are kept for the next one, and given back after a while.</summary>
    public static Configuration Usual { get; } = New(UsualMegabytes);

    /// <summary>Settings with which a picture can be decoded, and nothing much larger.</summary>
    /// <param name="pixels">Its width times its height.</param>
    public static Configuration For(long pixels)
    {
        long megabytes = pixels * BytesPerPixel / (1 << 20) + 1;
        return megabytes <= UsualMegabytes ? Usual : New(checked((int)megabytes));
    }

    /// <summary>What decodes the first frame of a format.</summary>
    public static IImageDecoder DecoderOf(IImageFormat format) =>
        format is TiffFormat ? FirstOfTiff : Usual.ImageFormatsManager.FindDecoder(format);

    private static Configuration New(int megabytes)
    {
        _ = TypesOfTags.Length;
        Configuration own = Configuration.Default.Clone();
        own.MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { AllocationLimitMegabytes = megabytes });
        own.MaxDegreeOfParallelism = 1; // pictures are decoded beside each other
        return own;
    }
}
