using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class CrossValidationTests
{
    [Fact]
    public void Every_picture_is_judged_once_by_a_classifier_trained_without_it()
    {
        // A "training" that remembers its pictures by heart and answers class 0 where it knows a picture, 1 where it does not.
        LabelledEmbeddings pictures = Synthetic.Classes([6, 6], 4000, 10);
        LinearHead[] ByHeart(int[] rows)
        {
            float[] weights = new float[2 * 4000];
            foreach (int row in rows)
                for (int i = 0; i < 4000; i++)
                    // directions are nearly orthogonal: about 1 for a known picture, 0 for another
                    weights[i] += pictures.Direction(row)[i];
            return [new(weights, [0f, 0.5f])];
        }
        TrainedProbe probe = new CrossValidation(pictures, [7.0], ByHeart, new(), null, CancellationToken.None)
            .Run(ClassifierKind.LinearProbe);
        Assert.Equal(0.5, probe.Classifier.Validation!.Value.Accuracy);
        Assert.Equal(new Confusion("class 0", "class 1", 6, 6), Assert.Single(probe.Confusions));
        Assert.All(Enumerable.Range(0, 12), i =>
            Assert.Equal(
                0, Array.IndexOf(
                    probe.Classifier.Classify(pictures.Direction(i)), probe.Classifier.Classify(pictures.Direction(i)).Max())));
    }

    [Fact]
    public void The_most_accurate_setting_is_chosen_and_of_equal_ones_the_surest()
    {
        LabelledEmbeddings pictures = Synthetic.Classes([20, 20, 20], 8, 0.5);
        TrainedProbe probe = LinearProbe.Train(pictures, new() { Lambdas = [10, 1e-2, 1e-3] });
        Assert.Equal([10, 1e-2, 1e-3], probe.Settings.Select(setting => setting.Value));
        ValidatedSetting best = probe.Settings.OrderByDescending(setting => setting.Accuracy).ThenBy(setting => setting.LogLoss).First();
        Assert.Equal(best, probe.Classifier.Validation);
    }

    [Fact]
    public void Progress_reaches_the_end_and_cancellation_ends_it()
    {
        List<TrainingProgress> reports = [];
        LabelledEmbeddings pictures = Synthetic.Classes([5, 5], 4, 0.5);
        LinearProbe.Train(pictures, new() { Threads = 1 }, new Recorder(reports));
        Assert.Equal(Enumerable.Range(1, 6).Select(i => new TrainingProgress(i, 6)), reports);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => LinearProbe.Train(pictures, cancellationToken: cancelled.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => PrototypeClassifier.Train(pictures, cancellationToken: cancelled.Token));
    }

    private sealed class Recorder(List<TrainingProgress> reports) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reports.Add(value);
    }
}
