namespace PureClip.Checkpoints;

/// <summary>Published models whose towers are not built: by the beginning of their names, and what they would need.</summary>
internal static class KnownGaps
{
    private static readonly (string Start, string Needs)[] Known =
    [
        ("google/mt5", "mT5's encoder, whose positions are added to its attention"),
        ("blip", "a text tower that looks at the picture"),
        ("clipseg", "a decoder that draws a mask"),
        ("owlv", "heads that look for boxes"),
        ("align", "an EfficientNet"),
        ("x_clip", "attention over the frames of a video"),
        ("clap", "a tower for sounds"),
    ];

    /// <summary>How their names begin.</summary>
    public static IEnumerable<string> Names => Known.Select(static gap => gap.Start);

    /// <summary>A name as messages show it, with what its model would need where that is known.</summary>
    public static string Describe(string name)
    {
        string? needs = Array.Find(Known, gap => name.StartsWith(gap.Start, StringComparison.OrdinalIgnoreCase)).Needs;
        return needs is null ? $"\"{name}\"" : $"\"{name}\", which needs what is not built: {needs}";
    }
}
