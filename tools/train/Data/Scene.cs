namespace PureClip.Train.Data;

/// <summary>Where a drawing lies in a picture, whose middle is 0 and whose edges are −1 and 1.</summary>
/// <param name="Scale">Its size.</param>
/// <param name="X">Its middle.</param>
/// <param name="Y">Its middle.</param>
/// <param name="Turn">Radians.</param>
/// <param name="IsMirrored">Whether left and right are exchanged.</param>
internal readonly record struct Placement(float Scale, float X = 0, float Y = 0, float Turn = 0, bool IsMirrored = false);

/// <summary>A drawing in a picture.</summary>
/// <param name="Drawing">Which.</param>
/// <param name="At">Where.</param>
/// <param name="IsGlyph">Whether it gets the picture's ink.</param>
internal readonly record struct Layer(int Drawing, Placement At, bool IsGlyph = false);

/// <summary>What is done to the pixels of a drawing.</summary>
internal enum PixelStyle
{
    /// <summary>Nothing.</summary>
    AsDrawn,

    /// <summary>Contours on white.</summary>
    Lines,

    /// <summary>Contours on its own colours.</summary>
    Comic,

    /// <summary>Contours alone.</summary>
    Pencil,

    /// <summary>No colours.</summary>
    Grey,

    /// <summary>Channels exchanged and mixed.</summary>
    OtherColours,

    /// <summary>Dark for light.</summary>
    Negative,

    /// <summary>Three steps of each channel.</summary>
    Poster,
}

/// <summary>How drawings of a picture look.</summary>
/// <param name="Choose">Which of a drawing's variants is taken; null for the drawing as its artist made it.</param>
/// <param name="Pixels">What is done to its pixels.</param>
/// <param name="Strength">0 to 1: how much of it.</param>
/// <param name="LosesColours">Whether what is known of colours is not true any more.</param>
internal sealed record Look(Func<PictureSet.Variant, bool>? Choose, PixelStyle Pixels, float Strength, bool LosesColours)
{
    /// <summary>As the artist made it.</summary>
    public static Look AsDrawn { get; } = new(null, PixelStyle.AsDrawn, 0, false);
}

/// <summary>A picture that is put together, what is said of it and what is true of it.</summary>
internal sealed class Scene
{
    /// <summary>Drawings, the last one on top.</summary>
    public required List<Layer> Layers { get; init; }

    /// <summary>What is said.</summary>
    public required string Caption { get; set; }

    /// <summary>What the caption says, fact by fact: it is true of every picture whose facts have all of these.</summary>
    public required List<string> Contents { get; init; }

    /// <summary>What is true of the picture.</summary>
    public required HashSet<string> Facts { get; init; }

    /// <summary>The picture before it that it differs from in few things, and looks like; null where there is none.</summary>
    public Scene? Partner { get; init; }

    /// <summary>How its drawings look.</summary>
    public Look Look { get; set; } = Look.AsDrawn;

    /// <summary>The ground, 0 to 1.</summary>
    public (float R, float G, float B) Ground { get; set; } = (1, 1, 1);

    /// <summary>How much lighter the ground is at the lower edge than at the upper one.</summary>
    public float Slope { get; set; }

    /// <summary>The colour that glyphs get.</summary>
    public (float R, float G, float B) Ink { get; set; }

    /// <summary>What channels are multiplied by.</summary>
    public (float R, float G, float B) Tint { get; set; } = (1, 1, 1);

    /// <summary>Whether it has no colours.</summary>
    public bool IsGrey { get; set; }

    /// <summary>Bends it as an unsteady hand would: [25, 2], how far points of a grid are displaced; null for straight.</summary>
    public float[]? Bend { get; set; }
}
