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

    /// <summary>Whether its tensors have Hugging Face's names; else they have OpenAI's.</summary>
    public bool HasHuggingFaceNames { get; init; }

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
