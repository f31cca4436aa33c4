namespace PureClip.Labels;

/// <summary>
/// Classes told apart by where their pictures lie: each class is the mean direction of its pictures, into which its name's may be blended,
/// and the nearest is the answer. Nothing but one scale is fitted, so that it does well with two to ten pictures a class.
/// </summary>
/// <remarks>Snell et al. 2017, "Prototypical Networks for Few-shot Learning", with cosines.</remarks>
public static class PrototypeClassifier
{
    /// <summary>Makes the prototypes and cross-validates them; of the scales, the one with the least log-loss is kept.</summary>
    /// <param name="pictures">What is learnt from.</param>
    /// <param name="options">What to try; null for the defaults.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Looked at between parts.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TrainedProbe Train(LabelledEmbeddings pictures, ProbeOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        options ??= new();
        options.Validate(pictures);
        LinearHead[] Fit(int[] rows)
        {
            float[][] prototypes = Prototypes(pictures, rows, options.Names, options.NameShare);
            return [.. options.Scales.Select(scale => LinearHead.OfDirections(prototypes, (float)scale, bias: 0f))];
        }
        return new CrossValidation(pictures, options.Scales, Fit, options, progress, cancellationToken).Run(ClassifierKind.Prototypes);
    }

    /// <summary>The mean direction of some pictures of each class, blended with its name's.</summary>
    /// <param name="pictures">All pictures.</param>
    /// <param name="rows">Those that count; some of every class.</param>
    /// <param name="names">The names' directions; null where their share is 0.</param>
    /// <param name="nameShare">0 to 1.</param>
    internal static float[][] Prototypes(LabelledEmbeddings pictures, int[] rows, Classifier? names, float nameShare)
    {
        float[][] prototypes = new float[pictures.Labels.Count][];
        foreach (IGrouping<int, int> group in rows.GroupBy(pictures.ClassOf))
        {
            float[] mean = MeanDirection.Of([.. group.Select(pictures.Direction)]);
            float[] blend = prototypes[group.Key] = new float[mean.Length];
            MeanDirection.Add(blend, mean, 1f - nameShare);
            if (nameShare > 0f)
                MeanDirection.Add(blend, names!.Head[group.Key], nameShare);
        }
        return prototypes;
    }
}
