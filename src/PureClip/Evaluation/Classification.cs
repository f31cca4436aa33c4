using System.Numerics.Tensors;
using PureClip.Labels;

namespace PureClip.Evaluation;

/// <summary>How a classifier does on pictures whose class is known.</summary>
/// <param name="Pictures">How many were judged.</param>
/// <param name="Top1">Share whose first answer is right: <c>acc1</c> of CLIP_benchmark.</param>
/// <param name="Top5">Share with the right answer among the first five, <c>acc5</c>; null with five classes or fewer.</param>
/// <param name="MeanPerClassRecall">Mean over the classes that have pictures of the share of theirs that was told right.</param>
/// <param name="Calibration">Whether probabilities mean what they say.</param>
/// <param name="Confusions">What was mistaken for what, most often first.</param>
public sealed record ClassificationReport(
    int Pictures, Estimate Top1, Estimate? Top5, Estimate MeanPerClassRecall, CalibrationReport Calibration,
    IReadOnlyList<Confusion> Confusions);

/// <summary>Judges classifiers, whatever they were made from.</summary>
/// <remarks>
/// LAION-AI/CLIP_benchmark, zeroshot_classification.py. Of equal scores the earlier label counts as the better one.
/// </remarks>
public static class Classification
{
    private const int Five = 5;

    /// <summary>Measures a classifier.</summary>
    /// <param name="classifier">What answers.</param>
    /// <param name="embeddings">[pictures][width], at least one, none of which it was trained on.</param>
    /// <param name="classes">[pictures], places among its labels.</param>
    /// <exception cref="ArgumentException">Their numbers differ, there is none, or a class is none of its labels.</exception>
    public static ClassificationReport Measure(
        Classifier classifier, IReadOnlyList<float[]> embeddings, IReadOnlyList<int> classes)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(classes);
        int labels = classifier.Labels.Count;
        if (embeddings.Count == 0 || embeddings.Count != classes.Count)
            throw new ArgumentException(
                $"{embeddings.Count} embeddings came with {classes.Count} classes; each needs one, and there has to be one.",
                nameof(classes));
        foreach (int place in classes)
            if ((uint)place >= (uint)labels)
                throw new ArgumentException(
                    $"A picture is of class {place}; the classifier has the classes 0 to {labels - 1}.", nameof(classes));
        float[][] logits = [.. embeddings.Select(embedding => classifier.Logits(embedding))];
        int first = 0, five = 0;
        (int Right, int Of)[] recalls = new (int, int)[labels];
        Dictionary<(int Class, int Answer), int> mistakes = [];
        for (int picture = 0; picture < logits.Length; picture++)
        {
            int right = classes[picture], rank = RankOf(right, logits[picture]);
            first += rank == 0 ? 1 : 0;
            five += rank < Five ? 1 : 0;
            recalls[right] = (recalls[right].Right + (rank == 0 ? 1 : 0), recalls[right].Of + 1);
            int answer = TensorPrimitives.IndexOfMax<float>(logits[picture]);
            if (answer != right)
                mistakes[(right, answer)] = mistakes.GetValueOrDefault((right, answer)) + 1;
        }
        return new(
            logits.Length, Estimate.OfCount(first, logits.Length), labels > Five ? Estimate.OfCount(five, logits.Length) : null,
            Estimate.OfClasses([.. recalls.Where(static recall => recall.Of > 0)]),
            CalibrationReport.Of(logits, classes, classifier.IsSigmoid),
            [.. mistakes.OrderByDescending(static mistake => mistake.Value).ThenBy(static mistake => mistake.Key).Select(mistake =>
                new Confusion(classifier.Labels[mistake.Key.Class], classifier.Labels[mistake.Key.Answer], mistake.Value,
                    recalls[mistake.Key.Class].Of))]);
    }

    /// <summary>How many stand before one: those that score higher, and equal ones that come earlier.</summary>
    internal static int RankOf(int place, ReadOnlySpan<float> scores)
    {
        float score = scores[place];
        int rank = 0;
        for (int i = 0; i < scores.Length; i++)
            rank += scores[i] > score || (scores[i] == score && i < place) ? 1 : 0;
        return rank;
    }
}

