using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>Which of the published layouts a model directory has.</summary>
internal enum ModelLayout
{
    /// <summary>
    /// <c>config.json</c>, <c>preprocessor_config.json</c>, <c>model.safetensors</c>, <c>vocab.json</c>, <c>merges.txt</c>.
    /// </summary>
    HuggingFace,

    /// <summary><c>open_clip_config.json</c>, <c>open_clip_model.safetensors</c>.</summary>
    OpenClip,

    /// <summary>Apple's: <c>mobileclip_s0.json</c>, <c>model.safetensors</c>.</summary>
    MobileClip,
}

/// <summary>What a model directory says about its model, apart from the weights themselves: architecture, picture and text rules.</summary>
internal sealed record ModelDirectory
{
    // The last is diffusers' in half precision.
    private static readonly string[] HuggingFaceWeightNames =
        [SafetensorsSet.SingleFileName, SafetensorsSet.IndexFileName, "model.fp16.safetensors"];

    // In the order in which OpenCLIP looks for them.
    private static readonly string[] OpenClipWeightNames = ["open_clip_model.safetensors", "open_clip_pytorch_model.safetensors"];

    private const string TextProjectionName = "text_projection";

    private static readonly string[] ForeignWeightNames =
    [
        "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin", "model.pt", "tf_model.h5", "flax_model.msgpack",
        "mobileclip_s0.pt", "mobileclip_s1.pt", "mobileclip_s2.pt", "mobileclip_b.pt", "mobileclip_blt.pt",
    ];

    /// <summary>The directory with configuration and weights: the one that was named, or the one in it that holds the model.</summary>
    public required string Path { get; init; }

    /// <summary>The directory with the vocabulary.</summary>
    public required string TokenizerPath { get; init; }

    /// <summary>Its layout.</summary>
    public required ModelLayout Layout { get; init; }

    /// <summary>The architecture.</summary>
    public required ClipConfig Config { get; init; }

    /// <summary>How pictures become the vision tower's input; meaningless without one.</summary>
    public required ImagePreprocessorConfig Preprocessing { get; init; }

    /// <summary>The weight file, or the index of its shards.</summary>
    public required string WeightsPath { get; init; }

    /// <summary>What its tensors' names begin with, where the weight file holds more than the model; else empty.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Files with what is not in the weight file: the dense layer of sentence-transformers.</summary>
    public IReadOnlyList<string> FurtherWeights { get; init; } = [];

    /// <summary>The cleaning that <c>config.json</c>'s extra key asks for: "openai" or "huggingface"; null where it says nothing.</summary>
    public string? TextCleaning { get; init; }

    /// <summary>Whether the configuration names a tokenizer that is not CLIP's own, so that its files have to be there.</summary>
    public bool HasOwnTokenizer { get; init; }

    /// <summary>Where people who have no model find one.</summary>
    private const string WhereFrom =
        "CLIP models are published as such directories on the Hugging Face hub: "
        + "timm/vit_base_patch32_clip_224.openai is OpenAI's ViT-B/32. A small one for trials is in the package PureClip.Models.Pictogram.";

    /// <summary>Whether texts end in padding, in the place of what their tokenizer ends them with.</summary>
    public bool PadsEnd { get; init; }

    /// <summary>What no file says and was taken from the usual, a sentence each.</summary>
    public required IReadOnlyList<string> Assumptions { get; init; }

