using System.Globalization;
using PureClip.Files;

namespace PureClip.Imaging;

/// <summary>
/// How a picture becomes a network's input. The default is OpenAI's CLIP at 224 x 224; <see cref="OpenAI"/> and <see cref="HuggingFace"/>
/// give the two common dialects at any resolution, and <c>with</c> changes single settings.
/// </summary>
public sealed record ImagePreprocessorConfig
{
    /// <summary>Largest edge of an output, in pixels: [3, 8192, 8192] floats are 805 MB, far beyond any published model.</summary>
    public const int MaxEdge = 8192;

    // What a network reads is a few units in size, some hundreds where bytes are not rescaled. Much larger numbers overflow inside it.
    private const float MaxInput = 1e6f;

    /// <summary>Mean of OpenAI's training pictures, channels between 0 and 1.</summary>
    public static ChannelValues OpenAIMean => new(0.48145466f, 0.4578275f, 0.40821073f);

    /// <summary>Standard deviation of OpenAI's training pictures, channels between 0 and 1.</summary>
    public static ChannelValues OpenAIStd => new(0.26862954f, 0.26130258f, 0.27577711f);

    /// <summary>
    /// Whether the EXIF orientation is applied first. The reference pipelines do not; pictures of phones lie on their side there. Default
    /// true.
    /// </summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>
    /// What transparent pixels are composited over, before resizing whatever <see cref="PixelOrder"/> says; null, the default and the
    /// references' way, drops alpha.
    /// </summary>
    public RgbColor? Background { get; init; }

    /// <summary>Whether a picture becomes RGB before or after it is resized. Default: before.</summary>
    public PixelOrder PixelOrder { get; init; } = PixelOrder.RgbFirst;

    /// <summary>
    /// Whether large pictures are decoded at reduced size where their format can (JPEG): to no less than twice the size after resizing, with
    /// the pixels of Pillow's <c>draft</c>. Photographs take a fraction of the memory and, unless they are progressive, half to
    /// three quarters of the time. Embeddings change a little: on 200 photographs of 3 to 12 megapixels the cosine to the usual ones was
    /// 0.9997 or more. The reference pipelines do not do it. Default false.
    /// </summary>
    public bool FastDecode { get; init; }

    /// <inheritdoc cref="ImageDecoderOptions.Tolerant"/>
    public bool Tolerant { get; init; }

    /// <inheritdoc cref="ClipOptions.Previews"/>
    public bool Previews { get; init; }

    /// <summary>Whether pictures are resized at all.</summary>
    public bool DoResize { get; init; } = true;

    /// <summary>How the size after resizing follows from a picture's own.</summary>
    public ResizeMode ResizeMode { get; init; } = ResizeMode.ShortestEdge;

    /// <summary>
    /// Length of the shorter edge after resizing, in pixels, 1 to <see cref="MaxEdge"/>. Only <see cref="ResizeMode.ShortestEdge"/> reads
    /// it.
    /// </summary>
    public int ShortestEdge { get; init; } = 224;

    /// <summary>The resampling filter.</summary>
    public ResampleFilter Interpolation { get; init; } = ResampleFilter.Bicubic;

    /// <summary>
    /// Whether the resized picture is cropped, or padded, to the output's size. Without it every picture has to have that size already.
    /// </summary>
    public bool DoCenterCrop { get; init; } = true;

    /// <summary>
    /// Most patches of a picture whose size follows its own proportions, as in SigLIP 2 NaFlex: both edges become multiples of <see
    /// cref="PatchSize"/>, as large as so many patches allow. Null, the default: every output has the same size.
    /// </summary>
    public int? MostPatches { get; init; }

    /// <summary>Pixels of a patch's side, where <see cref="MostPatches"/> is set.</summary>
    public int PatchSize { get; init; } = 16;

    /// <summary>Rows of the output, 1 to <see cref="MaxEdge"/>.</summary>
    public int OutputHeight { get; init; } = 224;

    /// <summary>Columns of the output, 1 to <see cref="MaxEdge"/>.</summary>
    public int OutputWidth { get; init; } = 224;

