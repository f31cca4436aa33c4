using System.Numerics.Tensors;
using PureClip.Files;

namespace PureClip.Labels;

/// <summary>What a classifier was made from.</summary>
public enum ClassifierKind
{
    /// <summary>Names alone: the text tower says where a label lies.</summary>
    ZeroShot,

    /// <summary>Pictures of each class, told apart by logistic regression.</summary>
    LinearProbe,

    /// <summary>Pictures of each class, each class being its pictures' mean direction.</summary>
    Prototypes,
}

/// <summary>What a classifier says about one label of a picture. The last three are NaN where it is not calibrated.</summary>
/// <param name="Label">Its place among <see cref="Classifier.Labels"/>.</param>
/// <param name="Name">The label.</param>
/// <param name="Probability">
/// The softmax over the labels, right if exactly one of them holds; of models with a sigmoid loss each label's own.
/// </param>
/// <param name="ZScore">Standard deviations above the mean of background pictures.</param>
/// <param name="PValue">How often a background picture would score as high on this label, 0 to 1.</param>
/// <param name="AdjustedPValue">
/// The same for the whole list of labels (Holm 1979): among pictures that show none of them, a label of such a value or a smaller one
/// occurs at most so often.
/// </param>
public readonly record struct LabelScore(
    int Label, string Name, float Probability, double ZScore = double.NaN, double PValue = double.NaN, double AdjustedPValue = double.NaN);

/// <summary>
/// Which of some labels a picture deserves, told from its embedding. There are three ways to make one (<see cref="ZeroShotClassifier"/>,
/// <see cref="LinearProbe"/>, <see cref="PrototypeClassifier"/>) and one way to use it: a logit for each label, linear in the picture's
/// direction. Built once, used any number of times; immutable and thread-safe.
/// </summary>
public sealed class Classifier
{
    private readonly LinearHead _head;
    private readonly string[] _labels;

    internal Classifier(ClassifierKind kind, VectorSpace space, IReadOnlyList<string> labels, LinearHead head)
    {
        Kind = kind;
        Space = space;
        _labels = [.. labels];
        _head = head;
    }

    private Classifier(Classifier other, LabelCalibration? calibration)
        : this(other.Kind, other.Space, other._labels, other._head)
    {
        Templates = other.Templates;
        IsSigmoid = other.IsSigmoid;
        Validation = other.Validation;
        Calibration = calibration;
    }

    /// <summary>What it was made from.</summary>
    public ClassifierKind Kind { get; }

    /// <summary>
    /// What the embeddings that it judges are of: the model, and the rules by which it makes them so far as they matter to it.
    /// </summary>
    public VectorSpace Space { get; }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> Labels => _labels;

    /// <summary>The sentences that labels were put into; empty where no text was used.</summary>
    public IReadOnlyList<string> Templates { get; internal init; } = [];

    /// <summary>Whether a logit alone gives a probability, 1 / (1 + e^−logit), as in models trained with a sigmoid loss.</summary>
    public bool IsSigmoid { get; internal init; }

    /// <summary>How labels score on background pictures; null before <see cref="Calibrate"/>.</summary>
    public LabelCalibration? Calibration { get; internal init; }

    /// <summary>How it did on pictures that it was not trained on; null for zero-shot classifiers.</summary>
    public ValidatedSetting? Validation { get; internal init; }

    /// <summary>Numbers of an embedding.</summary>
    public int EmbeddingWidth => _head.Width;

    internal LinearHead Head => _head;

    /// <summary>The logit of each label.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>], of any length.</param>
    public float[] Logits(ReadOnlySpan<float> imageEmbedding)
    {
        float[] logits = new float[_labels.Length];
        Logits(imageEmbedding, logits);
        return logits;
    }

    /// <summary>As <see cref="Logits(ReadOnlySpan{float})"/>, into the caller's memory; allocates nothing.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    /// <param name="logits">[<see cref="Labels"/>]</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void Logits(ReadOnlySpan<float> imageEmbedding, Span<float> logits)
    {
        if (imageEmbedding.Length != EmbeddingWidth)
            throw new ArgumentException($"The classifier judges embeddings of {EmbeddingWidth} numbers, this one has "
                + $"{imageEmbedding.Length}. Is it from the same model?", nameof(imageEmbedding));
        RequireRoom(logits.Length, nameof(logits));
        _head.Logits(imageEmbedding, logits);
    }

