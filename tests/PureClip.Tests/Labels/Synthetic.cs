using PureClip.Labels;

namespace PureClip.Tests.Labels;

/// <summary>Random classifiers, embeddings and classes, the same for the same seed.</summary>
internal static class Synthetic
{
    public const string Fingerprint = "0123456789abcdef0123456789abcdef";

    /// <summary>The space of a model that says nothing of its rules.</summary>
    public static VectorSpace Space(int width) => new(Fingerprint, width);

    /// <summary>Normally distributed numbers.</summary>
    public static float[] Vector(Random random, int width) => [.. Enumerable.Range(0, width).Select(_ => (float)Normal(random))];

    /// <summary>One normally distributed number (Box and Muller).</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>A classifier with random weights.</summary>
    public static Classifier Classifier(int labels, int width, int seed = 1)
    {
        Random random = new(seed);
        return new(ClassifierKind.LinearProbe, Space(width), [.. Enumerable.Range(0, labels).Select(i => $"label {i}")],
            new(Vector(random, labels * width), Vector(random, labels)));
    }

    /// <summary>A classifier whose logits are the first numbers of a direction: logit i = x[i] / ‖x‖.</summary>
    public static Classifier Axes(int labels, int width)
    {
        float[] weights = new float[labels * width];
        for (int label = 0; label < labels; label++)
            weights[label * width + label] = 1f;
        return new(ClassifierKind.ZeroShot, Space(width), [.. Enumerable.Range(0, labels).Select(i => $"axis {i}")],
            new(weights, new float[labels]));
    }

    /// <summary>Pictures scattered around a random centre for each class.</summary>
    /// <param name="sizes">Pictures of each class.</param>
    /// <param name="width">Numbers of an embedding.</param>
    /// <param name="noise">Deviation from the centre in every dimension, that of centres being 1.</param>
    /// <param name="seed">For the generator.</param>
    public static LabelledEmbeddings Classes(int[] sizes, int width, double noise, int seed = 1)
    {
        Random random = new(seed);
        float[][] centres = [.. sizes.Select(_ => Vector(random, width))];
        int[] classes = [.. sizes.SelectMany((size, label) => Enumerable.Repeat(label, size))];
        float[][] embeddings = [.. classes.Select(label => (float[])[.. centres[label].Select(x => (float)(x + noise * Normal(random)))])];
        return new(Space(width), [.. sizes.Select((_, i) => $"class {i}")], embeddings, classes);
    }
}
