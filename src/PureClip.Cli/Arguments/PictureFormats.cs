using PureClip.ImageSharp;
using PureClip.Imaging;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>The picture formats that the program reads: the library's, and behind them those of ImageSharp.</summary>
internal static class PictureFormats
{
    /// <summary>What decodes them, first to last: what has no signature stands last.</summary>
    public static IReadOnlyList<IImageDecoder> Decoders { get; } =
        [.. ImageFormats.BuiltIn, ImageSharpDecoder.Tiff, ImageSharpDecoder.Netpbm, ImageSharpDecoder.Tga];

    /// <summary>The same, and cameras' raw files by the previews inside: to show what was found.</summary>
    public static IReadOnlyList<IImageDecoder> DecodersWithPreviews { get; } = [ImageFormats.CameraPreviews, .. Decoders];

    /// <summary>How names of the files end, with their dots.</summary>
    public static IReadOnlyList<string> Extensions { get; } = PictureFiles.ExtensionsOf(Decoders);

    /// <summary>The same, and those of cameras' raw files.</summary>
    public static IReadOnlyList<string> ExtensionsWithPreviews { get; } = PictureFiles.ExtensionsOf(DecodersWithPreviews);

    /// <summary>For people: "jpg, jpeg, …".</summary>
    public static string Endings { get; } = string.Join(", ", Extensions.Select(extension => extension[1..]));

    /// <summary>Whether a name ends as a camera's raw file does.</summary>
    public static bool IsRaw(string path) => PictureFiles.HasExtension(path, ImageFormats.CameraPreviews.Extensions);
}
