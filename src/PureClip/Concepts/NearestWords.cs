using System.Numerics.Tensors;

namespace PureClip.Concepts;

/// <summary>A word and how near it lies.</summary>
/// <param name="Word">The word.</param>
/// <param name="Index">Its place in <see cref="WordTable.Words"/>.</param>
/// <param name="Score">Cosine with the word's embedding after the mean over all words was taken from it, -1 to 1.</param>
public readonly record struct WordScore(string Word, int Index, float Score);

/// <summary>Names for directions: the words of a table that lie nearest. Thread-safe.</summary>
/// <param name="table">The words.</param>
/// <example>
/// <code>
/// NearestWords words = new(WordTable.Create(clip, ["hat", "glasses", "beard"]));
/// Console.WriteLine(words.Of(hat, top: 1)[0].Word);
/// </code>
/// </example>
public sealed class NearestWords(WordTable table)
{
    /// <summary>The words.</summary>
    public WordTable Table { get; } = table ?? throw new ArgumentNullException(nameof(table));

    /// <summary>The words nearest to a concept, best first.</summary>
    /// <param name="concept">A concept of the table's model.</param>
    /// <param name="top">Most words.</param>
    /// <exception cref="InvalidDataException">The concept was made with another model.</exception>
    public WordScore[] Of(ConceptVector concept, int top = 10)
    {
        ArgumentNullException.ThrowIfNull(concept);
        concept.RequireSpace(Table.Space);
        return Of(concept.Vector.Span, top);
    }

    /// <summary>
    /// The words nearest to a direction, best first; of equal scores, the earlier word. A difference of pictures can be given as it is, for
    /// what separates pictures from texts cancels out in it. From a single picture, or a mean of some, first take the mean over many
    /// pictures.
    /// </summary>
    /// <param name="direction">[width], of any length.</param>
    /// <param name="top">Most words.</param>
    public WordScore[] Of(ReadOnlySpan<float> direction, int top = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        float[] scores = Scores(direction);
        PriorityQueue<int, (float Score, int Later)> best = new(Math.Min(top, scores.Length) + 1);
        for (int i = 0; i < scores.Length; i++)
        {
            if (best.Count < top)
                best.Enqueue(i, (scores[i], -i));
            else
                best.EnqueueDequeue(i, (scores[i], -i));
        }
        WordScore[] result = new WordScore[best.Count];
        for (int i = result.Length - 1; i >= 0; i--)
        {
            int index = best.Dequeue();
            result[i] = new(Table.Words[index], index, scores[index]);
        }
        return result;
    }

    /// <summary>The cosine of a direction with every word of the table.</summary>
    /// <param name="direction">[width], of any length; zero has cosines of 0.</param>
    /// <returns>[words]</returns>
    public float[] Scores(ReadOnlySpan<float> direction)
    {
        float[] scores = new float[Table.Words.Count];
        Scores(direction, scores);
        return scores;
    }

    /// <summary>As <see cref="Scores(ReadOnlySpan{float})"/>, into the caller's memory.</summary>
    internal void Scores(ReadOnlySpan<float> direction, Span<float> scores)
    {
        if (direction.Length != Table.Width)
            throw new ArgumentException($"The direction has {direction.Length} numbers, the words have {Table.Width}. Do they come from "
                + "one model?", nameof(direction));
        float norm = TensorPrimitives.Norm(direction);
        float scale = norm > 0f ? 1f / norm : 0f;
        for (int i = 0; i < scores.Length; i++)
            scores[i] = Math.Clamp(TensorPrimitives.Dot(direction, Table[i]) * scale, -1f, 1f);
    }
}
