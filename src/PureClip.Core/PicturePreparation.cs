using PureClip.Imaging;
using PureClip.Kernels;

namespace PureClip;

/// <summary>
/// How pictures become vectors, as one line of text: every rule that <see cref="ClipOptions"/> can change. An index keeps it, so that vectors that were made
/// by different rules are not mixed.
/// </summary>
/// <remarks>
/// Indexes on disk hold this text, so it stays as it is: equal rules give equal texts in all versions, and a rule that is added later is named only where it
/// is not what it was before. Not named is what no option changes (size, filter, mean: the model's own), and what a decoder of one's own does.
/// </remarks>
/// <example>exif=on, background=none, order=rgb-first, crop=half-to-even, weights=as-stored</example>
public static class PicturePreparation
{
    /// <summary>The text where neither options nor the model's directory say anything.</summary>
    internal static string Usual { get; } = Of(new ImagePreprocessorConfig(), new());

    /// <summary>The rules that a model follows, whether an option or its directory says so.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="options">What it was loaded with; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">The model has no vision tower.</exception>
    public static string Of(Clip clip, ClipOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return clip.Preprocessor is ImagePreprocessor preprocessor
            ? Of(preprocessor.Config, options ?? new())
            : throw new InvalidOperationException($"{clip.Source} holds a text tower only, so it cannot encode pictures. Load a model with a vision tower.");
    }

    /// <summary>The rules as one line.</summary>
    /// <param name="pictures">Those for pictures, with what the options say.</param>
    /// <param name="options">The others.</param>
    internal static string Of(ImagePreprocessorConfig pictures, ClipOptions options)
    {
        string exif = pictures.ApplyOrientation ? "on" : "off";
        string background = pictures.Background is RgbColor color ? $"#{color.Red:x2}{color.Green:x2}{color.Blue:x2}" : "none";
        string length = options.Normalize ? "" : ", length=as-computed";
        return $"exif={exif}, background={background}, order={WordFor(pictures.PixelOrder)}, crop={WordFor(pictures.CropRounding)}, weights={WordFor(options.Weights)}{length}";
    }

    private static string WordFor(PixelOrder order) => order switch
    {
        PixelOrder.RgbFirst => "rgb-first",
        PixelOrder.ResizeFirst => "resize-first",
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, null),
    };

    private static string WordFor(CropRounding rounding) => rounding switch
    {
        CropRounding.HalfToEven => "half-to-even",
        CropRounding.Floor => "floor",
        _ => throw new ArgumentOutOfRangeException(nameof(rounding), rounding, null),
    };

    private static string WordFor(WeightType? weights) => weights switch
    {
        null => "as-stored",
        WeightType.F32 => "f32",
        WeightType.BF16 => "bf16",
        WeightType.F16 => "f16",
        WeightType.Int8 => "int8",
        _ => throw new ArgumentOutOfRangeException(nameof(weights), weights, null),
    };
}
