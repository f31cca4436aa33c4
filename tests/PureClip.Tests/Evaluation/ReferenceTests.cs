using System.Text.Json;
using PureClip.Evaluation;
using PureClip.Labels;
using PureClip.Tests.Labels;

namespace PureClip.Tests.Evaluation;

/// <summary>Figures that CLIP_benchmark and open_clip give for the same vectors, several captions a picture and ties included.</summary>
public sealed class ReferenceTests
{
    // Shares of counts: only the last bits of a division may differ.
    private const double OfCounts = 1e-12;

    // Probabilities are computed from vectors of float: some 1e-7 each.
    private const double OfProbabilities = 1e-6;

    private static readonly JsonElement Reference =
        JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("evaluation/reference.json"))).RootElement;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Retrieval_with_several_captions(int threads)
    {
        JsonElement truth = Reference.GetProperty("retrieval");
        int[] pictureOfText = [.. truth.GetProperty("picture_of_text").EnumerateArray().Select(place => place.GetInt32())];
        RetrievalReport report = Retrieval.Measure(
            Vectors(truth.GetProperty("pictures")), Vectors(truth.GetProperty("texts")), pictureOfText, threads);
        AssertRecalls(truth.GetProperty("image_retrieval_recall (text to picture)"), "", report.TextToPicture);
        AssertRecalls(truth.GetProperty("text_retrieval_recall (picture to text, any caption)"), "", report.PictureToText);
        // What a likely mistake would give: the share of a picture's captions that are found, not whether one is.
        Assert.NotEqual(truth.GetProperty("not_this: fraction of captions").GetProperty("1").GetDouble(), report.PictureToText.At1.Value);
    }

    [Fact]
    public void Pairs_with_ties()
    {
        JsonElement truth = Reference.GetProperty("paired_with_ties");
        float[][] scores = Vectors(truth.GetProperty("scores (picture row, text column)"));
        RetrievalReport report = Retrieval.Measure(
            scores.Length, scores.Length, [.. Enumerable.Range(0, scores.Length)], (picture, text) => scores[picture][text], 1, default);
        foreach ((string way, Recall recall) in new[] { ("text_to_image", report.TextToPicture), ("image_to_text", report.PictureToText) })
        {
            AssertRecalls(truth.GetProperty(way), "R@", recall);
            Assert.Equal(truth.GetProperty(way).GetProperty("mean_rank").GetDouble(), recall.MeanRank, OfCounts);
            Assert.Equal(truth.GetProperty(way).GetProperty("median_rank").GetDouble(), recall.MedianRank);
        }
    }

    [Fact]
    public void Classes_of_several_templates_and_how_sure_answers_are()
    {
        JsonElement truth = Reference.GetProperty("zero_shot");
        float[][] directions = [.. truth.GetProperty("template_vectors [class][template]").EnumerateArray()
            .Select(templates => MeanDirection.Of(Vectors(templates)))];
        const float Scale = 5f;
        LinearHead head = LinearHead.OfDirections(directions, Scale, bias: 0f);
        Classifier classifier = new(ClassifierKind.ZeroShot, Synthetic.Space(head.Width), ["a", "b", "c", "d", "e"], head);
        float[][] expected = Vectors(truth.GetProperty("class_vectors"));
        for (int label = 0; label < expected.Length; label++)
            for (int i = 0; i < head.Width; i++)
                Assert.Equal(expected[label][i], head[label][i] / Scale, 1e-6f); // normalised in float, a few roundings of 6e-8
        int[] labels = [.. truth.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32())];
        ClassificationReport report = Classification.Measure(classifier, Vectors(truth.GetProperty("pictures")), labels);

        Assert.Equal(truth.GetProperty("top1").GetDouble(), report.Top1.Value, OfCounts);
        Assert.Equal(truth.GetProperty("mean_per_class_recall").GetDouble(), report.MeanPerClassRecall.Value, OfCounts);
        Assert.Equal(truth.GetProperty("wilson_95")[0].GetDouble(), report.Top1.Low, OfCounts);
        Assert.Equal(truth.GetProperty("wilson_95")[1].GetDouble(), report.Top1.High, OfCounts);
        Assert.Equal(truth.GetProperty("ece_15_bins_at_scale_5").GetDouble(), report.Calibration.Error, OfProbabilities);
        Assert.Null(report.Top5);
        Assert.Equal(53 - report.Top1.Value * 53, report.Confusions.Sum(confusion => confusion.Count), OfCounts * 53);
    }

    private static void AssertRecalls(JsonElement truth, string prefix, Recall recall)
    {
        foreach ((int k, Estimate estimate) in new[] { (1, recall.At1), (5, recall.At5), (10, recall.At10) })
            Assert.Equal(truth.GetProperty($"{prefix}{k}").GetDouble(), estimate.Value, OfCounts);
    }

    private static float[][] Vectors(JsonElement rows) =>
        [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(number => number.GetSingle()).ToArray())];
}
