using PureClip.Checkpoints;
using PureClip.Convert.Knowledge;

namespace PureClip.Convert.Resolution;

/// <summary>All that speaks about a model beside the shapes of its tensors.</summary>
/// <param name="Input">The file or directory that the user named.</param>
/// <param name="Source">The opened checkpoint.</param>
internal sealed record ModelEvidence(string Input, SourceCheckpoint Source)
{
    /// <summary>Scalars that only the models in OpenAI's own files carry (model.py, build_model).</summary>
    private static readonly string[] OpenAiScalars = ["input_resolution", "context_length", "vocab_size"];

    /// <summary>Whether it was a model of transformers, by its tensors' names; else it is OpenAI's or OpenCLIP's.</summary>
    public bool IsOfTransformers { get; init; }

    /// <summary>The configuration beside it, or null.</summary>
    public ModelDirectory? Directory { get; init; }

    /// <summary>The model that OpenAI published this very file as, or null.</summary>
    public string? OpenAiModel { get; init; }

    /// <summary>True where the file has the form in which OpenAI published its models.</summary>
    public bool HasOpenAiForm => OpenAiScalars.All(name => Source.Tensors.Any(tensor => tensor.Name == name));

    /// <summary>The training that the names of file and directory speak of, or null.</summary>
    /// <param name="architecture">The architecture by shapes, or null.</param>
    public Training? Training(string? architecture)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Input));
        return Trainings.FromName(Path.GetFileName(path), architecture)
            ?? Trainings.FromName(Path.GetFileName(Path.GetDirectoryName(path)) ?? "", architecture);
    }
}

/// <summary>The configuration that lies beside the weights, read by the library's own readers.</summary>
internal static class DirectoryConfig
{
    private const string HuggingFaceName = "config.json";
    private const string OpenClipName = "open_clip_config.json";

    /// <summary>Weight files of these beginnings belong to the configuration in their directory; of other names, they may not.</summary>
    private static readonly string[] HuggingFaceWeights = ["model.", "pytorch_model", "model-0", "text_model", "vision_model"];

    private static readonly string[] OpenClipWeights = ["open_clip_"];

    /// <summary>The configuration of an input; null where there is none.</summary>
    /// <param name="place">A directory, or a file in one, and where its vocabulary is.</param>
    /// <exception cref="InvalidDataException">It is damaged, or describes a model that is not supported.</exception>
    public static ModelDirectory? Find(ModelPlace place)
    {
        string input = place.Path;
        if (Directory.Exists(input))
        {
            SourceDirectory directory = SourceDirectory.Find(input);
            if (directory.Layout == DirectoryLayout.MobileClip)
                return ReadMobileClip(input, directory.WeightFiles[0]);
            return Read(input, directory.Layout == DirectoryLayout.OpenClip ? OpenClipName : HuggingFaceName, directory.WeightFiles[0],
                place.TokenizerPath);
        }
        string parent = Path.GetDirectoryName(Path.GetFullPath(input)) ?? "", name = Path.GetFileName(input);
        if (OpenClipWeights.Any(start => name.StartsWith(start, StringComparison.Ordinal)))
            return Read(parent, OpenClipName, input, parent);
        if (name.StartsWith("mobileclip", StringComparison.OrdinalIgnoreCase))
            return ReadMobileClip(parent, input);
        return HuggingFaceWeights.Any(start => name.StartsWith(start, StringComparison.Ordinal))
            ? Read(parent, HuggingFaceName, input, parent)
            : null;
    }

    private static ModelDirectory? ReadMobileClip(string directory, string weights) =>
        MobileClipConfig.Find(directory) is string path ? Read(() => MobileClipConfig.Read(directory, path, weights), path) : null;

    private static ModelDirectory? Read(string directory, string name, string weights, string tokenizerPath)
    {
        string path = Path.Combine(directory, name);
        if (!File.Exists(path))
            return null;
        return Read(
            () => name == OpenClipName
                ? OpenClipConfig.Read(directory, path, weights)
                : HuggingFaceConfig.Read(directory, path, weights, tokenizerPath),
            path);
    }

    private static ModelDirectory Read(Func<ModelDirectory> read, string path)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message} Correct the configuration, or download it again.", e);
        }
    }
}
