using PureClip.Convert.Knowledge;
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

/// <summary>What the user names with --arch: sizes and heads, and the GELU where the spelling tells it.</summary>
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
