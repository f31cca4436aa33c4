using System.Numerics.Tensors;

namespace PureClip;

/// <summary>How alike embeddings are.</summary>
public static class Similarity
{
    /// <summary>The cosine of the angle between two vectors, -1 to 1; 0 where one of them is zero.</summary>
    /// <exception cref="ArgumentException">The vectors differ in length or are empty.</exception>
    public static float Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        RequireSameLength(a, b);
        float norms = TensorPrimitives.Norm(a) * TensorPrimitives.Norm(b);
        return norms == 0f ? 0f : Math.Clamp(TensorPrimitives.Dot(a, b) / norms, -1f, 1f);
    }

    /// <summary>The model's logit of a picture and a text: scale · cosine + bias.</summary>
    public static float Logit(Clip clip, ReadOnlySpan<float> image, ReadOnlySpan<float> text)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return clip.LogitScale * Cosine(image, text) + clip.LogitBias;
    }

    /// <summary>e^logit / Σ e^logit: probabilities of exclusive choices. An empty list gives an empty one.</summary>
    public static float[] Softmax(ReadOnlySpan<float> logits)
    {
        float[] probabilities = new float[logits.Length];
        if (logits.Length > 0)
        {
            TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
            TensorPrimitives.SoftMax(probabilities, probabilities);
        }
        return probabilities;
    }

    private static void RequireSameLength(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length || a.Length == 0)
            throw new ArgumentException(
                $"The vectors have {a.Length} and {b.Length} numbers; they must have equally many, at least one. " +
                "Do they come from the same model?",
                nameof(b));
    }
}
