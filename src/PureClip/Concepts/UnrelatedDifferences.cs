using System.Numerics.Tensors;

namespace PureClip.Concepts;

/// <summary>Draws differences of pictures that have nothing to do with one another.</summary>
internal sealed class UnrelatedDifferences
{
    private readonly float[][] _pictures;
    private readonly IReadOnlyList<float> _weights;

    /// <param name="pictures">Embeddings, at least as many as weights.</param>
    /// <param name="weights">How a difference is put together.</param>
    public UnrelatedDifferences(IReadOnlyList<float[]> pictures, IReadOnlyList<float> weights)
    {
        _weights = weights;
        _pictures = [.. pictures.Select(picture => (float[])picture.Clone())];
        float[] mean = new float[_pictures[0].Length];
        foreach (float[] picture in _pictures)
        {
            TensorPrimitives.Divide(picture, TensorPrimitives.Norm(picture), picture);
            TensorPrimitives.MultiplyAdd(picture, 1f / _pictures.Length, mean, mean);
        }
        foreach (float[] picture in _pictures)
            TensorPrimitives.Subtract(picture, mean, picture); // cancels out where the weights add up to 0
    }

    /// <summary>Adds a difference of that length to a vector. Copies of a picture, whose difference is zero, add nothing.</summary>
    public void Add(ref SplitMix random, float length, Span<float> destination)
    {
        Span<float> sum = new float[destination.Length];
        Span<int> chosen = stackalloc int[_weights.Count];
        for (int i = 0; i < chosen.Length; i++)
        {
            do
                chosen[i] = random.Next(_pictures.Length);
            while (chosen[..i].Contains(chosen[i]));
            TensorPrimitives.MultiplyAdd(_pictures[chosen[i]], _weights[i], sum, sum);
        }
        float norm = TensorPrimitives.Norm<float>(sum);
        if (norm > 0f)
            TensorPrimitives.MultiplyAdd(sum, length / norm, destination, destination);
    }
}
