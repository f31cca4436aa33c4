using PureClip.Labels;

namespace PureClip.Cli.Labelling;

/// <summary>Judges the labels of pictures.</summary>
internal sealed class LabelJudge
{
    // Without a calibration, a label trained with a sigmoid holds where that is more likely than not.
    private const float MoreLikelyThanNot = 0.5f;

    private readonly Classifier _classifier;
    private readonly double _errorRate;

    /// <param name="classifier">Knows the labels.</param>
    /// <param name="question">What is asked of it.</param>
    /// <param name="errorRate">How often a picture of the background, or where each label is judged for itself each of its labels, may be
    /// accepted.</param>
    /// <exception cref="UsageException">The question needs a calibration.</exception>
    public LabelJudge(Classifier classifier, Question question, double errorRate)
    {
        if (question != Question.Which && classifier.Calibration is null && !(question == Question.WhetherEach && classifier.IsSigmoid))
            throw NeedsBackground(question);
        (_classifier, Question, _errorRate) = (classifier, question, errorRate);
    }

    /// <summary>What is asked.</summary>
    public Question Question { get; }

    /// <summary>The templates of the classifier.</summary>
    public IReadOnlyList<string> Templates => _classifier.Templates;

    /// <summary>Whether probabilities are each label's own, and do not sum to 1.</summary>
    public bool IsSigmoid => _classifier.IsSigmoid;

    /// <summary>Whether its labels have probabilities: a softmax says nothing of a label for itself.</summary>
    public bool HasProbabilities => Question != Question.WhetherEach || _classifier.IsSigmoid;

    /// <summary>The mistake of asking what only a calibration can tell.</summary>
    public static UsageException NeedsBackground(Question question) => new(
        $"classify: {(question == Question.WhichIfAny ? "--none" : "--multi")} needs to know how high labels score by chance. Give "
            + "--background-pictures FOLDER with pictures "
        + $"like yours that show none of the labels ({LabelCalibration.LeastPictures} at least, some hundreds are better), or a "
        + "--classifier that was saved with such.");

    /// <summary>The labels of a picture, best first.</summary>
    public IReadOnlyList<JudgedLabel> Judge(float[] embedding)
    {
        LabelScore[]? scores = _classifier.Calibration is null ? null : _classifier.Judge(embedding);
        return Question == Question.WhetherEach ? Each(embedding, scores) : Compared(embedding, scores);
    }

    private JudgedLabel[] Compared(float[] embedding, LabelScore[]? scores)
    {
        float[] probabilities = _classifier.Classify(embedding);
        string? answer = Question == Question.WhichIfAny ? _classifier.Answer(embedding, _errorRate) : null;
        return [.. _classifier.Labels.Select((label, i) => new JudgedLabel(label, probabilities[i], scores?[i], label == answer))
            .OrderByDescending(label => label.Holds).ThenByDescending(label => label.Probability)];
    }

    private JudgedLabel[] Each(float[] embedding, LabelScore[]? scores)
    {
        float[]? probabilities = _classifier.IsSigmoid ? _classifier.ClassifyEach(embedding) : null;
        return [.. _classifier.Labels
            .Select((label, i) => new JudgedLabel(label, probabilities?[i], scores?[i], Holds(scores?[i], probabilities?[i])))
            .OrderBy(label => label.Score?.PValue)
            .ThenByDescending(label => label.Score?.ZScore)
            .ThenByDescending(label => label.Probability)];
    }

    private bool Holds(LabelScore? score, float? probability) =>
        score is LabelScore calibrated ? calibrated.PValue <= _errorRate : probability >= MoreLikelyThanNot;
}

/// <summary>What is asked of a classifier.</summary>
internal enum Question
{
    /// <summary>Which label fits best; one has to.</summary>
    Which,

    /// <summary>Which label, if any.</summary>
    WhichIfAny,

    /// <summary>Of each label for itself whether it holds.</summary>
    WhetherEach,
}

/// <summary>A label of a picture.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Probability">Softmax, or sigmoid where each label is judged for itself; null where there is no such number.</param>
/// <param name="Score">What the calibration says; null without one.</param>
/// <param name="Holds">Whether the picture gets it.</param>
internal sealed record JudgedLabel(string Label, float? Probability, LabelScore? Score, bool Holds);