    /// <summary>Which of two middle positions the crop takes.</summary>
    public CropRounding CropRounding { get; init; } = CropRounding.HalfToEven;

    /// <summary>
    /// Value of every channel where a picture smaller than the output is padded, in the mode it has at that point: open_clip's
    /// <c>fill_color</c>.
    /// </summary>
    public byte FillValue { get; init; }

    /// <summary>How pictures are decoded for this.</summary>
    /// <param name="limits">The limits on them.</param>
    public ImageDecoderOptions DecoderOptions(ImageDecoderOptions limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        int resized = ResizeMode == ResizeMode.ShortestEdge ? ShortestEdge : Math.Max(OutputWidth, OutputHeight);
        return limits with
        {
            Tolerant = Tolerant,
            WantedSide = FastDecode && DoResize ? 2 * resized : null,
            LeastPreviewSide = resized,
            ConvertsCmyk = PixelOrder is PixelOrder.RgbFirst,
        };
    }

    /// <summary>Whether bytes become fractions before they are normalised.</summary>
    public bool DoRescale { get; init; } = true;

    /// <summary>How a byte becomes a fraction.</summary>
    public RescaleRule RescaleRule { get; init; } = RescaleRule.DivideBy255;

    /// <summary>What bytes are multiplied by, finite. Only <see cref="RescaleRule.MultiplyByFactor"/> reads it.</summary>
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Whether mean and standard deviation are applied.</summary>
    public bool DoNormalize { get; init; } = true;

    /// <summary>What is subtracted from each channel, finite.</summary>
    public ChannelValues Mean { get; init; } = OpenAIMean;

    /// <summary>What each channel is divided by then, finite and positive.</summary>
    public ChannelValues Std { get; init; } = OpenAIStd;

    /// <summary>
    /// As OpenAI's and open_clip's transforms do it, save that <see cref="PixelOrder"/> is <see cref="PixelOrder.RgbFirst"/> and that the
    /// orientation is applied.
    /// </summary>
    /// <param name="resolution">Edge of the square output, in pixels.</param>
    public static ImagePreprocessorConfig OpenAI(int resolution) => new()
    {
        ShortestEdge = resolution,
        OutputHeight = resolution,
        OutputWidth = resolution,
    };

    /// <summary>As Hugging Face's <c>CLIPImageProcessor</c> does it, save that the orientation is applied.</summary>
    /// <param name="resolution">Edge of the square output, in pixels.</param>
    public static ImagePreprocessorConfig HuggingFace(int resolution) => OpenAI(resolution) with
    {
        CropRounding = CropRounding.Floor,
        RescaleRule = RescaleRule.MultiplyByFactor,
    };

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is outside its range; the message names it.</exception>
    public void Validate() => Validate(nameof(ShortestEdge), nameof(RescaleFactor), nameof(Mean), nameof(Std));

    /// <summary>As the public one, in the words of the file that the settings come from.</summary>
    /// <param name="edge">What <see cref="ShortestEdge"/> is called there.</param>
    /// <param name="factor">What <see cref="RescaleFactor"/> is called there.</param>
    /// <param name="mean">What <see cref="Mean"/> is called there.</param>
    /// <param name="deviation">What <see cref="Std"/> is called there.</param>
    internal void Validate(string edge, string factor, string mean, string deviation)
    {
        RequireEdge(ShortestEdge, edge);
        RequireEdge(OutputHeight, nameof(OutputHeight));
        RequireEdge(OutputWidth, nameof(OutputWidth));
        RequireDefined(PixelOrder, nameof(PixelOrder));
        RequireDefined(ResizeMode, nameof(ResizeMode));
        RequireDefined(Interpolation, nameof(Interpolation));
        RequireDefined(CropRounding, nameof(CropRounding));
        RequireDefined(RescaleRule, nameof(RescaleRule));
        Problem.Require(double.IsFinite(RescaleFactor), factor, RescaleFactor, "a finite number");
        Problem.Require(All(Mean, float.IsFinite), mean, Mean, "three finite numbers");
        Problem.Require(All(Std, value => float.IsFinite(value) && value > 0), deviation, Std, "three finite positive numbers");
        float input = LargestInput();
        if (!(input <= MaxInput))
            throw new ArgumentException(
                $"With {factor} {RescaleFactor}, {mean} {Mean} and {deviation} {Std} a network would read numbers up " +
                $"to {input}; at most {MaxInput} are allowed.");
    }

