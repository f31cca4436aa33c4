using System.Numerics.Tensors;

namespace PureClip.Evaluation;

/// <summary>How often what belongs together is found, one way.</summary>
/// <param name="Queries">How many asked.</param>
/// <param name="At1">Share that found an answer first.</param>
/// <param name="At5">Among the first five.</param>
/// <param name="At10">Among the first ten.</param>
/// <param name="MeanRank">Mean place of the first right answer, from 1.</param>
/// <param name="MedianRank">Its median, rounded down.</param>
public sealed record Recall(int Queries, Estimate At1, Estimate At5, Estimate At10, double MeanRank, double MedianRank);

/// <summary>How captions find their pictures, and pictures one of their captions.</summary>
/// <param name="TextToPicture">
/// Over all texts: <c>image_retrieval_recall</c> of CLIP_benchmark, <c>text_to_image</c> of open_clip's training.
/// </param>
/// <param name="PictureToText">Over all pictures, any of whose texts counts: <c>text_retrieval_recall</c>, <c>image_to_text</c>.</param>
public sealed record RetrievalReport(Recall TextToPicture, Recall PictureToText);

/// <summary>Measures retrieval both ways.</summary>
/// <remarks>
/// LAION-AI/CLIP_benchmark, zeroshot_retrieval.py; ranks as in open_clip_train/metrics.py: what scores higher stands before, and of equal
/// ones the earlier. Confidence intervals are a bootstrap over pictures, with their captions.
/// </remarks>
public static class Retrieval
{
    /// <summary>Measures it.</summary>
    /// <param name="pictures">[pictures][width], of any length but zero.</param>
    /// <param name="texts">[texts][width], of any length but zero.</param>
    /// <param name="pictureOfText">[texts], places among the pictures; a picture may have several texts, and has one at least.</param>
    /// <param name="threads">Texts that are compared at once; the result does not depend on it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">Numbers or widths do not belong together, or a picture has no text.</exception>
    public static RetrievalReport Measure(
        IReadOnlyList<float[]> pictures, IReadOnlyList<float[]> texts, IReadOnlyList<int> pictureOfText, int threads = 1,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(texts);
        float[][] left = Directions(pictures, "pictures"), right = Directions(texts, "texts");
        if (left.Length > 0 && right.FirstOrDefault(text => text.Length != left[0].Length) is float[] other)
            throw new ArgumentException(
                $"Pictures have {left[0].Length} numbers and a text {other.Length}. Are they of one model?", nameof(texts));
        return Measure(left.Length, right.Length, pictureOfText, (picture, text) => TensorPrimitives.Dot<float>(left[picture], right[text]),
            threads, cancellationToken);
    }

    /// <summary>The same of scores that are there.</summary>
    /// <param name="pictures">How many pictures.</param>
    /// <param name="texts">How many texts.</param>
    /// <param name="pictureOfText">[texts]</param>
    /// <param name="score">How well a picture and a text go together.</param>
    /// <param name="threads">Queries at once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static RetrievalReport Measure(int pictures, int texts, IReadOnlyList<int> pictureOfText, Func<int, int, float> score,
        int threads, CancellationToken cancellationToken)
    {
        ILookup<int, int> textsOf = TextsOf(pictures, texts, pictureOfText);
        int[] ofTexts = new int[texts], ofPictures = new int[pictures];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.For(0, texts, parallel, text => ofTexts[text] = Classification.RankOf(
            pictureOfText[text], [.. Enumerable.Range(0, pictures).Select(picture => score(picture, text))]));
        Parallel.For(0, pictures, parallel, picture =>
        {
            float[] scores = [.. Enumerable.Range(0, texts).Select(text => score(picture, text))];
            ofPictures[picture] = textsOf[picture].Min(text => Classification.RankOf(text, scores));
        });
        int[][] byPicture = [.. Enumerable.Range(0, pictures).Select(picture => textsOf[picture].Select(text => ofTexts[text]).ToArray())];
        return new(Of(byPicture), Of([.. ofPictures.Select(static rank => new[] { rank })]));
    }

    private static Recall Of(int[][] ranks)
    {
        int[] all = [.. ranks.SelectMany(static group => group).Order()];
        Estimate At(int k) => Estimate.OfGroups(
            [.. ranks.Select(group => ((double)group.Count(rank => rank < k), (double)group.Length))]);
        double median = (all[(all.Length - 1) / 2] + all[all.Length / 2]) / 2.0;
        return new(all.Length, At(1), At(5), At(10), all.Average() + 1, Math.Floor(median) + 1);
    }

    private static ILookup<int, int> TextsOf(int pictures, int texts, IReadOnlyList<int> pictureOfText)
    {
        ArgumentNullException.ThrowIfNull(pictureOfText);
        if (texts == 0 || texts != pictureOfText.Count)
            throw new ArgumentException($"{texts} texts came with {pictureOfText.Count} places of their pictures; each needs one, and "
                + "there has to be one.", nameof(pictureOfText));
        foreach (int picture in pictureOfText)
            if ((uint)picture >= (uint)pictures)
                throw new ArgumentException(
                    $"A text is of picture {picture}; there are {pictures}, counted from 0.", nameof(pictureOfText));
        ILookup<int, int> textsOf = Enumerable.Range(0, texts).ToLookup(text => pictureOfText[text]);
        int alone = Enumerable.Range(0, pictures).FirstOrDefault(picture => !textsOf.Contains(picture), -1);
        return alone < 0
            ? textsOf
            : throw new ArgumentException($"Picture {alone} has no text; each has one at least.", nameof(pictureOfText));
    }

    private static float[][] Directions(IReadOnlyList<float[]> vectors, string what) => [.. vectors.Select((vector, i) =>
    {
        float norm = TensorPrimitives.Norm<float>(vector);
        if (!(norm > 0f) || !float.IsFinite(norm) || vector.Length != vectors[0].Length)
            throw new ArgumentException($"Vector {i} of the {what} has {vector.Length} numbers and the length {norm}; all need as many as "
                + "the first, and a finite length above 0.", what);
        float[] direction = new float[vector.Length];
        TensorPrimitives.Divide(vector, norm, direction);
        return direction;
    })];
}
