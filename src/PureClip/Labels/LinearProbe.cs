namespace PureClip.Labels;

/// <summary>
/// Classes told apart by what distinguishes their pictures: logistic regression on normalised embeddings. The better choice from about ten
/// pictures a class on; with fewer, <see cref="PrototypeClassifier"/> is often as good.
/// </summary>
/// <remarks>
/// Radford et al. 2021, A.3. Classes with more pictures are taken to be more frequent in what will be judged too (the bias learns it); where that is
/// not so, give each class equally many.
/// </remarks>
public static class LinearProbe
{
    /// <summary>Trains with every λ, cross-validates, and keeps the most accurate. The same input gives the same bits.</summary>
    /// <param name="pictures">What is learnt from.</param>
    /// <param name="options">What to try; null for the defaults.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Looked at before every step.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TrainedProbe Train(LabelledEmbeddings pictures, ProbeOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        options ??= new();
        options.Validate(pictures);
        LinearHead[] Fit(int[] rows) => new LogisticRegression(pictures, rows).Fit(options.Lambdas, cancellationToken);
        return new CrossValidation(pictures, options.Lambdas, Fit, options, progress, cancellationToken).Run(ClassifierKind.LinearProbe);
    }
}
