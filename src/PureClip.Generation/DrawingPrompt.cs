using System.Numerics.Tensors;

namespace PureClip.Generation;

/// <summary>What is to be drawn: a text, what a picture shows, or a sum of such.</summary>
/// <remarks>A text says more than its vector: its tokens' states stand in the network's sequence. Everything else is a vector alone.</remarks>
public sealed class DrawingPrompt
{
    private readonly Func<Clip, (float[] Vector, string? Text)> _encode;

    private DrawingPrompt(string name, bool isOfPictures, Func<Clip, (float[] Vector, string? Text)> encode) =>
        (Name, IsOfPictures, _encode) = (name, isOfPictures, encode);

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>Whether its vector lies where those of pictures lie.</summary>
    internal bool IsOfPictures { get; }

    /// <summary>A text.</summary>
    public static DrawingPrompt FromText(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        return new(text, false, clip => (clip.EncodeText(text), text));
    }

    /// <summary>Something like a picture.</summary>
    public static DrawingPrompt FromPicture(ImageSource picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return new(picture.Name, true, clip => (clip.EncodeImage(picture), null));
    }

    /// <summary>A sum: each vector counts with length 1 times its weight.</summary>
    /// <param name="terms">At least one.</param>
    /// <exception cref="ArgumentException">There is none, or a weight is 0 or no number.</exception>
    public static DrawingPrompt Sum(IReadOnlyList<(float Weight, DrawingPrompt Prompt)> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0 || terms.Any(static term => !float.IsFinite(term.Weight) || term.Weight == 0))
            throw new ArgumentException("A sum has one or more terms, and weights that are finite and not 0.", nameof(terms));
        if (terms is [(1f, DrawingPrompt alone)])
            return alone;
        string name = string.Join(" + ", terms.Select(static term => $"{term.Weight:0.##} {term.Prompt.Name}"));
        float ofPictures = terms.Sum(static term => term.Prompt.IsOfPictures ? term.Weight : 0);
        return new(name, ofPictures > 0, clip =>
        {
            float[] sum = new float[clip.EmbeddingWidth];
            foreach ((float weight, DrawingPrompt prompt) in terms)
            {
                float[] vector = prompt._encode(clip).Vector;
                TensorPrimitives.MultiplyAdd(vector, weight / TensorPrimitives.Norm<float>(vector), sum, sum);
            }
            return TensorPrimitives.Norm<float>(sum) > 1e-6f
                ? (sum, null)
                : throw new ArgumentException($"The terms of {name} cancel out.");
        });
    }

    /// <summary>A vector of a model's space.</summary>
    /// <param name="vector">[embedding width]</param>
    /// <param name="isOfPictures">Whether it lies where pictures' vectors lie rather than texts'.</param>
    /// <param name="name">For people.</param>
    public static DrawingPrompt FromVector(float[] vector, bool isOfPictures, string name = "vector")
    {
        ArgumentNullException.ThrowIfNull(vector);
        bool isDirection = TensorPrimitives.Norm<float>(vector) is > 0 and < float.PositiveInfinity;
        return new(name, isOfPictures, clip => isDirection && vector.Length == clip.EmbeddingWidth
            ? (vector, null)
            : throw new ArgumentException($"A vector of this model has {clip.EmbeddingWidth} finite numbers, not all 0."));
    }

    /// <summary>Its vector, of length 1, and its text where it is one.</summary>
    internal (float[] Vector, string? Text) Encode(Clip clip)
    {
        (float[] vector, string? text) = _encode(clip);
        float[] unit = new float[vector.Length];
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), unit);
        return (unit, text);
    }
}
