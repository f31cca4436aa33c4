using PureClip.Imaging;

namespace PureClip;

/// <summary>How a model is run. The defaults are right for most.</summary>
public sealed record ClipOptions
{
    private const int MostImageSize = 4096, MostContextLength = 4096;

    private readonly int? _threads;

    /// <summary>
    /// The threads and vectors to compute with; null for those that all models and indexes of the program share, <see
    /// cref="Runtime.Shared"/>.
    /// </summary>
    public Runtime? Runtime { get; init; }

    /// <summary>
    /// Most threads that compute at the same time, 1 to 1024; those of <see cref="Runtime"/> unless it is set. Setting it gives the model
    /// threads of its own.
    /// </summary>
    public int Threads
    {
        get => _threads ?? Runtime?.Threads ?? Environment.ProcessorCount;
        init => _threads = value;
    }

    /// <summary>
    /// The vectors to compute with; those of <see cref="Runtime"/> if null. Setting it gives the model threads of its own.
    /// </summary>
    public VectorWidth? Vectors { get; init; }

    /// <summary>
    /// How weight matrices lie in memory; null for as they are stored, which gives the checkpoint's exact embeddings. BF16 needs half the
    /// memory of
    /// F32 and is faster where memory is what limits, Int8 a quarter and is about twice as fast; both change embeddings a little.
    /// </summary>
    public WeightType? Weights { get; init; }

    /// <summary>
    /// Whether weight files are read instead of mapped. A mapped file is shared by processes and costs no memory, but must not shrink while
    /// the model
    /// lives: where another program cuts it, the system ends the process (SIGBUS), but on Windows, which does not allow it. A file that is
    /// read and
    /// cut is an <see cref="EndOfStreamException"/>. Replacing a model by renaming a new one over it harms neither.
    /// </summary>
    public bool ReadWeights { get; init; }

    /// <summary>
    /// A directory with low-rank adapters (LoRA) as PEFT writes them, <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>, which are
    /// merged into the matrices as they are read; null for the model as it is. With one it is another model: its fingerprint differs.
    /// </summary>
    public string? Adapter { get; init; }

    /// <summary>Whether embeddings have length 1. The reference's <c>encode_image</c> does not normalise; its logits do.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>What happens to a text with more tokens than the model takes.</summary>
    public Truncation Truncation { get; init; } = Truncation.Error;

    /// <summary>
    /// How texts are encoded that have more tokens than the model takes: in windows whose vectors are pooled, in place of <see
    /// cref="Truncation"/>. Null for not at all. Vectors have length 1 then, so <see cref="Normalize"/> has to be set.
    /// </summary>
    public LongTextOptions? LongTexts { get; init; }

    /// <summary>
    /// Most tokens of a text, start and end included, where it is to be more than the model's own: its positions are stretched as <see
    /// cref="TextPositions"/> says. Without further training, meaning is lost with length; checkpoints that were trained long (Long-CLIP)
    /// say their own and need none. Null for the model's own. For text towers of CLIP's kind.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>How positions are stretched where <see cref="ContextLength"/> asks for it.</summary>
    public TextPositionRule TextPositions { get; init; }

    /// <summary>
    /// The cleaning of texts; null for what the model directory says (Hugging Face's layout: Hugging Face's; OpenCLIP's: OpenAI's).
    /// </summary>
    public TextCleaning? Cleaning { get; init; }

    /// <summary>
    /// Pixels of a side of the vision tower's input, where it is to be another than the model's own: the patch size to 4096. Positions are
    /// interpolated by the rule of the model's layout, and pictures prepared at that size: more tokens, more time, often better vectors for
    /// small things; they compare only with vectors of the same size. Null for the model's own. Not for ResNets.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>Whether pictures are turned as their EXIF orientation says. Off is what OpenAI's pipeline does.</summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>What transparent pixels are composited over; null drops alpha, as the references do.</summary>
    public RgbColor? Background { get; init; }

    /// <summary>
    /// Whether pictures become RGB before resizing or after it; null for what the model directory says, else before. OpenAI's and
    /// OpenCLIP's pipelines do it after, which differs for palettes and alpha.
    /// </summary>
    public PixelOrder? PixelOrder { get; init; }

    /// <summary>
    /// Which of two middle positions a crop takes; null for what the model directory says, else half to even as OpenAI, OpenCLIP and
    /// Hugging Face's fast processor. Hugging Face's slow one rounds down.
    /// </summary>
    public CropRounding? CropRounding { get; init; }

    /// <inheritdoc cref="ImagePreprocessorConfig.FastDecode"/>
    public bool FastDecode { get; init; }

    /// <inheritdoc cref="ImageDecoderOptions.Tolerant"/>
    public bool Tolerant { get; init; }