/// <summary>Whether the probability of the first answer is how often it is right.</summary>
/// <param name="Error">
/// Expected calibration error: mean distance of probability and share of right answers over 15 equal bins of the probability.
/// </param>
/// <param name="Confidence">Mean probability of the first answer; above the accuracy, answers are too sure.</param>
/// <param name="Temperature">
/// What logits should be divided by for the likelihood of every second picture; 1 is right, more says that answers are too sure. Null for
/// models of a sigmoid loss and for fewer than <see cref="LeastPictures"/> pictures.
/// </param>
/// <param name="ErrorAtTemperature">The error of the other pictures after that.</param>
public sealed record CalibrationReport(double Error, double Confidence, double? Temperature, double? ErrorAtTemperature)
{
    /// <summary>Fewer pictures say nothing of a temperature.</summary>
    public const int LeastPictures = 20;

    private const int Bins = 15, Steps = 60;
    private const double LowestLog = -4, HighestLog = 6;

    /// <summary>Measures it.</summary>
    /// <remarks>Guo et al. 2017, "On Calibration of Modern Neural Networks"; the temperature by golden section of its logarithm.</remarks>
    /// <param name="logits">[pictures][labels]</param>
    /// <param name="classes">[pictures]</param>
    /// <param name="isSigmoid">Whether each logit is a probability for itself.</param>
    internal static CalibrationReport Of(float[][] logits, IReadOnlyList<int> classes, bool isSigmoid)
    {
        int[] all = [.. Enumerable.Range(0, logits.Length)];
        (double error, double confidence) = ErrorOf(logits, classes, all, 1, isSigmoid);
        if (isSigmoid || logits.Length < LeastPictures)
            return new(error, confidence, null, null);
        // Pictures lie in the order of their classes: every second of them is of every class.
        int[] fitted = [.. all.Where(static i => i % 2 == 0)], others = [.. all.Where(static i => i % 2 == 1)];
        double temperature = Math.Exp(Least(log => -LogLikelihood(logits, classes, fitted, Math.Exp(log))));
        return new(error, confidence, temperature, ErrorOf(logits, classes, others, temperature, isSigmoid: false).Error);
    }

    private static (double Error, double Confidence) ErrorOf(
        float[][] logits, IReadOnlyList<int> classes, int[] pictures, double temperature, bool isSigmoid)
    {
        Span<double> sums = stackalloc double[Bins], right = stackalloc double[Bins];
        sums.Clear();
        right.Clear();
        double confidence = 0;
        foreach (int picture in pictures)
        {
            int answer = TensorPrimitives.IndexOfMax<float>(logits[picture]);
            double probability = isSigmoid
                ? 1 / (1 + Math.Exp(-logits[picture][answer]))
                : Math.Exp(LogProbability(logits[picture], answer, temperature));
            int bin = Math.Clamp((int)Math.Ceiling(probability * Bins) - 1, 0, Bins - 1); // each bin holds its upper end
            sums[bin] += probability;
            right[bin] += answer == classes[picture] ? 1 : 0;
            confidence += probability;
        }
        double error = 0;
        for (int bin = 0; bin < Bins; bin++)
            error += Math.Abs(sums[bin] - right[bin]);
        return (error / pictures.Length, confidence / pictures.Length);
    }

    private static double LogLikelihood(float[][] logits, IReadOnlyList<int> classes, int[] pictures, double temperature) =>
        pictures.Sum(picture => LogProbability(logits[picture], classes[picture], temperature));

    private static double LogProbability(ReadOnlySpan<float> logits, int label, double temperature)
    {
        double largest = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
            sum += Math.Exp((logit - largest) / temperature);
        return (logits[label] - largest) / temperature - Math.Log(sum);
    }

    private static double Least(Func<double, double> function)
    {
        double golden = (Math.Sqrt(5) - 1) / 2, low = LowestLog, high = HighestLog;
        double left = high - golden * (high - low), right = low + golden * (high - low);
        double atLeft = function(left), atRight = function(right);
        for (int step = 0; step < Steps; step++)
        {
            if (atLeft < atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - golden * (high - low);
                atLeft = function(left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + golden * (high - low);
                atRight = function(right);
            }
        }
        return (low + high) / 2;
    }
}
