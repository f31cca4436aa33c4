using System.Numerics.Tensors;

namespace PureClip.Labels;

/// <summary>Embedded pictures whose class is known: what probes and prototypes learn from.</summary>
public sealed class LabelledEmbeddings
{
    private readonly float[][] _directions;
    private readonly int[] _classes;
    private readonly int[]? _originals;

    /// <param name="space">What the embeddings are of: <see cref="Clip.Space"/> of the model that made them.</param>
    /// <param name="labels">Names of at least two classes.</param>
    /// <param name="embeddings">[pictures][width], of any length but zero.</param>
    /// <param name="classes">
    /// [pictures], places among the labels; each class has at least two pictures, so that one can be tested against the other.
    /// </param>
    /// <param name="originals">
    /// [pictures]: the picture that each one is a view of (mirrored, on another ground), or itself. Views are learnt from and never judged: in
    /// a cross-validation they stay with their picture. Null where there are none.
    /// </param>
    /// <exception cref="ArgumentException">Something of this does not hold; the message names the class or the picture.</exception>
    public LabelledEmbeddings(
        VectorSpace space, IReadOnlyList<string> labels, IReadOnlyList<float[]> embeddings, IReadOnlyList<int> classes,
        IReadOnlyList<int>? originals = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(classes);
        Classifier.RequireLabels(labels);
        if (labels.Count < 2)
            throw new ArgumentException($"Only \"{labels[0]}\" was given; it takes two classes to tell them apart.", nameof(labels));
        if (embeddings.Count != classes.Count)
            throw new ArgumentException(
                $"{embeddings.Count} embeddings came with {classes.Count} classes; each needs one.", nameof(classes));
        Space = space;
        Labels = [.. labels];
        _classes = [.. classes];
        _originals = originals is null ? null : Checked(originals);
        Sizes = CountClasses();
        _directions = [.. embeddings.Select((embedding, i) => Direction(embedding, space.Width, i))];
    }

    /// <summary>What the embeddings are of.</summary>
    public VectorSpace Space { get; }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Pictures of each class, views not counted.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Pictures.</summary>
    public int Count => _directions.Length;

    /// <summary>Numbers of an embedding.</summary>
    public int Width => Space.Width;

    /// <summary>The embedding of a picture, of length 1.</summary>
    internal float[] Direction(int picture) => _directions[picture];

    /// <summary>Its class.</summary>
    internal int ClassOf(int picture) => _classes[picture];

    /// <summary>The picture that it is a view of, or itself.</summary>
    internal int OriginalOf(int picture) => _originals?[picture] ?? picture;

    /// <summary>Pictures that are no views.</summary>
    internal IEnumerable<int> Originals => Enumerable.Range(0, _classes.Length).Where(picture => OriginalOf(picture) == picture);

    private int[] Checked(IReadOnlyList<int> originals)
    {
        if (originals.Count != _classes.Length)
            throw new ArgumentException(
                $"{_classes.Length} pictures came with {originals.Count} originals; each needs one.", nameof(originals));
        for (int i = 0; i < originals.Count; i++)
            if ((uint)originals[i] >= (uint)originals.Count || originals[originals[i]] != originals[i]
                || _classes[originals[i]] != _classes[i])
                throw new ArgumentException(
                    $"Picture {i} is said to be a view of {originals[i]}; that must be a picture of its class that is no view itself.",
                    nameof(originals));
        return [.. originals];
    }

    private int[] CountClasses()
    {
        int[] sizes = new int[Labels.Count];
        for (int picture = 0; picture < _classes.Length; picture++)
        {
            int label = _classes[picture];
            if ((uint)label >= (uint)sizes.Length)
                throw new ArgumentException($"A picture is of class {label}; there are classes 0 to {sizes.Length - 1}.", "classes");
            sizes[label] += OriginalOf(picture) == picture ? 1 : 0;
        }
        int small = Array.FindIndex(sizes, size => size < 2);
        return small < 0
            ? sizes
            : throw new ArgumentException($"The class \"{Labels[small]}\" has {sizes[small]} pictures; it takes two, so that one can be "
                + "tested against the other. Add pictures, or leave the class out.", "classes");
    }

    private static float[] Direction(float[] embedding, int width, int picture)
    {
        float norm = TensorPrimitives.Norm(embedding);
        if (embedding.Length != width || !(norm > 0f) || !float.IsFinite(norm))
            throw new ArgumentException($"Embedding {picture} has {embedding.Length} numbers and the length {norm}; all need {width} "
                + "numbers and a finite length above 0.", "embeddings");
        float[] direction = new float[width];
        TensorPrimitives.Divide(embedding, norm, direction);
        return direction;
    }
}

/// <summary>Pictures divided into parts for cross-validation, the pictures of each class as evenly as can be.</summary>
internal static class Folds
{
    // Folders often hold series of near-equal pictures one after the other, or the easy ones first: the order is shuffled, always the same
    // way.
    private const int Seed = 1;

    /// <summary>How many parts there are: not more than the largest class has pictures.</summary>
    public static int Count(LabelledEmbeddings pictures, int wanted) => Math.Min(wanted, pictures.Sizes.Max());

    /// <summary>
    /// The part of each picture. A class with fewer pictures than parts is missing from some, and no part has all of a class.
    /// </summary>
    public static int[] Assign(LabelledEmbeddings pictures, int count)
    {
        int[] folds = new int[pictures.Count];
        int[] order = [.. pictures.Originals];
        new Random(Seed).Shuffle(order);
        int next = 0; // goes on from class to class, so that parts are of one size too
        foreach (int picture in order.OrderBy(pictures.ClassOf))
            folds[picture] = next++ % count;
        for (int picture = 0; picture < folds.Length; picture++)
            folds[picture] = folds[pictures.OriginalOf(picture)];
        return folds;
    }
}
