namespace PureClip.Convert.Knowledge;

/// <summary>How pictures were prepared when a model was trained.</summary>
/// <param name="Mean">Mean of red, green, blue in 0 to 1.</param>
/// <param name="Deviation">Deviation of red, green, blue in 0 to 1.</param>
/// <param name="Squash">True where pictures are squeezed into a square instead of cropped.</param>
internal sealed record Preprocessing(float[] Mean, float[] Deviation, bool Squash)
{
    /// <summary>OpenAI's: bicubic, shortest side, centre crop.</summary>
    public static Preprocessing OpenAi { get; } =
        new([0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f], false);

    /// <summary>0.5 and 0.5, shortest side, centre crop.</summary>
    public static Preprocessing Half { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f], false);
}
