using PureClip.Convert.Knowledge;
using PureClip.Model;

namespace PureClip.Convert;

/// <summary>
/// How a checkpoint is converted. What is null is taken from the checkpoint, what lies beside it, and tables of published models.
/// </summary>
public sealed record ConversionOptions
{
    /// <summary>F32 against F32 computed elsewhere, with eight decimals in the reference.</summary>
    public const float UsualTolerance = 2e-6f;

    /// <summary>Most heads of a tower that are believed.</summary>
    public const int MostHeads = 1024;

    /// <summary>
    /// Type of the weights; null for as they are stored. Int8 makes the blocks' matrices signed bytes with a scale for each output channel,
    /// other matrices F16 and vectors F32; PureClip loads it, the Python tools do not.
    /// </summary>
    public WeightType? Weights { get; init; }

    /// <summary>
    /// Whether the matrices are also written in the order in which this machine multiplies them: as much again, and loading takes no time.
    /// </summary>
    public bool Packed { get; init; }

    /// <summary>
    /// The architecture, which its shapes usually tell: OpenCLIP's name, such as ViT-B-32 (sizes and heads) or ViT-B-32-quickgelu, or
    /// OpenAI's ViT-B/32.
    /// </summary>
    public string? Architecture { get; init; }

    /// <summary>The activation, which no weight file tells.</summary>
    public GeluKind? Gelu { get; init; }

    /// <summary>Attention heads of the vision tower, 1 to <see cref="MostHeads"/>; no weight file tells them.</summary>
    public int? VisionHeads { get; init; }

    /// <summary>Attention heads of the text tower, 1 to <see cref="MostHeads"/>; no weight file tells them.</summary>
    public int? TextHeads { get; init; }

    /// <summary>A directory with the tokenizer to use; null for the source's, else CLIP's own.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>Whether an existing model directory is replaced, once its successor is complete.</summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Embeddings computed elsewhere to compare with:
    /// <c>{ "images": { "cat.jpg": [...] }, "texts": [ { "text": "...", "ids": [...], "embedding": [...] } ] }</c>, all of length 1;
    /// pictures lie in "inputs" beside the file. Where they differ, nothing is written.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>Largest difference from them that is allowed, 0 to 2.</summary>
    public float Tolerance { get; init; } = UsualTolerance;

    /// <summary>Where the report is written as JSON, too; it may lie in the directory that is written.</summary>
    public string? Report { get; init; }

    /// <summary>The names that <see cref="Architecture"/> knows; each may end in <c>-quickgelu</c>.</summary>
    public static IReadOnlyList<string> ArchitectureNames { get; } = [.. Architectures.All.Select(static a => a.Name)];

    /// <summary>Whether <see cref="Architecture"/> may be this.</summary>
    public static bool IsArchitecture(string name) => Architectures.ByName(name) is not null;

    /// <exception cref="ArgumentException">A value is outside of what is allowed.</exception>
    internal void Validate()
    {
        if (Weights is WeightType weights && !Enum.IsDefined(weights))
            throw new ArgumentException($"Weights is {Weights}; it must be F32, BF16, F16, Int8 or null.", nameof(Weights));
        if (Gelu is GeluKind gelu && !Enum.IsDefined(gelu))
            throw new ArgumentException($"Gelu is {Gelu}; it must be Quick, Erf, Tanh or null.", nameof(Gelu));
        if (Architecture is string name && !IsArchitecture(name))
            throw new ArgumentException(
                $"Architecture is '{name}', which is unknown; known are {string.Join(", ", ArchitectureNames)}, each also with " +
                $"{Architectures.QuickGeluSuffix}.", nameof(Architecture));
        if (VisionHeads is < 1 or > MostHeads || TextHeads is < 1 or > MostHeads)
            throw new ArgumentException(
                $"A tower has {VisionHeads ?? TextHeads} heads; 1 to {MostHeads} are allowed.", nameof(VisionHeads));
        if (!(Tolerance is >= 0 and <= 2))
            throw new ArgumentException($"Tolerance is {Tolerance}; it must be from 0 to 2.", nameof(Tolerance));
    }
}

/// <summary>What <see cref="ConversionOptions"/> may decide where a checkpoint does not, or otherwise than it does.</summary>
public enum ConversionSetting
{
    /// <summary>Nothing there decides it.</summary>
    None,

    /// <summary><see cref="ConversionOptions.Architecture"/>.</summary>
    Architecture,

    /// <summary><see cref="ConversionOptions.Gelu"/>.</summary>
    Gelu,

    /// <summary><see cref="ConversionOptions.VisionHeads"/>.</summary>
    VisionHeads,

    /// <summary><see cref="ConversionOptions.TextHeads"/>.</summary>
    TextHeads,

    /// <summary><see cref="ConversionOptions.Vocabulary"/>.</summary>
    Vocabulary,

    /// <summary><see cref="ConversionOptions.Overwrite"/>.</summary>
    Overwrite,

    /// <summary><see cref="ConversionOptions.Weights"/>.</summary>
    Weights,
}

/// <summary>A conversion cannot be done as it was asked for, and could with another setting.</summary>
/// <param name="message">What is the matter.</param>
/// <param name="setting">What decides.</param>
public sealed class ConversionException(string message, ConversionSetting setting) : Exception(message)
{
    /// <summary>What decides.</summary>
    public ConversionSetting Setting { get; } = setting;
}
