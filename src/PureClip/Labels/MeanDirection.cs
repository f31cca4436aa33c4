using System.Numerics.Tensors;

namespace PureClip.Labels;

/// <summary>The mean of directions, in which every vector counts alike whatever its length.</summary>
internal static class MeanDirection
{
    /// <summary>The sum of the vectors, each divided by its length. It points where their mean points; its own length means nothing.</summary>
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
