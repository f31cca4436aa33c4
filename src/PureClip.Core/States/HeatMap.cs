namespace PureClip;

/// <summary>How it is found out where in a picture something is.</summary>
public enum HeatMapMethod
{
    /// <summary>
    /// What each patch adds to the cosine through the attention of all blocks: exact, signed, one encoding (Gandelsman et al. 2023).
    /// </summary>
    Decomposition,

    /// <summary>
    /// The cosine of each patch's value in the last block, without residual and MLP: one encoding (Zhou et al. 2021, MaskCLIP).
    /// </summary>
    ValuePath,

    /// <summary>
    /// A second stream through the last blocks that compares values instead of queries and keys, and what the texts have in common taken
    /// away: one encoding (Li et al. 2023, CLIP Surgery).
    /// </summary>
    Surgery,

    /// <summary>
    /// How far the cosine falls where a window is covered: slow, an encoding for each place of the window, and nothing is assumed of the
    /// model (Zeiler and Fergus 2013). It works for every model.
    /// </summary>
    Occlusion,
}

/// <summary>How heat maps are made.</summary>
public sealed record HeatMapOptions
{
    /// <summary>The method.</summary>
    public HeatMapMethod Method { get; init; }

    /// <summary>Blocks at the end of the tower that <see cref="HeatMapMethod.Surgery"/> goes through beside; 6 or 7 were published.</summary>
    public int SurgeryDepth { get; init; } = 6;

    /// <summary>Patches of a side of the window of <see cref="HeatMapMethod.Occlusion"/>, which moves patch by patch.</summary>
    public int Window { get; init; } = 2;

    /// <summary>What covers: null for the mean colour of the model's training pictures.</summary>
    public RgbColor? Cover { get; init; }

    internal void Validate()
    {
        if (!Enum.IsDefined(Method))
            throw new ArgumentException($"{nameof(Method)} is {Method}, which is no method.", "options");
        if (SurgeryDepth < 1)
            throw new ArgumentException($"{nameof(SurgeryDepth)} is {SurgeryDepth}; at least one block.", "options");
        if (Window < 1)
            throw new ArgumentException($"{nameof(Window)} is {Window}; at least one patch.", "options");
    }
}

/// <summary>Where in a picture a text is, as far as a model knows.</summary>
/// <param name="Method">How it was found.</param>
/// <param name="Rows">Patches from top to bottom, of what the model sees.</param>
/// <param name="Columns">Patches from left to right.</param>
/// <param name="Values">
/// [rows, columns], signed, larger where the text is. Compare them with one another, not with those of another picture or method.
/// </param>
/// <param name="Cosine">Of the whole picture and the text.</param>
public sealed record HeatMap(HeatMapMethod Method, int Rows, int Columns, float[] Values, float Cosine)
{
    /// <summary>The value at a place, between the centres of patches by straight lines.</summary>
    /// <param name="x">0 at the left edge, 1 at the right.</param>
    /// <param name="y">0 at the upper edge, 1 at the lower.</param>
    public float At(double x, double y)
    {
        double column = Math.Clamp(x * Columns - 0.5, 0, Columns - 1), row = Math.Clamp(y * Rows - 0.5, 0, Rows - 1);
        int left = (int)column, top = (int)row, right = Math.Min(left + 1, Columns - 1), bottom = Math.Min(top + 1, Rows - 1);
        double Mix(int line) =>
            Values[line * Columns + left] + (column - left) * (Values[line * Columns + right] - Values[line * Columns + left]);
        return (float)(Mix(top) + (row - top) * (Mix(bottom) - Mix(top)));
    }
}