    /// <summary>
    /// Reads the configuration of a directory, or of the folder in it that holds the model; see <see cref="ModelPlace"/>. Where both
    /// layouts are there (as in LAION's), Hugging Face's is taken, unless <c>config.json</c> is of another program (as in timm's).
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory; the message says where models come from.</exception>
    /// <exception cref="InvalidDataException">It is no model directory, or describes a model that is not supported.</exception>
    public static ModelDirectory Open(string path)
    {
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException(File.Exists(path)
                ? $"{path} is a file; a model is a directory. Give the directory that holds it, with its configuration."
                : $"There is no directory {path}. Give a model directory: one with config.json or open_clip_config.json and the " +
                    $"weights as safetensors. {WhereFrom}");
        ModelPlace place = ModelPlace.Find(path);
        try
        {
            return WithoutProjectionWhereNoneIs(Read(place)) ?? throw new InvalidDataException(
                $"{path} has neither {ModelPlace.HuggingFaceConfigName} nor {ModelPlace.OpenClipConfigName}." +
                $"{ModelPlace.FoldersWithModels(path)} A model directory is one in Hugging Face's or OpenCLIP's layout; " +
                WhereFrom);
        }
        catch (ArgumentException e)
        {
            // A size that the configuration classes refuse.
            throw new InvalidDataException($"{place.Path}: {e.Message} Correct the configuration, or download it again.", e);
        }
    }

    /// <summary>The same model for pictures of another size.</summary>
    /// <param name="size">Pixels of a side; null for the model's own.</param>
    /// <exception cref="ArgumentException">The tower cannot take that size.</exception>
    public ModelDirectory WithImageSize(int? size)
    {
        if (size is not int wanted || Config.Vision is null || Config.Vision.ImageSize == wanted)
            return this;
        if (Config.Vision is not VisionTransformerConfig vision)
            throw new ArgumentException(
                $"{Path}: pictures of {wanted} pixels were asked for, but its vision tower takes {Config.Vision.ImageSize} and nothing " +
                "else: only the positions of a vision transformer are interpolated. Leave the size out.", nameof(size));
        if (vision.MostPatches is int most)
            throw new ArgumentException(
                $"{Path}: pictures of {wanted} pixels were asked for, but this model sees each in its own proportions, with at most " +
                $"{most} patches. Leave the size out.", nameof(size));
        if (wanted < vision.PatchSize)
            throw new ArgumentException(
                $"{Path}: pictures of {wanted} pixels were asked for, but a patch has {vision.PatchSize}; that is the least.",
                nameof(size));
        ClipConfig config = Config with { Vision = vision with { ImageSize = wanted, TrainedImageSize = vision.TrainedImageSize } };
        config.Validate();
        return this with
        {
            Config = config,
            Preprocessing = Preprocessing with
            {
                OutputWidth = wanted,
                OutputHeight = wanted,
                ShortestEdge = (int)Math.Round((double)Preprocessing.ShortestEdge * wanted / vision.ImageSize),
            },
        };
    }

    /// <summary>The same model for longer texts.</summary>
    /// <param name="length">Most tokens; null for the model's own.</param>
    /// <param name="rule">How its positions are stretched.</param>
    /// <exception cref="ArgumentException">The tower cannot take that length.</exception>
    public ModelDirectory WithContextLength(int? length, TextPositionRule rule)
    {
        if (length is not int wanted || Config.Text is null || Config.Text.ContextLength == wanted)
            return this;
        if (Config.Text is not { ReadAt: TextReadOut.EndOfText, IsCausal: true, SeesPadding: false, Bert: null, Mixer: null } text)
            throw new ArgumentException(
                $"{Path}: texts of {wanted} tokens were asked for, but only the positions of text towers of CLIP's kind are stretched; this "
                + $"one takes {Config.Text.ContextLength}. Leave the length out.", nameof(length));
        if (wanted < text.ContextLength)
            throw new ArgumentException(
                $"{Path}: texts of {wanted} tokens were asked for, but the model takes {text.ContextLength}: positions are stretched, not "
                + "shortened. Leave the length out.", nameof(length));
        ClipConfig config = Config with
        {
            Text = text with { ContextLength = wanted, TrainedContextLength = text.TrainedContextLength, PositionRule = rule },
        };
        config.Validate();
        return this with { Config = config };
    }

