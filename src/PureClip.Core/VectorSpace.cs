using PureClip.Imaging;
using PureClip.Model;

namespace PureClip;

/// <summary>What vectors are of, so far as it decides which rules made them.</summary>
[Flags]
public enum VectorKinds
{
    /// <summary>Vectors of either kind, or of none: only the model counts.</summary>
    None = 0,

    /// <summary>Embeddings of pictures.</summary>
    Pictures = 1,

    /// <summary>Embeddings of texts.</summary>
    Texts = 2,

    /// <summary>Both.</summary>
    All = Pictures | Texts,
}

/// <summary>
/// What vectors have to share to be compared: the model, and the rules by which it made them. <see cref="Clip.Space"/> makes it; indexes,
/// classifiers, concepts and word tables carry it. What is null was not recorded and fits anything.
/// </summary>
/// <remarks>
/// Files hold the lines, so they stay as they are: equal rules give equal lines in all versions, and a rule that is added later is named
/// only where it is not what it was before. Not named is what no option changes (size, filter, mean: the model's own), and what a decoder
/// of one's own does.
/// </remarks>
/// <param name="Fingerprint">
/// Tells the model's vectors from another's: <see cref="Clip.Fingerprint"/>, or any text that is not empty for vectors from elsewhere.
/// </param>
/// <param name="Width">Numbers of a vector, 1 or more.</param>
public sealed record VectorSpace(string Fingerprint, int Width)
{
    private const string WeightsAre = ", weights=", AsComputed = ", length=as-computed";

    /// <summary>The model's name, for people; it is not compared.</summary>
    public string ModelName { get; init; } = "";

    /// <summary>The rules for pictures as one line: "exif=on, background=none, order=rgb-first, crop=half-to-even".</summary>
    public string? PictureRules { get; init; }

    /// <summary>The rules for texts as one line: "cleaning=huggingface".</summary>
    public string? TextRules { get; init; }

    /// <summary>How weight matrices lay in memory: "as-stored", or the type that was asked for ("f32", "bf16", "f16", "int8").</summary>
    public string? Weights { get; init; }

    /// <summary>
    /// Where weights lay in memory as INT8: how many bits the activations had that were multiplied with them, 8, or 7 on x86 processors
    /// without AVX-VNNI. Null for other weights, and where it was not recorded. Told and not compared: vectors of the two kinds have
    /// cosines of 0.999 and more with one another, as either has with those of float weights.
    /// </summary>
    public int? IntegerBits { get; init; }

    /// <summary>Whether vectors have length 1.</summary>
    public bool? IsNormalized { get; init; }

    /// <summary>
    /// All that makes a picture's vector with this model what it is, as one line: <see cref="PictureRules"/>, <see cref="Weights"/> and,
    /// where vectors are not of length 1, that. Null where <see cref="PictureRules"/> is.
    /// </summary>
    public string? PictureLine => LineOf(PictureRules);

    /// <summary>As <see cref="PictureLine"/>, for a text.</summary>
    public string? TextLine => LineOf(TextRules);

    /// <summary>The <see cref="PictureLine"/> of a model with default options, whose directory says nothing else.</summary>
    public static string UsualPictureLine { get; } = Of(new ImagePreprocessorConfig(), new()).PictureLine!;

    /// <summary>The space whose lines are these, as files keep them; null where a line was not recorded.</summary>
    /// <param name="pictures">
    /// What <see cref="PictureLine"/> said. A line that does not say the weights at its end is a rule as it stands.
    /// </param>
    /// <param name="texts">What <see cref="TextLine"/> said.</param>
    public VectorSpace WithLines(string? pictures, string? texts)
    {
        (string? pictureRules, string? weights, bool? isNormalized) = PartsOf(pictures);
        (string? textRules, string? otherWeights, bool? otherNormalized) = PartsOf(texts);
        return this with
        {
            PictureRules = pictureRules,
            TextRules = textRules,
            Weights = weights ?? otherWeights,
            IsNormalized = isNormalized ?? otherNormalized,
        };
    }

    /// <summary>Whether vectors of another space may be compared with those of this one.</summary>
    /// <param name="other">The other space.</param>
    /// <param name="kinds">What the vectors of the other space are of.</param>
    public bool Fits(VectorSpace other, VectorKinds kinds)
    {
        ArgumentNullException.ThrowIfNull(other);
        return IsSameModel(other) && Differing(other, kinds) == VectorKinds.None;
    }