    /// <summary>
    /// The probability of each label, if exactly one of them is right: the softmax of the logits. Of models that were trained with a sigmoid
    /// loss (<see cref="IsSigmoid"/>) it is each label's own, and they do not sum to 1: that is what those logits mean.
    /// </summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    public float[] Classify(ReadOnlySpan<float> imageEmbedding)
    {
        float[] probabilities = new float[_labels.Length];
        Classify(imageEmbedding, probabilities);
        return probabilities;
    }

    /// <summary>As <see cref="Classify(ReadOnlySpan{float})"/>, into the caller's memory; allocates nothing.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    /// <param name="probabilities">[<see cref="Labels"/>]</param>
    public void Classify(ReadOnlySpan<float> imageEmbedding, Span<float> probabilities)
    {
        Logits(imageEmbedding, probabilities);
        ToProbabilities(probabilities);
    }

    /// <summary>
    /// The direction in which a label's logit grows most, of length 1: where pictures of the label lie, and what stands for its text in a
    /// search. Null where there is no such label, or its logit is the same for all pictures.
    /// </summary>
    /// <param name="label">A label, in any case.</param>
    public float[]? Direction(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        int place = Array.FindIndex(_labels, known => string.Equals(known, label.Trim(), StringComparison.OrdinalIgnoreCase));
        if (place < 0 || TensorPrimitives.Norm(_head[place]) is var norm && !(norm > 0f))
            return null;
        float[] direction = new float[EmbeddingWidth];
        TensorPrimitives.Divide(_head[place], norm, direction);
        return direction;
    }

    /// <summary>The label that fits best, with its name and its probability among the labels.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    public LabelScore Best(ReadOnlySpan<float> imageEmbedding) => Rank(imageEmbedding)[0];

    /// <summary>All labels with their names and probabilities, the most probable first; of equal ones the earlier.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    public IReadOnlyList<LabelScore> Rank(ReadOnlySpan<float> imageEmbedding)
    {
        IEnumerable<LabelScore> scores = Calibration is null
            ? Classify(imageEmbedding).Select((probability, label) => new LabelScore(label, _labels[label], probability))
            : Judge(imageEmbedding);
        return [.. scores.OrderByDescending(score => score.Probability)];
    }

    /// <summary>The probability of each label for itself, of which several or none may hold: the sigmoid of the logits.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    /// <exception cref="InvalidOperationException">
    /// Logits of this classifier mean something only beside one another (<see cref="IsSigmoid"/>).
    /// </exception>
    public float[] ClassifyEach(ReadOnlySpan<float> imageEmbedding)
    {
        if (!IsSigmoid)
            throw new InvalidOperationException("This model was trained to compare labels, not to judge one alone. Calibrate the "
                + "classifier with background pictures and use Judge.");
        float[] probabilities = Logits(imageEmbedding);
        TensorPrimitives.Sigmoid(probabilities, probabilities);
        return probabilities;
    }

    /// <summary>The same classifier, knowing how its labels score on background pictures.</summary>
    /// <param name="background">
    /// Embeddings of at least <see cref="LabelCalibration.LeastPictures"/> pictures like those to be judged that show none of the labels.
    /// </param>
    /// <exception cref="ArgumentException">They are too few, or from another model.</exception>
    public Classifier Calibrate(IReadOnlyList<float[]> background)
    {
        ArgumentNullException.ThrowIfNull(background);
        if (background.Count < LabelCalibration.LeastPictures)
            throw new ArgumentException($"{background.Count} background pictures were given; it takes at least "
                + $"{LabelCalibration.LeastPictures} to know what chance does, and some hundreds are better.", nameof(background));
        float[] scores = new float[_labels.Length * background.Count], logits = new float[_labels.Length];
        for (int picture = 0; picture < background.Count; picture++)
        {
            Logits(background[picture], logits);
            for (int label = 0; label < logits.Length; label++)
                scores[label * background.Count + picture] = logits[label];
        }
        for (int label = 0; label < logits.Length; label++)
            scores.AsSpan(label * background.Count, background.Count).Sort();
        return new(this, new(scores, _labels.Length));
    }

    /// <summary>What the calibration says about each label of a picture, in the order of <see cref="Labels"/>.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    /// <exception cref="InvalidOperationException">The classifier is not calibrated.</exception>
    public LabelScore[] Judge(ReadOnlySpan<float> imageEmbedding)
    {
        LabelScore[] scores = new LabelScore[_labels.Length];
        Judge(imageEmbedding, scores);
        return scores;
    }