    /// <summary>
    /// Whether cameras' raw files in TIFF's form (DNG, NEF, ARW, CR2 and their like) are shown by the JPEG preview inside, where it is at
    /// least as large as the model's input: <see cref="ImageFormats.CameraPreviews"/> in front of the decoders. Developing one differs
    /// from what its camera's preview shows, and so do vectors. Default false: such files are refused.
    /// </summary>
    public bool Previews { get; init; }

    /// <summary>Largest picture that is decoded, in pixels.</summary>
    public long MaxPixels { get; init; } = ImageDecoderOptions.Default.MaxPixels;

    /// <inheritdoc cref="ImageDecoderOptions.MaxFileBytes"/>
    public long? MaxFileBytes { get; init; }

    /// <summary>Decoders to try, first to last; null for the built-in ones.</summary>
    public IReadOnlyList<IImageDecoder>? Decoders { get; init; }

    /// <summary>The limits on pictures, and how they are decoded for a model.</summary>
    /// <param name="config">The model's rules; null where it takes no pictures.</param>
    internal ImageDecoderOptions DecoderOptions(ImagePreprocessorConfig? config)
    {
        ImageDecoderOptions limits = new() { MaxPixels = MaxPixels, MaxFileBytes = MaxFileBytes };
        return config?.DecoderOptions(limits) ?? limits;
    }

    /// <summary>These, with the decoders that pictures are tried with said in full.</summary>
    internal ClipOptions WithDecoders()
    {
        IReadOnlyList<IImageDecoder> decoders = Decoders ?? ImageFormats.BuiltIn;
        return this with { Decoders = Previews ? [ImageFormats.CameraPreviews, .. decoders] : decoders };
    }

    internal ImagePreprocessorConfig Apply(ImagePreprocessorConfig config) => config with
    {
        ApplyOrientation = ApplyOrientation,
        Background = Background ?? config.Background,
        PixelOrder = PixelOrder ?? config.PixelOrder,
        CropRounding = CropRounding ?? config.CropRounding,
        FastDecode = FastDecode,
        Tolerant = Tolerant,
        Previews = Previews,
    };

    /// <summary>The runtime that the options ask for.</summary>
    /// <param name="isOwn">Whether it was made for the model alone, which then disposes it.</param>
    internal Runtime ChooseRuntime(out bool isOwn)
    {
        isOwn = _threads is not null || Vectors is not null;
        return isOwn ? new(_threads, Vectors) : Runtime ?? Runtime.Shared;
    }

    /// <summary>Looks at all values, as <see cref="Clip.Load"/> does.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message says which and what is allowed.</exception>
    public void Validate()
    {
        if (_threads is < 1 or > Runtime.MostThreads)
            throw new ArgumentException($"Threads is {_threads}; it must be from 1 to {Runtime.MostThreads}.", nameof(Threads));
        if (Runtime is not null && (_threads is not null || Vectors is not null))
            throw new ArgumentException(
                $"{nameof(Runtime)} says with how many threads and which vectors to compute, " +
                $"so {nameof(Threads)} and {nameof(Vectors)} must be left out.");
        if (Weights is WeightType weights && !Enum.IsDefined(weights))
            throw new ArgumentException($"Weights is {Weights}; it must be F32, BF16, F16, Int8 or null.", nameof(Weights));
        if (!Enum.IsDefined(Truncation))
            throw new ArgumentException($"Truncation is {Truncation}; it must be Error or KeepEnd.", nameof(Truncation));
        LongTexts?.Validate(hasOneVector: true);
        if (LongTexts is not null && !Normalize)
            throw new ArgumentException(
                $"{nameof(LongTexts)} pools vectors of length 1, so {nameof(Normalize)} must be set.", nameof(LongTexts));
        if (!Enum.IsDefined(TextPositions))
            throw new ArgumentException($"TextPositions is {TextPositions}; it must be KeepFirst or Linear.", nameof(TextPositions));
        if (ContextLength is < 3 or > MostContextLength)
            throw new ArgumentException(
                $"ContextLength is {ContextLength}; it must be from 3 to {MostContextLength}, or null.", nameof(ContextLength));
        if (Cleaning is TextCleaning cleaning && !Enum.IsDefined(cleaning))
            throw new ArgumentException($"Cleaning is {Cleaning}; it must be OpenAI, HuggingFace or null.", nameof(Cleaning));
        if (Decoders is { Count: 0 })
            throw new ArgumentException(
                "Decoders is empty, so no picture could be read; leave it null for the built-in ones.", nameof(Decoders));
        if (Decoders?.Contains(null!) == true)
            throw new ArgumentException($"Decoders[{Decoders.ToList().IndexOf(null!)}] is null.", nameof(Decoders));
        if (ImageSize is < 1 or > MostImageSize)
            throw new ArgumentException($"ImageSize is {ImageSize}; it must be from 1 to {MostImageSize}, or null.", nameof(ImageSize));
        if (MaxPixels < 1)
            throw new ArgumentException($"MaxPixels is {MaxPixels}; it must be at least 1.", nameof(MaxPixels));
        if (MaxFileBytes < 1)
            throw new ArgumentException($"MaxFileBytes is {MaxFileBytes}; it must be at least 1, or null.", nameof(MaxFileBytes));
    }
}

