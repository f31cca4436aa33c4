using System.Globalization;

namespace PureClip.Cli.Output;

/// <summary>What a score means: cosines of different models are not comparable, and none says by itself whether it is high.</summary>
internal static class ScoreWords
{
    /// <summary>What <c>search --help</c> says.</summary>
    public const string General =
        "A good score depends on the model. A text and a picture that fit have 0.25 to 0.35 with OpenAI's, LAION's and DataComp's models, "
        + "whose unrelated ones have about 0.15; 0.35 to 0.5 with the shipped pictogram-mini, whose unrelated ones have about 0; 0.1 and "
        + "more with SigLIP. Two pictures of one thing have far more than any text and picture.";

    /// <summary>What to say beside results of a text.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="model">Its name.</param>
    public static string Of(Clip clip, string model)
    {
        if (clip.IsSigmoid)
            // The model's own judgement: its probability of a pair is that of scale * cosine + bias, which is one half here.
            return string.Create(CultureInfo.InvariantCulture,
                $"With this model, a picture fits a text more likely than not from {-clip.LogitBias / clip.LogitScale:0.00} on.");
        return model == Arguments.ModelOptions.ShippedName
            // 400 pictures of 400 names, and of the 399 others (tests/data/gallery): 9 of 10 are above 0.33, 95 of 100 below 0.19.
            ? "With this model, fitting pictures have 0.35 and more, unrelated ones about 0."
            // LAION kept pairs of 0.28 to 0.3 and more, by OpenAI's ViT-B/32 (LAION-5B, section 3.1; LAION-400M).
            : "With models of this kind, fitting pictures have about 0.25 and more, unrelated ones about 0.15.";
    }
}
