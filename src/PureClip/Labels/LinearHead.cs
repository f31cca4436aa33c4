using System.Numerics.Tensors;

namespace PureClip.Labels;

/// <summary>One linear function of a picture's direction for each label: logit = weights · x / ‖x‖ + bias.</summary>
/// <param name="weights">[labels, width], row-major.</param>
/// <param name="biases">[labels]</param>
internal sealed class LinearHead(float[] weights, float[] biases)
{
    /// <summary>Labels.</summary>
    public int Count => biases.Length;

    /// <summary>Numbers of an embedding.</summary>
    public int Width { get; } = weights.Length / biases.Length;

    /// <summary>[labels, width]</summary>
    public ReadOnlyMemory<float> Weights => weights;

    /// <summary>[labels]</summary>
    public ReadOnlyMemory<float> Biases => biases;

    /// <summary>A label's weights: [width].</summary>
    public ReadOnlySpan<float> this[int label] => weights.AsSpan(label * Width, Width);

    /// <summary>Directions times one scale, plus one bias.</summary>
    /// <param name="directions">[labels][width], of any length.</param>
    /// <param name="scale">What cosines are multiplied by.</param>
    /// <param name="bias">What is added.</param>
    public static LinearHead OfDirections(float[][] directions, float scale, float bias)
    {
        int width = directions[0].Length;
        float[] weights = new float[directions.Length * width], biases = new float[directions.Length];
        for (int label = 0; label < directions.Length; label++)
        {
            float norm = TensorPrimitives.Norm(directions[label]);
            TensorPrimitives.Multiply(directions[label], norm == 0f ? 0f : scale / norm, weights.AsSpan(label * width, width));
        }
        Array.Fill(biases, bias);
        return new(weights, biases);
    }

    /// <summary>The logits of one picture.</summary>
    /// <param name="embedding">[width], of any length; a zero vector has no direction, and every product with it is 0.</param>
    /// <param name="logits">[labels]</param>
    public void Logits(ReadOnlySpan<float> embedding, Span<float> logits)
    {
        float norm = TensorPrimitives.Norm(embedding), scale = norm == 0f ? 0f : 1f / norm;
        for (int label = 0; label < biases.Length; label++)
            logits[label] = TensorPrimitives.Dot(this[label], embedding) * scale + biases[label];
    }
}

/// <summary>The mean of directions, in which every vector counts alike whatever its length.</summary>
internal static class MeanDirection
{
    /// <summary>
    /// The sum of the vectors, each divided by its length. It points where their mean points; its own length means nothing.
    /// </summary>
    /// <param name="embeddings">At least one, all of one width.</param>
    public static float[] Of(ReadOnlySpan<float[]> embeddings)
    {
        float[] mean = new float[embeddings[0].Length];
        foreach (float[] embedding in embeddings)
            Add(mean, embedding, 1f);
        return mean;
    }

    /// <summary>Adds a vector's direction, so many times.</summary>
    public static void Add(Span<float> sum, ReadOnlySpan<float> embedding, float times)
    {
        float norm = TensorPrimitives.Norm(embedding);
        if (norm > 0f)
            TensorPrimitives.MultiplyAdd(embedding, times / norm, sum, sum);
    }
}
