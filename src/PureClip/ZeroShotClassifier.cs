using System.Numerics.Tensors;

namespace PureClip;

/// <summary>
/// Labels for pictures without training: a label's vector is the mean over its prompts, and the nearest label is the answer.
/// Built once, used for any number of pictures; thread-safe.
/// </summary>
/// <remarks>Radford et al. 2021, 3.1.4: embeddings of several templates are normalised, averaged and normalised again.</remarks>
public sealed class ZeroShotClassifier
{
    private readonly float _logitScale, _logitBias;
    private readonly float[][] _labelEmbeddings;

    /// <param name="clip">A model with a text tower.</param>
    /// <param name="labels">At least one label.</param>
    /// <param name="templates">Prompts, averaged for each label; null or empty for the bare label.</param>
    /// <param name="cancellationToken">Checked while labels are encoded.</param>
    /// <exception cref="ArgumentException">There is no label, or a label is empty.</exception>
    public ZeroShotClassifier(Clip clip, IReadOnlyList<string> labels, IReadOnlyList<PromptTemplate>? templates = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0 || labels.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException($"A classifier needs at least one label and none may be empty; {labels.Count} were given.", nameof(labels));
        templates = templates is { Count: > 0 } ? templates : [PromptTemplate.Bare];
        Labels = [.. labels];
        _logitScale = clip.LogitScale;
        _logitBias = clip.LogitBias;

        string[] prompts = [.. labels.SelectMany(label => templates.Select(template => template.Fill(label)))];
        float[][] embeddings = clip.EncodeTexts(prompts, cancellationToken: cancellationToken);
        _labelEmbeddings = [.. embeddings.Chunk(templates.Count).Select(MeanDirection)];
    }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>scale · cosine + bias for each label.</summary>
    /// <param name="imageEmbedding">The embedding of a picture, of any length.</param>
    public float[] Logits(ReadOnlySpan<float> imageEmbedding)
    {
        float[] logits = new float[_labelEmbeddings.Length];
        for (int i = 0; i < logits.Length; i++)
            logits[i] = _logitScale * Similarity.Cosine(imageEmbedding, _labelEmbeddings[i]) + _logitBias;
        return logits;
    }

    /// <summary>The probability of each label, if one of them is right: the softmax of <see cref="Logits"/>.</summary>
    /// <param name="imageEmbedding">The embedding of a picture.</param>
    public float[] Classify(ReadOnlySpan<float> imageEmbedding) => Similarity.Softmax(Logits(imageEmbedding));

    private static float[] MeanDirection(float[][] embeddings)
    {
        float[] mean = new float[embeddings[0].Length];
        foreach (float[] embedding in embeddings)
        {
            float norm = TensorPrimitives.Norm(embedding);
            if (norm > 0f)
                TensorPrimitives.MultiplyAdd(embedding, 1f / norm, mean, mean);
        }
        return mean; // its length does not matter: cosines are taken
    }
}