    /// <summary>As <see cref="Judge(ReadOnlySpan{float})"/>, into the caller's memory.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    /// <param name="scores">[<see cref="Labels"/>]</param>
    public void Judge(ReadOnlySpan<float> imageEmbedding, Span<LabelScore> scores)
    {
        LabelCalibration calibration = Calibration
            ?? throw new InvalidOperationException("The classifier is not calibrated, so it cannot tell a label from chance. Call "
                + "Calibrate with embeddings of background pictures.");
        RequireRoom(scores.Length, nameof(scores));
        float[] logits = Logits(imageEmbedding);
        for (int label = 0; label < logits.Length; label++)
            scores[label] = new(
                label, _labels[label], 0f, calibration.ZScore(label, logits[label]), calibration.PValue(label, logits[label]), 1);
        HolmCorrection.Apply(scores);
        ToProbabilities(logits);
        for (int label = 0; label < logits.Length; label++)
            scores[label] = scores[label] with { Probability = logits[label] };
    }

    /// <summary>The most probable of the labels that stand out from the background, or null: none of these.</summary>
    /// <param name="imageEmbedding">[<see cref="EmbeddingWidth"/>]</param>
    /// <param name="errorRate">How often a picture that is like the background may get a label all the same, 0 to 1.</param>
    /// <exception cref="InvalidOperationException">The classifier is not calibrated.</exception>
    public string? Answer(ReadOnlySpan<float> imageEmbedding, double errorRate = 0.05) =>
        Answer(Judge(imageEmbedding), errorRate) is int label ? _labels[label] : null;

    /// <summary>
    /// Stores the classifier, with its calibration, in one small safetensors file. The same classifier gives the same bytes.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written; an older one is then still there.</exception>
    public void Save(string path) => SafetensorsWriter.Write(path, ClassifierFile.Tensors(this), ClassifierFile.Metadata(this));

    /// <summary>As <see cref="Save(string)"/>, into a file that is open and stays so.</summary>
    /// <param name="file">Where to, from its position on.</param>
    public void Save(FileStream file) => SafetensorsWriter.Write(file, ClassifierFile.Tensors(this), ClassifierFile.Metadata(this));

    /// <summary>Reads a stored classifier for use with a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="clip">The model that embeds the pictures.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or was made with another model or by other rules.</exception>
    public static Classifier Load(string path, Clip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        Classifier classifier = ClassifierFile.Read(path);
        // directions are judged, whatever their length
        classifier.Space.Require(clip.Space with { IsNormalized = null }, VectorKinds.Pictures, path);
        return classifier;
    }

    /// <summary>Between two classifiers of the same labels: the weights of one plus a share of the way to those of the other.</summary>
    internal static Classifier Blend(Classifier from, Classifier to, double share) => new(to.Kind, to.Space, to._labels, new(
        Mixed(from._head.Weights.Span, to._head.Weights.Span, share), Mixed(from._head.Biases.Span, to._head.Biases.Span, share)))
    {
        Validation = to.Validation,
    };

    internal static int? Answer(ReadOnlySpan<LabelScore> scores, double errorRate)
    {
        int? best = null;
        foreach (LabelScore score in scores)
            if (score.AdjustedPValue <= errorRate && (best is not int label || score.Probability > scores[label].Probability))
                best = score.Label;
        return best;
    }

    internal static void RequireLabels(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0 || labels.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException(
                $"A classifier needs at least one label and none may be empty; {labels.Count} were given.", nameof(labels));
    }

    private static float[] Mixed(ReadOnlySpan<float> from, ReadOnlySpan<float> to, double share)
    {
        float[] mixed = new float[from.Length];
        for (int i = 0; i < mixed.Length; i++)
            mixed[i] = (float)(from[i] + share * (to[i] - from[i]));
        return mixed;
    }

    private void ToProbabilities(Span<float> logits)
    {
        if (IsSigmoid)
        {
            TensorPrimitives.Sigmoid(logits, logits);
            return;
        }
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), logits);
        TensorPrimitives.SoftMax(logits, logits);
    }

    private void RequireRoom(int length, string name)
    {
        if (length != _labels.Length)
            throw new ArgumentException($"There are {_labels.Length} labels, but room for {length}.", name);
    }
}
