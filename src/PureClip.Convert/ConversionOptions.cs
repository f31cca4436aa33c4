using PureClip.Convert.Output;
using PureClip.Convert.Resolution;

namespace PureClip.Convert;

/// <summary>What to convert, and how.</summary>
internal sealed record ConversionOptions
{
    /// <summary>F32 against F32 computed elsewhere, with eight decimals in the reference.</summary>
    public const float UsualTolerance = 2e-6f;

    /// <summary>A checkpoint file, or a directory with one.</summary>
    public required string Input { get; init; }

    /// <summary>The directory to write.</summary>
    public required string Output { get; init; }

    public DtypeChoice Dtype { get; init; }

    /// <summary>Whether the matrices are also written in the order in which this machine multiplies them.</summary>
    public bool Packed { get; init; }

    public ModelOverrides Overrides { get; init; } = new();

    /// <summary>A directory with the tokenizer to use; null for the input's, else CLIP's own.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>Whether an existing model directory is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Embeddings to compare with, or null.</summary>
    public string? Reference { get; init; }

    /// <summary>Largest difference from them that is allowed.</summary>
    public float Tolerance { get; init; } = UsualTolerance;

    /// <summary>Where the report is written as JSON, or null.</summary>
    public string? Report { get; init; }
}
