using PureClip.Evaluation;
using PureClip.Labels;
using PureClip.Tests.Labels;

namespace PureClip.Tests.Evaluation;

public sealed class EvaluationTests
{
    [Fact]
    public void Logits_that_are_too_large_are_divided_by_what_they_were_multiplied_with()
    {
        // Answers drawn with the probabilities that logits say; then the logits are made three times as large.
        const double Times = 3;
        Random random = new(5);
        float[][] logits = new float[4000][];
        int[] classes = new int[logits.Length];
        for (int i = 0; i < logits.Length; i++)
        {
            float[] fair = [.. Enumerable.Range(0, 4).Select(_ => (float)Synthetic.Normal(random) * 2)];
            double[] weights = [.. fair.Select(logit => Math.Exp(logit))];
            double drawn = random.NextDouble() * weights.Sum();
            while (drawn > weights[classes[i]] && classes[i] < 3)
                drawn -= weights[classes[i]++];
            logits[i] = [.. fair.Select(logit => (float)(logit * Times))];
        }
        CalibrationReport report = CalibrationReport.Of(logits, classes, isSigmoid: false);
        Assert.Equal(Times, report.Temperature!.Value, 0.2); // two thousand answers tell it to a few percent
        Assert.True(report.Error > 3 * report.ErrorAtTemperature, $"{report}");
    }

    [Fact]
    public void Five_answers_are_counted_where_there_are_more_than_five()
    {
        Classifier classifier = Synthetic.Axes(7, 7);
        float[] embedding = [0.7f, 0.6f, 0.5f, 0.4f, 0.3f, 0.2f, 0.1f];
        ClassificationReport report = Classification.Measure(classifier, [embedding, embedding, embedding], [0, 4, 5]);
        Assert.Equal((1.0 / 3, 2.0 / 3, 1.0 / 3), (report.Top1.Value, report.Top5!.Value.Value, report.MeanPerClassRecall.Value));
        Assert.Equal(["axis 4", "axis 5"], report.Confusions.Select(confusion => confusion.Label));
        Assert.Null(report.Calibration.Temperature);
    }

    [Fact]
    public void A_few_pictures_do_as_a_plain_loop_says()
    {
        LabelledEmbeddings pictures = Synthetic.Classes([6, 9, 7], 8, 0.6);
        FewShotReport one = FewShot.Measure(pictures, 1), four = FewShot.Measure(pictures, 4);
        Assert.True(one.Top1.Value < four.Top1.Value, $"{one} {four}");
        Assert.Equal(one, FewShot.Measure(pictures, 1));
        Assert.NotEqual(one, FewShot.Measure(pictures, 1, seed: 1));
        Assert.InRange(four.Top1.Low, 0, four.Top1.Value);
    }

    [Fact]
    public void Names_alone_are_a_zero_shot_classifier()
    {
        LabelledEmbeddings pictures = Synthetic.Classes([4, 4, 4], 8, 0.6);
        float[][] axes = [.. Enumerable.Range(0, 3).Select(label => Enumerable.Range(0, 8).Select(i => i == label ? 1f : 0f).ToArray())];
        Classifier names = new(ClassifierKind.ZeroShot, Synthetic.Space(8), pictures.Labels, LinearHead.OfDirections(axes, 1, 0));
        // All of the answer is the names': whichever pictures are drawn, those left are judged alike.
        FewShotReport report = FewShot.Measure(pictures, 1, names, nameShare: 1f, draws: 500);
        int right = Enumerable.Range(0, pictures.Count).Count(i =>
            names.Best(pictures.Direction(i)).Label == pictures.ClassOf(i));
        Assert.Equal((double)right / pictures.Count, report.Top1.Value, 0.03); // 500 draws of nine of twelve
    }

    [Fact]
    public void What_does_not_belong_together_is_refused()
    {
        Classifier classifier = Synthetic.Axes(3, 4);
        float[] vector = [1, 0, 0, 0];
        Assert.Throws<ArgumentException>("classes", () => Classification.Measure(classifier, [vector], []));
        Assert.Throws<ArgumentException>("classes", () => Classification.Measure(classifier, [], []));
        Assert.Throws<ArgumentException>("classes", () => Classification.Measure(classifier, [vector], [3]));
        Assert.Throws<ArgumentException>("classes", () => Classification.Measure(classifier, [vector], [-1]));
        Assert.Throws<ArgumentException>("pictureOfText", () => Retrieval.Measure([vector], [vector], [1]));
        Assert.Throws<ArgumentException>("pictureOfText", () => Retrieval.Measure([vector, vector], [vector], [0]));
        Assert.Throws<ArgumentException>("pictureOfText", () => Retrieval.Measure([vector], [], []));
        Assert.Throws<ArgumentException>("texts", () => Retrieval.Measure([vector], [[1, 0]], [0]));
        Assert.Throws<ArgumentException>("texts", () => Retrieval.Measure([vector], [[0, 0, 0, 0]], [0]));
        LabelledEmbeddings pictures = Synthetic.Classes([2, 3], 8, 0.6);
        Assert.Throws<ArgumentException>("shots", () => FewShot.Measure(pictures, 2));
        Assert.Throws<ArgumentException>("names", () => FewShot.Measure(pictures, 1, Synthetic.Axes(2, 8)));
    }

    [Fact]
    public void Published_templates_have_their_numbers()
    {
        Assert.Equal(80, PublishedTemplates.Of("openai-imagenet-80").Count);
        Assert.Equal(7, PublishedTemplates.Of("OpenAI-ImageNet-7").Count);
        Assert.Equal(
            (34, 48, 1), (PublishedTemplates.Of("openai-caltech101").Count, PublishedTemplates.Of("openai-ucf101").Count,
                PublishedTemplates.Of("openai-oxfordpets").Count));
        Assert.Contains("openai-imagenet-80", Assert.Throws<ArgumentException>(() => PublishedTemplates.Of("imagenet")).Message);
    }

    [Fact]
    public void A_cancelled_measurement_ends() =>
        Assert.Throws<OperationCanceledException>(() => Retrieval.Measure([[1f]], [[1f]], [0], 1, new CancellationToken(true)));
}
