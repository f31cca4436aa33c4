namespace PureClip.Model;

/// <summary>The architecture of one CLIP model, or of one of its towers.</summary>
/// <param name="EmbeddingWidth">Numbers of an embedding: the width of the space that both towers project into.</param>
/// <param name="Vision">The vision tower, or null where the checkpoint has none.</param>
/// <param name="Text">The text tower, or null where the checkpoint has none.</param>
public sealed record ClipConfig(int EmbeddingWidth, VisionConfig? Vision, TextConfig? Text)
{
    /// <summary>What the references begin a training with, as it is stored: nearly ln(1 / 0.07).</summary>
    internal const float UsualInitialLogitScale = 2.6592f;

    private readonly float _initialLogitScale = UsualInitialLogitScale;

    /// <summary>
    /// The logit scale, as it is stored, that a training begins with and weights without one have; 0, which changes no cosine, for a lone
    /// tower.
    /// </summary>
    internal float InitialLogitScale
    {
        get => Vision is null || Text is null ? 0f : _initialLogitScale;
        init => _initialLogitScale = value;
    }

    /// <summary>The largest number that cosines are multiplied by, whatever is stored; null for any: Apple's programs have one.</summary>
    internal float? MostLogitScale { get; init; }

    /// <summary>As <see cref="InitialLogitScale"/>, for what is added to scaled cosines.</summary>
    internal float InitialLogitBias { get; init; }

    /// <summary>Checks every size.</summary>
    /// <exception cref="ArgumentException">A size is out of its range; the message names it and the range.</exception>
    public void Validate()
    {
        Require(EmbeddingWidth, 1, 65_536, "embedding width");
        if (Vision is null && Text is null)
            throw new ArgumentException("The configuration has neither a vision nor a text tower.");
        Vision?.Validate();
        Text?.Validate();
    }

    internal static void Require(int value, int least, int most, string what)
    {
        if (value < least || value > most)
            throw new ArgumentException($"The {what} is {value}; it must be from {least} to {most}.");
    }
}
