using System.Text.Json.Serialization;

namespace PureClip.Train.Packages;

/// <summary>Where a drawing comes from, which decides how often it is seen and what is said of it.</summary>
internal enum Pool
{
    /// <summary>Emoji, by several artists: the same things drawn differently.</summary>
    Emoji,

    /// <summary>Icons in colours.</summary>
    Icon,

    /// <summary>Flags.</summary>
    Flag,

    /// <summary>Glyphs of one colour, which is chosen anew each time.</summary>
    Glyph,

    /// <summary>Clip-art by many hands.</summary>
    ClipArt,

    /// <summary>Renders of furniture.</summary>
    Furniture,

    /// <summary>People with and without single things: what they have are their keys.</summary>
    Person,

    /// <summary>Photographs, cut out: never trained on.</summary>
    Photograph,
}

/// <summary>One drawing and what is known of it.</summary>
/// <param name="Pool">Where it comes from.</param>
/// <param name="Set">Its icon set.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Group">What it shows: drawings of one group, by whatever artist, share their texts.</param>
/// <param name="Label">The best text for it; empty for people.</param>
/// <param name="Keys">Other texts.</param>
/// <param name="Kind">A narrower kind, whose members are told apart on purpose; empty where none is known.</param>
internal sealed record Drawing(Pool Pool, string Set, string Name, string Group, string Label, IReadOnlyList<string> Keys, string Kind)
{
    /// <summary>Words near to its label, of WordNet.</summary>
    public IReadOnlyList<string> Near { get; init; } = [];

    /// <summary>What is drawn; empty for a picture of pixels. Not stored.</summary>
    [JsonIgnore]
    public string Svg { get; init; } = "";

    /// <summary>Bytes of a picture of pixels, in a format that Skia reads; null for an SVG. Not stored.</summary>
    [JsonIgnore]
    public Func<byte[]>? Picture { get; init; }
}
