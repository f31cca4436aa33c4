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
}

/// <summary>What a model directory says about its model, apart from the weights themselves: architecture, picture and text rules.</summary>
internal sealed record ModelDirectory
{
    private const string HuggingFaceConfigName = "config.json";
    private const string OpenClipConfigName = "open_clip_config.json";

    private static readonly string[] HuggingFaceWeightNames = [SafetensorsSet.SingleFileName, SafetensorsSet.IndexFileName];

    // In the order in which OpenCLIP looks for them.
    private static readonly string[] OpenClipWeightNames = ["open_clip_model.safetensors", "open_clip_pytorch_model.safetensors"];

    private static readonly string[] ForeignWeightNames =
    [
        "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin", "model.pt", "tf_model.h5", "flax_model.msgpack",
    ];

    /// <summary>The directory.</summary>
    public required string Path { get; init; }

    /// <summary>Its layout.</summary>
    public required ModelLayout Layout { get; init; }

    /// <summary>The architecture.</summary>
    public required ClipConfig Config { get; init; }

    /// <summary>How pictures become the vision tower's input; meaningless without one.</summary>
    public required ImagePreprocessorConfig Preprocessing { get; init; }

    /// <summary>The weight file, or the index of its shards.</summary>
    public required string WeightsPath { get; init; }

    /// <summary>The cleaning that <c>config.json</c>'s extra key asks for: "openai" or "huggingface"; null where it says nothing.</summary>
    public string? TextCleaning { get; init; }

    /// <summary>What no file says and was taken from the usual, a sentence each.</summary>
    public required IReadOnlyList<string> Assumptions { get; init; }

    /// <summary>Reads a directory's configuration. Where a directory has both layouts (as LAION's do), Hugging Face's is taken.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="InvalidDataException">It is no model directory, or describes a model that is not supported.</exception>
    public static ModelDirectory Open(string path)
    {
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException(File.Exists(path)
                ? $"{path} is a file; a model is a directory. Give the directory that holds it, with its configuration."
                : $"There is no directory {path}. Give a model directory: one with config.json or open_clip_config.json and the " +
                    "weights as safetensors.");
        string huggingFace = System.IO.Path.Combine(path, HuggingFaceConfigName);
        string openClip = System.IO.Path.Combine(path, OpenClipConfigName);
        string? huggingFaceWeights = Find(path, HuggingFaceWeightNames);
        string? openClipWeights = Find(path, OpenClipWeightNames);
        try
        {
            if (File.Exists(huggingFace) && (huggingFaceWeights is not null || openClipWeights is null || !File.Exists(openClip)))
                return HuggingFaceConfig.Read(path, huggingFace, huggingFaceWeights ?? throw NoWeights(path));
            if (File.Exists(openClip))
                return OpenClipConfig.Read(path, openClip, openClipWeights ?? huggingFaceWeights ?? throw NoWeights(path));
        }
        catch (ArgumentException e)
        {
            // A size that the configuration classes refuse.
            throw new InvalidDataException($"{path}: {e.Message} Correct the configuration, or download it again.", e);
        }
        throw new InvalidDataException(
            $"{path} has neither {HuggingFaceConfigName} nor {OpenClipConfigName}. A model directory is one in Hugging Face's or " +
            "OpenCLIP's layout; weights/README.md says where to get some.");
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
