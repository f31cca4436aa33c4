using PureClip.Model;

namespace PureClip.Convert.Resolution;

/// <summary>What the user decides about a model; null for what the source says.</summary>
internal sealed record ModelOverrides
{
    public NamedArchitecture? Architecture { get; init; }

    public GeluKind? Gelu { get; init; }

    public int? VisionHeads { get; init; }

    public int? TextHeads { get; init; }
}