    // Bytes run from 0 to 255, and what becomes of them in between lies in between.
    private float LargestInput()
    {
        Normalize normalize = new(this);
        Span<float> ends = stackalloc float[6];
        normalize.Apply([0, 0, 0, 255, 255, 255], ends);
        float largest = 0;
        foreach (float end in ends)
            largest = MathF.Max(largest, MathF.Abs(end)); // NaN where one is
        return largest;
    }

    private static bool All(ChannelValues values, Func<float, bool> holds) =>
        holds(values.Red) && holds(values.Green) && holds(values.Blue);

    private static void RequireEdge(int edge, string name) =>
        Problem.Require(edge is >= 1 and <= MaxEdge, name, edge, $"from 1 to {MaxEdge}");

    private static void RequireDefined<TEnum>(TEnum value, string name)
        where TEnum : struct, Enum =>
        Problem.Require(Enum.IsDefined(value), name, value, $"one of {string.Join(", ", Enum.GetNames<TEnum>())}");
}

/// <summary>One number for each colour channel: a mean or a standard deviation.</summary>
/// <param name="Red">The red channel's.</param>
/// <param name="Green">The green channel's.</param>
/// <param name="Blue">The blue channel's.</param>
public readonly record struct ChannelValues(float Red, float Green, float Blue)
{
    /// <summary>The same number for all three channels.</summary>
    public static ChannelValues All(float value) => new(value, value, value);

    /// <summary>As files have it: <c>[0.5, 0.5, 0.5]</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Red}, {Green}, {Blue}]");
}

/// <summary>How the size after resizing follows from a picture's own.</summary>
public enum ResizeMode
{
    /// <summary>
    /// The shorter edge becomes <see cref="ImagePreprocessorConfig.ShortestEdge"/>, the longer one keeps the ratio and is cut to an
    /// integer: torchvision's <c>Resize(R)</c> and Hugging Face's <c>shortest_edge</c>.
    /// </summary>
    ShortestEdge,

    /// <summary>
    /// Both edges become the output's; the ratio is lost: open_clip's <c>squash</c>, SigLIP's <c>height</c> and <c>width</c>.
    /// </summary>
    Squash,

    /// <summary>
    /// The largest size that fits into the output, edges rounded to nearest; the rest is padding: open_clip's <c>longest</c>.
    /// </summary>
    Longest,

    /// <summary>
    /// The smallest size that covers the output, edges rounded to nearest: open_clip's <c>shortest</c> for outputs that are not square.
    /// </summary>
    Cover,
}

/// <summary>A resampling filter. The numbers are Pillow's, as <c>resample</c> in preprocessor_config.json has them.</summary>
public enum ResampleFilter
{
    /// <summary>The nearest pixel; no interpolation.</summary>
    Nearest = 0,

    /// <summary>Truncated sinc, support 3.</summary>
    Lanczos = 1,

    /// <summary>Triangle, support 1.</summary>
    Bilinear = 2,

    /// <summary>Keys' cubic with a = −0.5, support 2: CLIP's filter.</summary>
    Bicubic = 3,

    /// <summary>Average, support 0.5.</summary>
    Box = 4,

    /// <summary>Hamming-windowed sinc, support 1.</summary>
    Hamming = 5,
}

/// <summary>How a byte becomes a fraction. With the usual factor of 1/255 both rules give the same 256 numbers.</summary>
public enum RescaleRule
{
    /// <summary>byte / 255 in single precision: torchvision's <c>ToTensor</c>.</summary>
    DivideBy255,

    /// <summary>
    /// byte · <see cref="ImagePreprocessorConfig.RescaleFactor"/> in double precision, then rounded to single: Hugging Face.
    /// </summary>
    MultiplyByFactor,
}