/// <summary>What happens to a text with more tokens than the model takes.</summary>
public enum Truncation
{
    /// <summary>An <see cref="ArgumentException"/> says how many tokens there are and where in the text the limit is.</summary>
    Error,

    /// <summary>
    /// The first tokens are kept and the last of them is replaced by end-of-text, as OpenAI's <c>truncate=True</c>, open_clip and
    /// Hugging Face's <c>truncation=True</c> do. The result says what was dropped.
    /// </summary>
    KeepEnd,
}

/// <summary>How a table of text positions is stretched.</summary>
public enum TextPositionRule
{
    /// <summary>
    /// The first 20 stay, in which CLIP has learnt nearly all it knows of places; the others are spread over the rest. Long-CLIP's
    /// "knowledge-preserving" stretch (Zhang et al. 2024), which for 248 of 77 positions puts three between each two.
    /// </summary>
    KeepFirst,

    /// <summary>All are spread evenly: open_clip's <c>resize_text_pos_embed</c>.</summary>
    Linear,
}

/// <summary>What is done to a text before it is split. The two references differ, and so do their ids for some texts.</summary>
public enum TextCleaning
{
    /// <summary>
    /// OpenAI's and open_clip's: ftfy's fixers, HTML entities decoded twice, white space collapsed, Python's lower case. Special
    /// strings are looked for in the cleaned text. Of ftfy 6.3.1 all but the mojibake repair (<c>fix_encoding</c>) is done: texts
    /// such as "schÃ¶n" keep their damage here and get repaired there.
    /// </summary>
    OpenAI,

    /// <summary>
    /// As the tokenizer's own files say, nothing before. Of CLIP's that is Hugging Face's fast tokenizer: NFC, white space to blanks, lower
    /// case of each character by itself (no final sigma). HTML entities, ligatures, widths and control characters stay. Added tokens are
    /// taken out of the text first.
    /// </summary>
    HuggingFace,

    /// <summary>
    /// open_clip's "whitespace", for tokenizers that are not CLIP's own: as <see cref="OpenAI"/> without lower case, then as the files say.
    /// </summary>
    Whitespace,

    /// <summary>
    /// open_clip's "canonicalize", which SigLIP is trained with: as <see cref="Whitespace"/>, with underscores as blanks, no ASCII punctuation
    /// and lower case; then as the files say.
    /// </summary>
    Canonical,

    /// <summary>Python's lower case, then as the files say: how SigLIP 2 was trained.</summary>
    LowerCase,
}

/// <summary>An opaque colour.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
public readonly record struct RgbColor(byte Red, byte Green, byte Blue)
{
    /// <summary>0, 0, 0.</summary>
    public static RgbColor Black => default;

    /// <summary>255, 255, 255.</summary>
    public static RgbColor White => new(255, 255, 255);
}

/// <summary>
/// Whether a picture becomes RGB before or after it is resized. The same for RGB pictures; others differ: in their own mode palette and
/// black-and-white pictures are resized without interpolation, and pictures with alpha in premultiplied colours.
/// </summary>
public enum PixelOrder
{
    /// <summary>Converted first: Hugging Face.</summary>
    RgbFirst,

    /// <summary>Resized in its own mode, then converted: OpenAI and open_clip, to the letter.</summary>
    ResizeFirst,
}

/// <summary>
/// Which of two middle positions a centre crop takes where the margin is odd. They differ only where the difference of the sizes
/// leaves 3 when divided by 4 - or is negative and odd: the picture is smaller than the crop and padded.
/// </summary>
public enum CropRounding
{
    /// <summary>
    /// torchvision's <c>CenterCrop</c> (OpenAI, open_clip): half of the margin rounded half to even; padding has its odd pixel at the end.
    /// </summary>
    HalfToEven,

    /// <summary>Hugging Face's <c>center_crop</c>: half of the margin rounded down; padding has its odd pixel at the beginning.</summary>
    Floor,
}

/// <summary>How the numbers of a model's weight matrices lie in memory. Whatever it is, sums are F32.</summary>
public enum WeightType
{
    /// <summary>32-bit floats.</summary>
    F32,

    /// <summary>The upper half of a 32-bit float: 8 bits of mantissa.</summary>
    BF16,

    /// <summary>IEEE binary16: 11 bits of mantissa, at most 65,504.</summary>
    F16,

    /// <summary>
    /// Signed bytes with one scale an output channel. Pass are rounded to bytes too (to 7 bits where AVX2 has no VNNI), with a scale for
    /// every row and
    /// 1,024 inputs, so products are those of integers; the patch embedding and the projection stay as they are stored.
    /// </summary>
    Int8,
}
