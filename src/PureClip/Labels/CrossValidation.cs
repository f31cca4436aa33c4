using System.Numerics.Tensors;

namespace PureClip.Labels;

/// <summary>Judges every picture by classifiers trained without it, one for each setting, and trains the best setting on all pictures.</summary>
/// <param name="pictures">What is learnt from.</param>
/// <param name="settings">What is tried.</param>
/// <param name="fit">Trains on the pictures of some rows: a head for each setting.</param>
/// <param name="options">Parts and threads.</param>
/// <param name="progress">Told how many parts are done.</param>
/// <param name="cancellationToken">Ends it.</param>
internal sealed class CrossValidation(LabelledEmbeddings pictures, IReadOnlyList<double> settings, Func<int[], LinearHead[]> fit,
    ProbeOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
{
    private readonly int _folds = Folds.Count(pictures, options.Folds);

    // [settings, pictures]
    private readonly int[,] _answers = new int[settings.Count, pictures.Count];
    private readonly double[,] _losses = new double[settings.Count, pictures.Count];
    private readonly Lock _lock = new();
    private int _done;

    /// <summary>Does it.</summary>
    /// <param name="kind">What the classifier is to say of itself.</param>
    public TrainedProbe Run(ClassifierKind kind)
    {
        int[] folds = Folds.Assign(pictures, _folds);
        int[] all = [.. Enumerable.Range(0, pictures.Count)];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellationToken };
        Parallel.For(0, _folds, parallel, fold => Test(fit([.. all.Where(i => folds[i] != fold)]), [.. all.Where(i => folds[i] == fold)]));
        ValidatedSetting[] validated = [.. settings.Select(Validate)];

        // Equal accuracies are common with few pictures; the log-loss tells which of them knew better.
        int best = Enumerable.Range(0, validated.Length).OrderByDescending(i => validated[i].Accuracy).ThenBy(i => validated[i].LogLoss).First();
        Classifier classifier = new(kind, pictures.Fingerprint, pictures.Labels, fit(all)[best]) { Validation = validated[best] };
        Report();
        return new(classifier, validated, _folds, ConfusionsOf(best));
    }

    private void Test(LinearHead[] heads, int[] rows)
    {
        float[] logits = new float[pictures.Labels.Count];
        for (int setting = 0; setting < heads.Length; setting++)
            foreach (int picture in rows)
            {
                heads[setting].Logits(pictures.Direction(picture), logits);
                _answers[setting, picture] = TensorPrimitives.IndexOfMax<float>(logits);
                _losses[setting, picture] = LogLoss(logits, pictures.ClassOf(picture));
            }
        Report();
    }

    private ValidatedSetting Validate(double value, int setting)
    {
        int right = 0;
        double loss = 0;
        for (int picture = 0; picture < pictures.Count; picture++)
        {
            right += _answers[setting, picture] == pictures.ClassOf(picture) ? 1 : 0;
            loss += _losses[setting, picture];
        }
        return ValidatedSetting.Of(value, right, pictures.Count, loss / pictures.Count);
    }

    private Confusion[] ConfusionsOf(int setting) =>
    [
        .. Enumerable.Range(0, pictures.Count)
            .Select(picture => (Class: pictures.ClassOf(picture), Answer: _answers[setting, picture]))
            .Where(pair => pair.Class != pair.Answer)
            .GroupBy(pair => pair)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
            .Select(group => new Confusion(pictures.Labels[group.Key.Class], pictures.Labels[group.Key.Answer], group.Count(), pictures.Sizes[group.Key.Class])),
    ];

    private void Report()
    {
        lock (_lock)
            progress?.Report(new(++_done, _folds + 1));
    }

    private static double LogLoss(ReadOnlySpan<float> logits, int right)
    {
        double largest = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
            sum += Math.Exp(logit - largest);
        return Math.Log(sum) + largest - logits[right];
    }
}
