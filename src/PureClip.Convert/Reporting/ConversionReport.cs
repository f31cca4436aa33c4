using PureClip.Convert.Mapping;
using PureClip.Convert.Output;
using PureClip.Convert.Resolution;

namespace PureClip.Convert.Reporting;

/// <summary>What a conversion read, decided and wrote.</summary>
internal sealed record ConversionReport
{
    /// <summary>The checkpoint; closed by now, so that its elements cannot be read any more.</summary>
    public required SourceCheckpoint Source { get; init; }

    public required IReadOnlyList<SourceFile> Files { get; init; }

    public required ModelDescription Model { get; init; }

    /// <summary>What the tensors did not tell.</summary>
    public required IReadOnlyList<Decision> Decisions { get; init; }

    public required TensorMap Map { get; init; }

    public required WeightsFile Weights { get; init; }

    /// <summary>The file with packed matrices beside the weights; null where none was asked for.</summary>
    public string? Packed { get; init; }

    /// <summary>The comparison with a reference; null where none was asked for.</summary>
    public ReferenceResult? Verification { get; init; }

    /// <summary>False where the comparison failed, so that nothing was written.</summary>
    public bool WasWritten => Verification is not { HasPassed: false };
}
