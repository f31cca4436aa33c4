namespace PureClip.Labels;

/// <summary>How classifiers are trained on labelled pictures.</summary>
public sealed record ProbeOptions
{
    /// <summary>
    /// Strengths of the regularisation to choose from; loss = mean cross-entropy + λ/2 · ‖weights‖². Scikit-learn's C is 1 / (pictures · λ). By
    /// default 1 down to 1e-6 in steps of √10, logarithmic as in Radford et al. 2021, A.3.
    /// </summary>
    public IReadOnlyList<double> Lambdas { get; init; } = [.. Enumerable.Range(0, 13).Select(i => Math.Pow(10, -i / 2.0))];

    /// <summary>What cosines with prototypes may be multiplied by, to choose from; it decides how sure the answers are, not which they are.</summary>
    public IReadOnlyList<double> Scales { get; init; } = [1, 2, 5, 10, 20, 50, 100, 200];

    /// <summary>
    /// Parts that the pictures are divided into, each tested once by what was trained on the others; every class is spread over the parts as
    /// evenly as can be. There are no more parts than the largest class has pictures, so that two a class are tested on one another.
    /// </summary>
    public int Folds { get; init; } = 5;

    /// <summary>Parts that are computed at once. The results do not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>A classifier of the same labels made from their names, to blend into prototypes; null for pictures alone.</summary>
    public Classifier? Names { get; init; }

    /// <summary>Share of <see cref="Names"/> in a prototype, 0 (pictures alone) to 1 (names alone).</summary>
    public float NameShare { get; init; }

    internal void Validate(LabelledEmbeddings pictures)
    {
        Require(Folds >= 2, nameof(Folds), Folds, "at least 2");
        Require(Threads >= 1, nameof(Threads), Threads, "at least 1");
        Require(Lambdas.Count > 0 && Lambdas.All(lambda => double.IsFinite(lambda) && lambda > 0), nameof(Lambdas), string.Join(", ", Lambdas), "one or more positive numbers");
        Require(Scales.Count > 0 && Scales.All(scale => double.IsFinite(scale) && scale > 0), nameof(Scales), string.Join(", ", Scales), "one or more positive numbers");
        Require(NameShare is >= 0f and <= 1f, nameof(NameShare), NameShare, "0 to 1");
        Require(NameShare == 0f || (Names is not null && Names.Labels.SequenceEqual(pictures.Labels) && Names.Fingerprint == pictures.Fingerprint),
            nameof(Names), Names is null ? "null" : string.Join(", ", Names.Labels), "a classifier of the same labels, made with the same model");
    }

    private static void Require(bool condition, string name, object found, string allowed)
    {
        if (!condition)
            throw new ArgumentException($"{name} is {found}; allowed is {allowed}.", "options");
    }
}
