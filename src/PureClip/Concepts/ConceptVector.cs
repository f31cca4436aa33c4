using System.Globalization;
using System.Numerics.Tensors;

namespace PureClip.Concepts;

/// <summary>One summand of a concept: the embedding of a picture or a text, and how much it counts.</summary>
/// <param name="Weight">Finite and not 0; negative to take away.</param>
/// <param name="Embedding">[width], of any length above 0: its direction counts.</param>
/// <param name="Source">What it is the embedding of, for people: a path, or a text in quotes.</param>
public readonly record struct ConceptTerm(float Weight, ReadOnlyMemory<float> Embedding, string Source);

/// <summary>
/// A direction in a model's space that stands for an idea: a picture with a hat minus the same picture without it is "hat".
/// Immutable; can be kept in a file and applied to any picture of the same model.
/// </summary>
/// <remarks>
/// Mikolov et al. 2013, "Linguistic Regularities in Continuous Space Word Representations", for words; here for pictures.
/// </remarks>
/// <example>
/// <code>
/// ConceptVector hat = ConceptVector.Difference(clip.Space, clip.EncodeImage("with-hat.png"), clip.EncodeImage("without.png"));
/// hat.Save("hat.json");
/// </code>
/// </example>
public sealed class ConceptVector
{
    // What is left of terms that cancel out is rounding: about 1e-7 of each number.
    private const double SmallestRest = 1e-5;

    private readonly float[] _vector;

    /// <summary>Takes a vector of length 1 and checks nothing.</summary>
    internal ConceptVector(VectorSpace space, float[] vector, IReadOnlyList<string> sources)
    {
        Space = space;
        _vector = vector;
        Sources = sources;
    }

    /// <summary>The direction, of length 1.</summary>
    public ReadOnlyMemory<float> Vector => _vector;

    /// <summary>Numbers of the vector.</summary>
    public int Width => _vector.Length;

    /// <summary>
    /// What the embeddings that it was made of are of: the model, and the rules by which it made them so far as they were recorded.
    /// </summary>
    public VectorSpace Space { get; }

    /// <summary>What it was made from, for people: "+ hat.png", "- 0.5 person.png".</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>plus − minus, both taken with length 1.</summary>
    /// <param name="space"><see cref="Clip.Space"/> of the model that made the embeddings.</param>
    /// <param name="plus">The embedding with the idea.</param>
    /// <param name="minus">The embedding without it.</param>
    /// <exception cref="ArgumentException">The embeddings are equal, differ in width, are zero or not finite.</exception>
    public static ConceptVector Difference(VectorSpace space, ReadOnlyMemory<float> plus, ReadOnlyMemory<float> minus) =>
        Sum(space, [new(1f, plus, "plus"), new(-1f, minus, "minus")]);

    /// <summary>Σ weight · embedding, the embeddings taken with length 1. So a text can be added to a picture, or half of one.</summary>
    /// <param name="space"><see cref="Clip.Space"/> of the model that made the embeddings.</param>
    /// <param name="terms">At least one.</param>
    /// <exception cref="ArgumentException">The terms cancel out, differ in width, are zero or not finite, or there is none.</exception>
    public static ConceptVector Sum(VectorSpace space, params IReadOnlyList<ConceptTerm> terms) => Sum(space, terms, default);

