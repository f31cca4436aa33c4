using PureClip.Checkpoints;
using PureClip.Convert.Knowledge;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Convert.Resolution;

/// <summary>
/// Completes what the shapes say by what the user, the directory, the container and the tables of published models say, in this order.
/// </summary>
internal sealed class ModelResolver
{
    private const float UsualEps = 1e-5f;

    /// <summary>Where an answer comes from that the options give.</summary>
    private const string Caller = "what was asked for";

    private readonly ModelSizes _sizes;
    private readonly ModelEvidence _evidence;
    private readonly ConversionOptions _options;
    private readonly NamedArchitecture? _asked;
    private readonly Architecture? _architecture;
    private readonly Training? _training;
    private readonly Decisions _decisions = new();

    private ModelResolver(ModelSizes sizes, ModelEvidence evidence, ConversionOptions options)
    {
        _sizes = sizes;
        _evidence = evidence;
        _options = options;
        _asked = options.Architecture is string name ? NamedArchitecture.Find(name) : null;
        _architecture = FindArchitecture();
        _training = evidence.Training(_architecture?.Name);
    }

    private ClipConfig? Stated => _evidence.Directory?.Config;

    private VisionTransformerConfig? StatedVision => Stated?.Vision as VisionTransformerConfig;

    private SourceFacts Facts => _evidence.Source.Facts;

    /// <summary>Whether this is one of OpenAI's own files, about which nothing is left to assume.</summary>
    private bool IsOpenAis => _evidence.OpenAiModel is not null;

    private string DirectoryFile => _evidence.Directory?.Layout == ModelLayout.OpenClip ? "open_clip_config.json" : "config.json";

    /// <summary>Describes a model.</summary>
    /// <exception cref="InvalidDataException">Two sources contradict one another, or the tensors contradict all.</exception>
    public static ModelDescription Resolve(ModelSizes sizes, ModelEvidence evidence, ConversionOptions options) =>
        new ModelResolver(sizes, evidence, options).Resolve();

    private ModelDescription Resolve()
    {
        if (Stated is ClipConfig stated)
            SizeCheck.Require(_sizes, stated, DirectoryFile);
        ClipConfig config = new(_sizes.EmbeddingWidth, _sizes.ResNet is ResNetSizes resNet ? ResNet(resNet) : Vision(), Text());
        try
        {
            config.Validate();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The architecture is impossible: {e.Message}", e);
        }
        ImagePreprocessorConfig preprocessing = config.Vision is VisionConfig vision ? Preprocessing(vision) : new();
        foreach (string assumption in _evidence.Directory?.Assumptions ?? [])
            _decisions.Note("configuration", assumption, DirectoryFile, isAssumed: true);
        return new ModelDescription(_architecture?.Name, config, preprocessing, Cleaning(), _decisions.Taken);
    }

    private Architecture? FindArchitecture()
    {
        IReadOnlyList<Architecture> matching = Architectures.Matching(_sizes.Facts);
        if (_asked?.Architecture is not Architecture asked)
            return matching.Count > 0 ? matching[0] : null;
        return matching.Contains(asked)
            ? asked
            : throw new ConversionException(
                $"The tensors are not those of {asked.Name}: they say {_sizes}. " +
                (matching.Count > 0 ? $"They fit {matching[0].Name}." : "They fit no architecture that is known."),
                ConversionSetting.Architecture);
    }

    private VisionTransformerConfig? Vision()
    {
        if (_sizes.Vision is not VisionSizes sizes)
            return null;
        (int usualHeads, bool isKnown) = Architectures.VisionHeads(sizes.Width);
        int heads = Heads(
            "vision", sizes.Width, _options.VisionHeads, StatedVision?.Transformer.Heads, Facts.Vision.Heads, _architecture?.Vision?.Heads,
            usualHeads, isKnown);
        TransformerConfig transformer = new(
            sizes.Width, sizes.Layers, heads, sizes.MlpWidth, Gelu("vision", StatedVision?.Transformer, Facts.Vision),
            Eps("vision", StatedVision?.Transformer, Facts.Vision));
        return new VisionTransformerConfig(transformer, ImageSize(sizes), sizes.PatchSize)
        {
            PositionRule = PositionRule.Bicubic, // that of the layout in which the result is written
        };
    }