    /// <summary>Refuses vectors that must not be compared with those of this space.</summary>
    /// <param name="other">Where they come from.</param>
    /// <param name="kinds">What they are of: rules that cannot have changed them are not compared.</param>
    /// <param name="owner">What has this space, for the message: "pictures.index: this index".</param>
    /// <exception cref="InvalidDataException">The models or the rules differ; the message names both.</exception>
    public void Require(VectorSpace other, VectorKinds kinds, string owner = "This")
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!IsSameModel(other))
            throw new InvalidDataException(
                $"{owner} was made with the model {Label(other)}, but {other.Label(this)} is in use, whose vectors mean something else. "
                + "Use the model with which it was made, or make another.");
        VectorKinds differing = Differing(other, kinds);
        if (differing != VectorKinds.None)
            throw new InvalidDataException(
                $"{owner} was made with [{Lines(differing)}], but [{other.Lines(differing)}] was asked for, which gives other vectors. "
                + "Use the rules with which it was made, or make another.");
    }

    /// <summary>This space, with what it does not say filled in from another.</summary>
    public VectorSpace Or(VectorSpace other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with
        {
            ModelName = ModelName.Length > 0 ? ModelName : other.ModelName,
            PictureRules = PictureRules ?? other.PictureRules,
            TextRules = TextRules ?? other.TextRules,
            // rules without weights are somebody's own
            Weights = Weights ?? (PictureRules is null && TextRules is null ? other.Weights : null),
            IsNormalized = IsNormalized ?? other.IsNormalized,
            IntegerBits = IntegerBits ?? other.IntegerBits,
        };
    }

    /// <summary>The space of a model with the options that it was loaded with.</summary>
    internal static VectorSpace Of(Clip clip, ClipOptions options)
    {
        VectorSpace rules = Of(clip.Preprocessor?.Config, options);
        return rules with
        {
            Fingerprint = clip.Fingerprint,
            Width = clip.EmbeddingWidth,
            ModelName = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(clip.Source))),
            PictureRules = rules.PictureRules is null ? null : rules.PictureRules + SizeOf(clip.Config.Vision),
            IntegerBits = options.Weights == WeightType.Int8 ? clip.Runtime.IntegerBits : null,
            TextRules = clip.Tokenizer?.Cleaning is TextCleaning cleaning
                ? $"cleaning={WordFor(cleaning)}{LengthOf(clip.Config.Text)}"
                : null,
        };
    }

    /// <summary>The rules of no particular model.</summary>
    /// <param name="pictures">Those for pictures, with what the options say; null where there is no vision tower.</param>
    /// <param name="options">The others.</param>
    internal static VectorSpace Of(ImagePreprocessorConfig? pictures, ClipOptions options) => new("", 0)
    {
        PictureRules = pictures is null ? null : RulesOf(pictures),
        Weights = WordFor(options.Weights),
        IsNormalized = options.Normalize,
    };

    /// <summary>The size of pictures, where it is not the one for which the model's positions are.</summary>
    private static string SizeOf(VisionConfig? vision) =>
        vision is VisionTransformerConfig { ImageSize: int size, TrainedImageSize: int trained } && size != trained ? $", size={size}" : "";

    /// <summary>The length of texts, where positions are stretched for it.</summary>
    private static string LengthOf(TextConfig? text) =>
        text is { ContextLength: int length, TrainedContextLength: int trained } && length != trained
            ? $", context={length}{(text.PositionRule == TextPositionRule.Linear ? "-linear" : "")}"
            : "";

    private static string RulesOf(ImagePreprocessorConfig pictures)
    {
        string exif = pictures.ApplyOrientation ? "on" : "off";
        string background = pictures.Background is RgbColor color ? $"#{color.Red:x2}{color.Green:x2}{color.Blue:x2}" : "none";
        string rules = $"exif={exif}, background={background}, order={WordFor(pictures.PixelOrder)}, crop={WordFor(pictures.CropRounding)}";
        return rules + (pictures.FastDecode ? ", fast-decode=on" : "") + (pictures.Tolerant ? ", tolerant=on" : "")
            + (pictures.Previews ? ", previews=on" : "");
    }

    private static (string? Rules, string? Weights, bool? IsNormalized) PartsOf(string? line)
    {
        if (line is null)
            return default;
        bool isNormalized = !line.EndsWith(AsComputed, StringComparison.Ordinal);
        string rest = isNormalized ? line : line[..^AsComputed.Length];
        int last = rest.LastIndexOf(WeightsAre, StringComparison.Ordinal);
        return last > 0 && !rest.AsSpan(last + WeightsAre.Length).Contains(',')
            ? (rest[..last], rest[(last + WeightsAre.Length)..], isNormalized)
            : (line, null, null);
    }

    private string? LineOf(string? rules) =>
        rules is null || Weights is null ? rules : $"{rules}{WeightsAre}{Weights}{(IsNormalized is false ? AsComputed : "")}";

    private bool IsSameModel(VectorSpace other) => Fingerprint == other.Fingerprint && Width == other.Width;

    /// <summary>The kinds, of those that are asked for, whose rules differ.</summary>
    private VectorKinds Differing(VectorSpace other, VectorKinds kinds)
    {
        bool isOther = Differ(Weights, other.Weights) || Differ(IsNormalized, other.IsNormalized);
        VectorKinds differing = VectorKinds.None;
        if (isOther || Differ(PictureRules, other.PictureRules))
            differing |= VectorKinds.Pictures;
        if (isOther || Differ(TextRules, other.TextRules))
            differing |= VectorKinds.Texts;
        return differing & kinds;

        static bool Differ<T>(T? a, T? b) => a is not null && b is not null && !a.Equals(b);
    }

    private string Lines(VectorKinds kinds)
    {
        string? pictures = kinds.HasFlag(VectorKinds.Pictures) ? PictureLine : null;
        string? texts = kinds.HasFlag(VectorKinds.Texts) ? TextLine : null;
        return pictures is null || texts is null ? pictures ?? texts ?? "" : $"{pictures}; {texts}";
    }

    private string Label(VectorSpace other)
    {
        string width = Width == other.Width ? "" : $" with vectors of {Width} numbers";
        return ModelName.Length > 0 ? $"{ModelName} ({Fingerprint}){width}" : Fingerprint + width;
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

    private static string WordFor(TextCleaning cleaning) => cleaning switch
    {
        TextCleaning.OpenAI => "openai",
        TextCleaning.HuggingFace => "huggingface",
        TextCleaning.Whitespace => "whitespace",
        TextCleaning.Canonical => "canonicalize",
        TextCleaning.LowerCase => "lower-case",
        _ => throw new ArgumentOutOfRangeException(nameof(cleaning), cleaning, null),
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