    /// <summary>
    /// A CLIP's text tower whose file has no projection: transformers' CLIPTextModel, as generators of pictures keep it. No configuration
    /// says so, for the class of the whole model and of the lone tower read the same one.
    /// </summary>
    private static ModelDirectory? WithoutProjectionWhereNoneIs(ModelDirectory? directory)
    {
        if (directory?.Config is not { Vision: null, Text: { IsPlain: true } text } || directory.Layout != ModelLayout.HuggingFace)
            return directory;
        try
        {
            using SafetensorsSet file = SafetensorsSet.Open(directory.WeightsPath);
            bool isWhole = file.Tensors.Any(static tensor => tensor.Name.Contains(TextProjectionName, StringComparison.Ordinal));
            return isWhole ? directory : directory with
            {
                Config = directory.Config with
                {
                    EmbeddingWidth = text.Transformer.Width,
                    Text = text with { Projection = TextProjection.Missing },
                },
            };
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return directory; // whoever opens the weights says what is wrong with them
        }
    }

    private static ModelDirectory? Read(ModelPlace place)
    {
        string huggingFace = System.IO.Path.Combine(place.Path, ModelPlace.HuggingFaceConfigName);
        string openClip = System.IO.Path.Combine(place.Path, ModelPlace.OpenClipConfigName);
        string? huggingFaceWeights = Find(place.Path, HuggingFaceWeightNames);
        string? openClipWeights = Find(place.Path, OpenClipWeightNames);
        bool isOpenClip = File.Exists(openClip)
            && (!File.Exists(huggingFace)
                || (huggingFaceWeights is null && openClipWeights is not null)
                || !HuggingFaceConfig.IsModel(JsonFile.Read(huggingFace)));
        string? weights = isOpenClip ? openClipWeights ?? huggingFaceWeights : huggingFaceWeights;
        ModelDirectory? directory = isOpenClip
            ? OpenClipConfig.Read(place.Path, openClip, weights ?? "")
            : File.Exists(huggingFace) ? HuggingFaceConfig.Read(place.Path, huggingFace, weights ?? "", place.TokenizerPath)
            : MobileClipConfig.Find(place.Path) is string apple ? MobileClipConfig.Read(place.Path, apple, weights ?? "")
            : null;
        return directory is null || weights is not null
            ? directory is null ? null : MobileClipSizes.Fit(directory)
            : throw NoWeights(place.Path);
    }

    /// <summary>
    /// The weight file of a directory, or the index of its shards, whatever its configuration says; null where there is none.
    /// </summary>
    public static string? FindWeights(string directory) => Find(directory, [.. HuggingFaceWeightNames, .. OpenClipWeightNames]);

    /// <summary>GELU by the names that transformers uses for <c>hidden_act</c>.</summary>
    public static GeluKind ReadGelu(JsonFile file) => file.String("hidden_act") switch
    {
        null or "quick_gelu" => GeluKind.Quick,
        "gelu" => GeluKind.Erf,
        "gelu_new" or "gelu_pytorch_tanh" => GeluKind.Tanh,
        string other => throw file.NotSupported("hidden_act", $"\"{other}\"", "quick_gelu, gelu, gelu_new or gelu_pytorch_tanh"),
    };

    private static string? Find(string directory, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            if (File.Exists(System.IO.Path.Combine(directory, name)))
                return System.IO.Path.Combine(directory, name);
        return null;
    }

    private static InvalidDataException NoWeights(string directory)
    {
        string? foreign = Find(directory, ForeignWeightNames);
        string found = foreign is null
            ? "no weights"
            : $"weights only as {System.IO.Path.GetFileName(foreign)}, which is not read directly";
        return new(
            $"{directory} has {found}. Needed is {SafetensorsSet.SingleFileName}, {SafetensorsSet.IndexFileName} with its shards, " +
            $"or {OpenClipWeightNames[0]}; most publishers offer the same weights as safetensors.");
    }
}
