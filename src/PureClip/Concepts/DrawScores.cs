using System.Numerics.Tensors;

namespace PureClip.Concepts;

/// <summary>The scores of all words for several directions at once, so that a table of many words passes through the caches once for all of them.</summary>
/// <param name="table">The words.</param>
/// <param name="standardise">Whether the scores of a direction become standard scores: their mean over all words is 0, their variance 1.</param>
internal sealed class DrawScores(WordTable table, bool standardise)
{
    /// <summary>Directions at once: 16 of 512 numbers are 32 KiB and stay in the first-level cache.</summary>
    public const int PerBlock = 16;

    /// <summary>Computes scores: dot products, since the length of a mean of differences tells how well they agree.</summary>
    /// <param name="directions">[count, width]</param>
    /// <param name="count">Directions.</param>
    /// <param name="scores">[count, words]</param>
    public void Compute(ReadOnlySpan<float> directions, int count, Span<float> scores)
    {
        int words = table.Words.Count;
        for (int word = 0; word < words; word++)
            for (int i = 0; i < count; i++)
                scores[i * words + word] = TensorPrimitives.Dot(directions.Slice(i * table.Width, table.Width), table[word]);
        for (int i = 0; standardise && i < count; i++)
            Standardise(scores.Slice(i * words, words));
    }

    private static void Standardise(Span<float> scores)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Sum<float>(scores) / scores.Length, scores);
        float deviation = TensorPrimitives.Norm(scores) / MathF.Sqrt(scores.Length);
        if (deviation > 0f)
            TensorPrimitives.Divide(scores, deviation, scores);
    }
}