    private ResNetConfig ResNet(ResNetSizes sizes)
    {
        int width = 32 * sizes.Width;
        int heads = Heads(
            "vision", width, _options.VisionHeads, (Stated?.Vision as ResNetConfig)?.Heads, Facts.Vision.Heads,
            _architecture?.ResNet is null
                ? null
                : width / Architectures.UsualHeadWidth, Math.Max(1, width / Architectures.UsualHeadWidth), usualIsKnown: false);
        return new(sizes.Width, sizes.Blocks, heads, sizes.ImageSize);
    }

    private TextConfig? Text()
    {
        if (_sizes.Text is not TextSizes sizes)
            return null;
        (int usualHeads, bool isKnown) = Architectures.TextHeads(sizes.Width);
        int heads = Heads(
            "text", sizes.Width, _options.TextHeads, Stated?.Text?.Transformer.Heads, Facts.Text.Heads, _architecture?.Text.Heads,
            usualHeads, isKnown);
        TransformerConfig transformer = new(
            sizes.Width, sizes.Layers, heads, sizes.MlpWidth, Gelu("text", Stated?.Text?.Transformer, Facts.Text),
            Eps("text", Stated?.Text?.Transformer, Facts.Text));
        return new TextConfig(transformer, sizes.ContextLength, sizes.VocabularySize) { EndOfTextId = EndOfTextId() };
    }

    private int Heads(string tower, int width, int? asked, int? stated, int? facts, int? known, int usual, bool usualIsKnown)
    {
        ConversionSetting setting = tower == "vision" ? ConversionSetting.VisionHeads : ConversionSetting.TextHeads;
        int heads = _decisions.Take<int>(
            $"{tower} heads", setting,
            new(asked, Caller, Trust.Asked),
            new(_asked is null ? null : known, Caller, Trust.Asked),
            new(stated, DirectoryFile, Trust.Stated),
            new(facts, _evidence.Source.Container, Trust.Stated),
            new(known, $"the architecture {_architecture?.Name}, which these shapes are", Trust.Known),
            new(usual, usualIsKnown
                ? $"other towers of width {width}"
                : $"the usual {Architectures.UsualHeadWidth} numbers a head", Trust.Assumed));
        return heads >= 1 && width % heads == 0
            ? heads
            : throw new ConversionException($"{heads} heads cannot divide the {tower} tower's width {width}.", setting);
    }

    private GeluKind Gelu(string tower, TransformerConfig? stated, TowerFacts facts) =>
        _decisions.Take<GeluKind>(
            $"{tower} GELU", ConversionSetting.Gelu,
            new(_options.Gelu, Caller, Trust.Asked),
            new(_asked?.Gelu, Caller, Trust.Asked),
            new(stated?.Gelu, DirectoryFile, Trust.Stated),
            new(facts.Gelu, _evidence.Source.Container, Trust.Stated),
            new(IsOpenAis ? GeluKind.Quick : null, $"the file's SHA-256, which is that of OpenAI's {_evidence.OpenAiModel}", Trust.Known),
            new(_evidence.HasOpenAiForm ? GeluKind.Quick : null, "the form of the file, which is OpenAI's own", Trust.Assumed),
            new(_training?.Gelu, $"the name, which speaks of the training {_training?.Tag}", Trust.Assumed),
            _evidence.IsOfTransformers
                ? new(GeluKind.Quick, "transformers' default", Trust.Assumed)
                : new(GeluKind.Erf, "OpenCLIP's default", Trust.Assumed));

    private float Eps(string tower, TransformerConfig? stated, TowerFacts facts) => _decisions.Take<float>(
        $"{tower} layer norm eps", ConversionSetting.None,
        new(stated?.LayerNormEps, DirectoryFile, Trust.Stated),
        new(facts.LayerNormEps, _evidence.Source.Container, Trust.Stated),
        new(UsualEps, "what all CLIPs of OpenAI and OpenCLIP have", IsOpenAis ? Trust.Known : Trust.Assumed));

    /// <summary>The grid times the patch, unless something says that pixels are left over.</summary>
    private int ImageSize(VisionSizes sizes)
    {
        int least = sizes.Grid * sizes.PatchSize;
        if (Facts.ImageSize is int claimed && claimed / sizes.PatchSize != sizes.Grid)
            Problem.InvalidData(
                $"{_evidence.Source.Container} says that pictures have {claimed} pixels, the tensors say {least} ({sizes.Grid} patches " +
                $"of {sizes.PatchSize}).");
        return Stated?.Vision?.ImageSize ?? Facts.ImageSize ?? least;
    }

