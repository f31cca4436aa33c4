using PureClip.Model;

namespace PureClip.Convert;

/// <summary>What a container says about one tower beyond its tensors; null where it says nothing.</summary>
internal sealed record TowerFacts
{
    public GeluKind? Gelu { get; init; }

    public int? Heads { get; init; }

    public float? LayerNormEps { get; init; }
}
