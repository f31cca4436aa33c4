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
}

/// <summary>One drawing and what is known of it.</summary>
/// <param name="Pool">Where it comes from.</param>
/// <param name="Set">Its icon set.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Group">What it shows: drawings of one group, by whatever artist, share their texts.</param>
/// <param name="Label">The best text for it.</param>
/// <param name="Keys">Other texts.</param>
/// <param name="Kind">A narrower kind, whose members are told apart on purpose; empty where none is known.</param>
internal sealed record Drawing(Pool Pool, string Set, string Name, string Group, string Label, IReadOnlyList<string> Keys, string Kind)
{
    /// <summary>What is drawn; not stored.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Svg { get; init; } = "";
}