    private int? EndOfTextId()
    {
        (int? id, string from, bool isAssumed) = (Stated?.Text, Facts.TextPooling) switch
        {
            (TextConfig text, _) => (text.EndOfTextId, DirectoryFile, false),
            (_, TextPooling.EndOfTextId) => (Facts.EndOfTextId, _evidence.Source.Container, false),
            (_, TextPooling.LargestId) => (null, _evidence.Source.Container, false),
            _ => ((int?)null, "OpenAI's and OpenCLIP's rule", !IsOpenAis),
        };
        _decisions.Note("text is read at", id is int token ? $"the first token {token}" : "the largest token", from, isAssumed);
        return id;
    }

    private ImagePreprocessorConfig Preprocessing(VisionConfig vision)
    {
        if (_evidence.Directory is { Config.Vision: not null } directory)
        {
            _decisions.Note("preprocessing", Describe(directory.Preprocessing), "the directory's files", isAssumed: false);
            return directory.Preprocessing;
        }
        ImagePreprocessorConfig config = ImagePreprocessorConfig.OpenAI(vision.ImageSize);
        if (Facts is { ImageMean: [float r, float g, float b], ImageDeviation: [float dr, float dg, float db] })
        {
            config = config with { Mean = new(r, g, b), Std = new(dr, dg, db) };
            _decisions.Note("preprocessing", Describe(config), _evidence.Source.Container, isAssumed: false);
            return config;
        }
        Preprocessing known = _training?.Preprocessing ?? Knowledge.Preprocessing.OpenAi;
        config = config with
        {
            Mean = new(known.Mean[0], known.Mean[1], known.Mean[2]),
            Std = new(known.Deviation[0], known.Deviation[1], known.Deviation[2]),
            ResizeMode = known.Squash ? ResizeMode.Squash : ResizeMode.ShortestEdge,
        };
        _decisions.Note(
            "preprocessing", Describe(config), _training is null ? "what is usual: OpenAI's" : $"the training {_training.Tag}",
            isAssumed: !IsOpenAis, place: "preprocessor_config.json of the result");
        return config;
    }

    private static string Describe(ImagePreprocessorConfig config) =>
        $"{config.OutputHeight} pixels, {config.ResizeMode}, {config.Interpolation}, mean {Describe(config.Mean)}, deviation " +
        Describe(config.Std);

    private static string Describe(ChannelValues values) => FormattableString.Invariant($"{values.Red} {values.Green} {values.Blue}");

    private string? Cleaning()
    {
        string? cleaning = _evidence.Directory is ModelDirectory directory ? directory.TextCleaning
            : _evidence.IsOfTransformers ? null : "openai";
        if (_sizes.Text is not null)
            _decisions.Note(
                "text cleaning", cleaning ?? "huggingface", cleaning is null ? "the layout's own tokenizer" : "the source's own tokenizer",
                isAssumed: false, place: "config.json of the result: pureclip.text_cleaning");
        return cleaning;
    }
}

/// <summary>A model as its result describes it.</summary>
/// <param name="Architecture">Its name in the table of architectures; null where it is in none.</param>
/// <param name="Config">Sizes, heads, activations.</param>
/// <param name="Preprocessing">How pictures are prepared.</param>
/// <param name="TextCleaning">"openai" or "huggingface"; null for the layout's own.</param>
/// <param name="Decisions">What the tensors did not tell.</param>
internal sealed record ModelDescription(
    string? Architecture, ClipConfig Config, ImagePreprocessorConfig Preprocessing, string? TextCleaning,
    IReadOnlyList<Decision> Decisions);

/// <summary>An architecture by name: sizes and heads, and the GELU where the spelling tells it.</summary>
/// <param name="Architecture">From the table.</param>
/// <param name="Gelu">QuickGELU for OpenAI's spelling "ViT-B/32" and OpenCLIP's "ViT-B-32-quickgelu"; null for "ViT-B-32".</param>
internal sealed record NamedArchitecture(Architecture Architecture, GeluKind? Gelu)
{
    /// <summary>Finds a name; null where it is unknown.</summary>
    public static NamedArchitecture? Find(string name)
    {
        bool isQuick = name.Contains('/') || name.EndsWith(Architectures.QuickGeluSuffix, StringComparison.OrdinalIgnoreCase);
        return Architectures.ByName(name) is Architecture found ? new(found, isQuick ? GeluKind.Quick : null) : null;
    }
}