    /// <summary>
    /// As <see cref="Sum(VectorSpace, IReadOnlyList{ConceptTerm})"/>, with a mean taken from every embedding: Σ weight · (embedding −
    /// mean).
    /// </summary>
    /// <param name="space"><see cref="Clip.Space"/> of the model that made the embeddings.</param>
    /// <param name="terms">At least one.</param>
    /// <param name="mean">
    /// The mean over many embeddings of length 1, of the terms' kind (pictures or texts); it cancels out where the weights add up to 0.
    /// </param>
    public static ConceptVector Sum(VectorSpace space, IReadOnlyList<ConceptTerm> terms, ReadOnlySpan<float> mean)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0)
            throw new ArgumentException("A concept needs at least one term.", nameof(terms));
        double[] sum = new double[space.Width];
        foreach (ConceptTerm term in terms)
            Add(sum, term, mean);
        float[] vector = Direction(sum, terms.Sum(term => Math.Abs((double)term.Weight)))
            ?? throw new ArgumentException(
                $"Nothing is left of {Describe(terms)}: the embeddings cancel out. Is one of them the same picture as another?",
                nameof(terms));
        return new(space, vector, [.. terms.Select(Describe)]);
    }

    /// <summary>The mean direction of several concepts, each with length 1; weights say how much each counts.</summary>
    /// <param name="concepts">At least one, of one model.</param>
    /// <param name="weights">One for each concept; null for 1.</param>
    /// <exception cref="ArgumentException">The concepts cancel out or are of several models, or there is none.</exception>
    public static ConceptVector Mean(IReadOnlyList<ConceptVector> concepts, IReadOnlyList<float>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(concepts);
        if (concepts.Count == 0 || (weights is not null && weights.Count != concepts.Count))
            throw new ArgumentException($"{concepts.Count} concepts and {weights?.Count} weights were given; there must be a concept, and "
                + "a weight for each.", nameof(concepts));
        foreach (ConceptVector concept in concepts)
            concepts[0].Space.Require(concept.Space, VectorKinds.All, $"The concept {concepts[0].OfSources()}");
        ConceptVector mean = Sum(concepts[0].Space,
            [.. concepts.Select((concept, i) => new ConceptTerm(weights?[i] ?? 1f, concept.Vector, string.Join(' ', concept.Sources)))]);
        return weights is null ? new(mean.Space, mean._vector, [.. concepts.SelectMany(concept => concept.Sources)]) : mean;
    }

    /// <summary>
    /// The mean over pairs of the direction from "without" to "with". What the pairs share adds up, what each has of its own averages out.
    /// </summary>
    /// <param name="space"><see cref="Clip.Space"/> of the model that made the embeddings.</param>
    /// <param name="pairs">At least one.</param>
    /// <exception cref="ArgumentException">The two of a pair are equal, the pairs cancel out, or there is none.</exception>
    public static ConceptVector MeanOfPairs(
        VectorSpace space, IReadOnlyList<(ReadOnlyMemory<float> With, ReadOnlyMemory<float> Without)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return Mean([.. pairs.Select(pair => Difference(space, pair.With, pair.Without))]);
    }

    /// <summary>The opposite direction: what "minus" has and "plus" has not.</summary>
    public ConceptVector Negate()
    {
        float[] opposite = new float[Width];
        TensorPrimitives.Negate(_vector, opposite);
        return new(Space, opposite, [.. Sources.Select(source => $"not ({source})")]);
    }

    /// <summary>
    /// Makes sure that the concept may be compared with a model's embeddings. It is a direction of its own, so only the model counts.
    /// </summary>
    /// <param name="space"><see cref="Clip.Space"/> of that model.</param>
    /// <exception cref="InvalidDataException">It was made with another model.</exception>
    public void RequireSpace(VectorSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        Space.Require(space, VectorKinds.None, $"The concept {OfSources()}");
    }

    /// <summary>Writes a JSON file; an existing one is replaced when the new one is complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => ConceptFile.Write(path, this);

    /// <summary>Writes the same JSON to a stream, which stays open.</summary>
    public void Save(Stream destination) => ConceptFile.Write(destination, this);

    /// <summary>Reads a file that <see cref="Save(string)"/> wrote; the numbers are the same bits.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or something else.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ConceptVector Load(string path) => ConceptFile.Read(path);

    private string OfSources() => $"({string.Join(' ', Sources.Take(4))}{(Sources.Count > 4 ? " …" : "")})";

    private static void Add(double[] sum, ConceptTerm term, ReadOnlySpan<float> mean)
    {
        ReadOnlySpan<float> embedding = term.Embedding.Span;
        if (embedding.Length != sum.Length || embedding.IsEmpty)
            throw new ArgumentException($"{term.Source} has {embedding.Length} numbers, the vectors of its space {sum.Length}. Does it "
                + "come from the model that is named?");
        if (!float.IsFinite(term.Weight) || term.Weight == 0f)
            throw new ArgumentException($"The weight of {term.Source} is {term.Weight.ToString(CultureInfo.InvariantCulture)}; it must be "
                + "a finite number other than 0.");
        double norm = TensorPrimitives.Norm(embedding);
        if (!double.IsFinite(norm) || norm == 0)
            throw new ArgumentException($"The embedding of {term.Source} has no direction: its length is "
                + $"{norm.ToString(CultureInfo.InvariantCulture)}.");
        if (mean.Length != 0 && mean.Length != sum.Length)
            throw new ArgumentException($"The mean has {mean.Length} numbers, {term.Source} {sum.Length}; they must have equally many.");
        for (int i = 0; i < sum.Length; i++)
            sum[i] += term.Weight * (embedding[i] / norm - (mean.IsEmpty ? 0f : mean[i]));
    }

    /// <summary>The sum with length 1; null where there is nothing but rounding.</summary>
    private static float[]? Direction(double[] sum, double weights)
    {
        double norm = TensorPrimitives.Norm<double>(sum);
        return norm > SmallestRest * weights ? [.. sum.Select(number => (float)(number / norm))] : null;
    }

    private static string Describe(IReadOnlyList<ConceptTerm> terms) =>
        string.Join(' ', terms.Take(4).Select(Describe)) + (terms.Count > 4 ? " …" : "");

    private static string Describe(ConceptTerm term)
    {
        float size = MathF.Abs(term.Weight);
        string weight = size == 1f ? "" : size.ToString(CultureInfo.InvariantCulture) + " ";
        return $"{(term.Weight < 0f ? '-' : '+')} {weight}{term.Source}";
    }
}
