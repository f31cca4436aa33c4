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

    /// <summary>
    /// How probable it is that a picture and a text belong together, 1 / (1 + e^−logit), for models that were trained with a sigmoid loss: it
    /// is about this pair alone.
    /// </summary>
    /// <param name="clip">The model; <see cref="Clip.IsSigmoid"/>.</param>
    /// <param name="cosine">The cosine of their vectors, -1 to 1.</param>
    /// <exception cref="InvalidOperationException">The model was trained to compare texts, not to judge one alone.</exception>
    public static float Probability(Clip clip, float cosine)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return clip.IsSigmoid
            ? 1f / (1f + MathF.Exp(-(clip.LogitScale * cosine + clip.LogitBias)))
            : throw new InvalidOperationException(
                $"{clip.Source} was trained with a softmax loss: its numbers compare texts, and say nothing of one alone. Compare " +
                "several texts, or take a model with a sigmoid loss, such as SigLIP.");
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
