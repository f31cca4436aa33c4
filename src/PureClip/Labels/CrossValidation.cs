using System.Numerics.Tensors;
using PureClip.Files;

namespace PureClip.Labels;

/// <summary>How classifiers are trained on labelled pictures.</summary>
public sealed record ProbeOptions
{
    /// <summary>
    /// Strengths of the regularisation to choose from; loss = mean cross-entropy + λ/2 · ‖weights‖². Scikit-learn's C is 1 / (pictures ·
    /// λ). By default 1 down to 1e-6 in steps of √10, logarithmic as in Radford et al. 2021, A.3.
    /// </summary>
    public IReadOnlyList<double> Lambdas { get; init; } = [.. Enumerable.Range(0, 13).Select(i => Math.Pow(10, -i / 2.0))];

    /// <summary>
    /// What cosines with prototypes may be multiplied by, to choose from; it decides how sure the answers are, not which they are.
    /// </summary>
    public IReadOnlyList<double> Scales { get; init; } = [1, 2, 5, 10, 20, 50, 100, 200];

    /// <summary>
    /// Parts that the pictures are divided into, each tested once by what was trained on the others; every class is spread over the parts
    /// as evenly as can be. There are no more parts than the largest class has pictures, so that two a class are tested on one another.
    /// </summary>
    public int Folds { get; init; } = 5;

    /// <summary>Parts that are computed at once. The results do not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>A classifier of the same labels made from their names, to blend into prototypes; null for pictures alone.</summary>
    public Classifier? Names { get; init; }

    /// <summary>Share of <see cref="Names"/> in a prototype, 0 (pictures alone) to 1 (names alone).</summary>
    public float NameShare { get; init; }

    /// <summary>
    /// Whether logistic regression begins with <see cref="Names"/> and is pulled towards them instead of towards zero, with λ as above times
    /// ‖weights − names‖² / 2: with few pictures, what the text tower knows is worth more than nothing. Off by default.
    /// </summary>
    public bool PullsToNames { get; init; }

    internal void Validate(LabelledEmbeddings pictures)
    {
        Problem.Require(Folds >= 2, nameof(Folds), Folds, "at least 2");
        Problem.Require(Threads >= 1, nameof(Threads), Threads, "at least 1");
        Problem.Require(ArePositive(Lambdas), nameof(Lambdas), string.Join(", ", Lambdas), "one or more positive numbers");
        Problem.Require(ArePositive(Scales), nameof(Scales), string.Join(", ", Scales), "one or more positive numbers");
        Problem.Require(NameShare is >= 0f and <= 1f, nameof(NameShare), NameShare, "from 0 to 1");
        Problem.Require((NameShare == 0f && !PullsToNames)
            || (Names is not null && Names.Labels.SequenceEqual(pictures.Labels) && Names.Space.Fits(pictures.Space, VectorKinds.None)),
            nameof(Names), Names is null ? "null" : string.Join(", ", Names.Labels),
            "a classifier of the same labels, made with the same model");
    }

    private static bool ArePositive(IReadOnlyList<double> numbers) =>
        numbers.Count > 0 && numbers.All(number => double.IsFinite(number) && number > 0);
}

/// <summary>How far a training has come.</summary>
/// <param name="Done">Parts of the cross-validation done, the last training on all pictures being one more.</param>
/// <param name="Total">Of how many.</param>
public readonly record struct TrainingProgress(int Done, int Total);

/// <summary>A classifier trained on labelled pictures, and how well it may be expected to do.</summary>
/// <param name="Classifier">Trained on all pictures with the best setting.</param>
/// <param name="Settings">What each setting did in the cross-validation, in the order tried.</param>
/// <param name="Folds">Parts of the cross-validation.</param>
/// <param name="Confusions">What was mistaken for what with the best setting, most often first.</param>
public sealed record TrainedProbe(
    Classifier Classifier, IReadOnlyList<ValidatedSetting> Settings, int Folds, IReadOnlyList<Confusion> Confusions);

/// <summary>How a classifier did on pictures that it was not trained on.</summary>
/// <param name="Value">The setting tried: λ of the logistic regression, or the scale of the prototypes' cosines.</param>
/// <param name="Accuracy">Share of the pictures that got their own class, each judged by a classifier trained without it.</param>
/// <param name="StandardError">
/// Of the accuracy, binomial with two right and two wrong ones added (Agresti and Coull 1998), so that it is not 0 where all were right.
/// </param>
/// <param name="LogLoss">Mean of −ln probability of the right class; ln(classes) for guessing.</param>
public readonly record struct ValidatedSetting(double Value, double Accuracy, double StandardError, double LogLoss)
{
    /// <summary>What the numbers are called in a file.</summary>
    internal static string[] Names { get; } = ["setting", "accuracy", "standard_error", "log_loss"];

    internal IEnumerable<(string Name, double Number)> Numbers => Names.Zip([Value, Accuracy, StandardError, LogLoss]);

    internal static ValidatedSetting Of(double[] numbers) => new(numbers[0], numbers[1], numbers[2], numbers[3]);

    /// <summary>Counts.</summary>
    internal static ValidatedSetting Of(double value, int right, int pictures, double logLoss)
    {
        double share = (right + 2.0) / (pictures + 4);
        return new(value, (double)right / pictures, Math.Sqrt(share * (1 - share) / (pictures + 4)), logLoss);
    }
}

/// <summary>Pictures of one class that were taken for another.</summary>
/// <param name="Label">Their class.</param>
/// <param name="TakenFor">What they were taken for.</param>
/// <param name="Count">How many.</param>
/// <param name="Of">Pictures of their class.</param>
public readonly record struct Confusion(string Label, string TakenFor, int Count, int Of);

/// <summary>
/// Judges every picture by classifiers trained without it, one for each setting, and trains the best setting on all pictures.
/// </summary>
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
        int[] all = [.. Enumerable.Range(0, pictures.Count)], originals = [.. pictures.Originals];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellationToken };
        Parallel.For(0, _folds, parallel, fold => Test(
            fit([.. all.Where(i => folds[i] != fold)]),
            [.. originals.Where(i => folds[i] == fold)]));
        ValidatedSetting[] validated = [.. settings.Select(Validate)];

        // Equal accuracies are common with few pictures; the log-loss tells which of them knew better.
        int best = Enumerable.Range(0, validated.Length)
            .OrderByDescending(i => validated[i].Accuracy).ThenBy(i => validated[i].LogLoss).First();
        Classifier classifier = new(kind, pictures.Space, pictures.Labels, fit(all)[best]) { Validation = validated[best] };
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
        foreach (int picture in pictures.Originals)
        {
            right += _answers[setting, picture] == pictures.ClassOf(picture) ? 1 : 0;
            loss += _losses[setting, picture];
        }
        return ValidatedSetting.Of(value, right, pictures.Sizes.Sum(), loss / pictures.Sizes.Sum());
    }

    private Confusion[] ConfusionsOf(int setting) =>
    [
        .. pictures.Originals
            .Select(picture => (Class: pictures.ClassOf(picture), Answer: _answers[setting, picture]))
            .Where(pair => pair.Class != pair.Answer)
            .GroupBy(pair => pair)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
            .Select(group => new Confusion(
                pictures.Labels[group.Key.Class], pictures.Labels[group.Key.Answer], group.Count(), pictures.Sizes[group.Key.Class])),
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
