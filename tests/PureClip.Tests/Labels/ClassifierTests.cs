using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class ClassifierTests
{
    [Fact]
    public void Logits_are_linear_in_the_direction_whatever_the_length()
    {
        Classifier classifier = Synthetic.Classifier(3, 5);
        float[] x = Synthetic.Vector(new(2), 5), logits = classifier.Logits(x);
        double norm = Math.Sqrt(x.Sum(v => (double)v * v));
        for (int label = 0; label < 3; label++)
        {
            double expected = classifier.Head.Biases.Span[label];
            for (int i = 0; i < 5; i++)
                expected += classifier.Head[label][i] * (x[i] / norm);
            Assert.Equal(expected, logits[label], 1e-5);
        }
        float[] threefold = classifier.Logits([.. x.Select(v => 3 * v)]);
        Assert.All(logits.Zip(threefold), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void A_zero_vector_gets_the_biases() =>
        Assert.Equal(Synthetic.Classifier(3, 5).Head.Biases.ToArray(), Synthetic.Classifier(3, 5).Logits(new float[5]));

    [Fact]
    public void Probabilities_are_the_softmax_of_the_logits()
    {
        Classifier classifier = Synthetic.Classifier(4, 6);
        float[] x = Synthetic.Vector(new(3), 6);
        double[] powers = [.. classifier.Logits(x).Select(logit => Math.Exp(logit))];
        Assert.All(powers.Zip(classifier.Classify(x)), pair => Assert.Equal(pair.First / powers.Sum(), pair.Second, 1e-6));
    }

    [Fact]
    public void The_best_label_comes_with_its_name_and_the_others_behind_it()
    {
        Classifier axes = Synthetic.Axes(3, 3);
        LabelScore best = axes.Best([1f, 3f, 2f]);
        Assert.Equal((1, "axis 1", axes.Classify([1f, 3f, 2f])[1]), (best.Label, best.Name, best.Probability));
        Assert.True(double.IsNaN(best.ZScore) && double.IsNaN(best.PValue) && double.IsNaN(best.AdjustedPValue));
        Assert.Equal(["axis 1", "axis 2", "axis 0"], axes.Rank([1f, 3f, 2f]).Select(score => score.Name));
        Assert.Equal(["axis 1", "axis 0", "axis 2"], axes.Rank([0f, 1f, 0f]).Select(score => score.Name)); // equal ones in their order

        Classifier calibrated = axes.Calibrate([.. Enumerable.Range(0, 30).Select(i => Synthetic.Vector(new(i), 3))]);
        Assert.Equal(calibrated.Judge([1f, 3f, 2f])[1], calibrated.Best([1f, 3f, 2f]));
    }

    [Fact]
    public void Into_the_callers_memory_nothing_is_allocated()
    {
        Classifier classifier = Synthetic.Classifier(10, 32);
        float[] x = Synthetic.Vector(new(4), 32), probabilities = new float[10];
        NoAllocation.Assert(() => classifier.Classify(x, probabilities));
        Assert.Equal(classifier.Classify(x), probabilities);
    }

    [Fact]
    public void Threads_get_the_same_answers()
    {
        Classifier classifier = Synthetic.Classifier(10, 32)
            .Calibrate([.. Enumerable.Range(0, 50).Select(i => Synthetic.Vector(new(i), 32))]);
        float[][] pictures = [.. Enumerable.Range(100, 64).Select(i => Synthetic.Vector(new(i), 32))];
        LabelScore[][] alone = [.. pictures.Select(picture => classifier.Judge(picture))];
        LabelScore[][] together = new LabelScore[pictures.Length][];
        Parallel.For(0, pictures.Length, i => together[i] = classifier.Judge(pictures[i]));
        Assert.All(alone.Zip(together), pair => Assert.Equal(pair.First, pair.Second));
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        Classifier classifier = Synthetic.Classifier(3, 5);
        Assert.Contains("5 numbers, this one has 4", Assert.Throws<ArgumentException>(() => classifier.Logits(new float[4])).Message);
        Assert.Contains("3 labels", Assert.Throws<ArgumentException>(() => classifier.Classify(new float[5], new float[2])).Message);
    }

    [Fact]
    public void Models_with_a_bias_judge_each_label_by_a_sigmoid()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors["logit_bias"] = new(PureClip.Files.NumberType.F32, [], [-1.5f]);
        using Clip clip = model.Load();
        Assert.Equal(-1.5f, clip.LogitBias);
        Classifier classifier = ZeroShotClassifier.Create(clip, ["tree", "ship"]);
        float[] image = Synthetic.Vector(new(5), clip.EmbeddingWidth);

        Assert.True(classifier.IsSigmoid);
        Assert.All(classifier.Logits(image).Zip(classifier.ClassifyEach(image)), pair =>
            Assert.Equal(1 / (1 + Math.Exp(-pair.First)), pair.Second, 1e-6));
        Assert.Equal(clip.LogitScale * Similarity.Cosine(image, clip.EncodeText("ship")) - 1.5f, classifier.Logits(image)[1], 1e-4f);
    }

    [Fact]
    public void Others_need_a_calibration_to_judge_one_label()
    {
        Classifier classifier = Synthetic.Classifier(3, 5);
        Assert.Contains("Calibrate", Assert.Throws<InvalidOperationException>(() => classifier.ClassifyEach(new float[5])).Message);
        Assert.Contains("Calibrate", Assert.Throws<InvalidOperationException>(() => classifier.Judge(new float[5])).Message);
        Assert.Contains("at least 20", Assert.Throws<ArgumentException>(() => classifier.Calibrate([new float[5]])).Message);
    }

    [Fact]
    public void A_judgement_puts_together_probability_and_calibration()
    {
        Classifier classifier = Synthetic.Classifier(6, 16)
            .Calibrate([.. Enumerable.Range(0, 40).Select(i => Synthetic.Vector(new(i), 16))]);
        float[] x = Synthetic.Vector(new(77), 16), logits = classifier.Logits(x), probabilities = classifier.Classify(x);
        LabelScore[] scores = classifier.Judge(x);
        for (int label = 0; label < 6; label++)
        {
            Assert.Equal(label, scores[label].Label);
            Assert.Equal(probabilities[label], scores[label].Probability);
            Assert.Equal(classifier.Calibration!.ZScore(label, logits[label]), scores[label].ZScore);
            Assert.Equal(classifier.Calibration.PValue(label, logits[label]), scores[label].PValue);
        }
    }

    [Fact]
    public void The_answer_is_the_most_probable_label_that_stands_out_or_none()
    {
        Random random = new(9);
        Classifier classifier = Synthetic.Axes(3, 64).Calibrate([.. Enumerable.Range(0, 400).Select(_ => Synthetic.Vector(random, 64))]);
        float[] x = new float[64];
        (x[0], x[1]) = (2f, 3f);
        Assert.Equal("axis 1", classifier.Answer(x));
        x[1] = 1f;
        Assert.Equal("axis 0", classifier.Answer(x));
        x[0] = x[1] = 0f;
        x[40] = 1f;
        Assert.Null(classifier.Answer(x));
    }

    [Fact]
    public void Few_of_the_pictures_that_show_nothing_get_a_label()
    {
        // 20 dependent labels: random directions in 24 dimensions. Half of the pictures calibrate, the others are judged.
        Random random = new(10);
        Classifier classifier = Synthetic.Classifier(20, 24)
            .Calibrate([.. Enumerable.Range(0, 1000).Select(_ => Synthetic.Vector(random, 24))]);
        int answered = Enumerable.Range(0, 4000).Count(_ => classifier.Answer(Synthetic.Vector(random, 24), 0.05) is not null);
        // the last for the chance in the calibration itself
        Assert.InRange(answered / 4000.0, 0.01, 0.05 + 3 * Math.Sqrt(0.05 * 0.95 / 4000) + 0.01);
    }
}
