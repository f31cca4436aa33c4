using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class LinearProbeTests
{
    [Fact]
    public void The_cross_validated_accuracy_holds_for_new_pictures()
    {
        // The same centres, other pictures: the first 40 of each class train, the other 200 test.
        LabelledEmbeddings all = Synthetic.Classes([240, 240, 240], 16, 1.5);
        int[] learnt = [.. Enumerable.Range(0, all.Count).Where(i => i % 240 < 40)],
            other = [.. Enumerable.Range(0, all.Count).Except(learnt)];
        TrainedProbe probe = LinearProbe.Train(
            new(all.Space, all.Labels, [.. learnt.Select(all.Direction)], [.. learnt.Select(all.ClassOf)]));

        int right = other.Count(i => probe.Classifier.Best(all.Direction(i)).Name == all.Labels[all.ClassOf(i)]);
        double accuracy = right / (double)other.Length;
        ValidatedSetting expected = probe.Classifier.Validation!.Value;
        Assert.InRange(expected.Accuracy, 0.6, 0.99); // neither trivial nor hopeless
        Assert.InRange(accuracy, expected.Accuracy - 3 * expected.StandardError, expected.Accuracy + 3 * expected.StandardError);
    }

    [Fact]
    public void The_same_input_gives_the_same_bits_on_any_number_of_threads()
    {
        LabelledEmbeddings pictures = Synthetic.Classes([9, 7, 5], 8, 1);
        TrainedProbe one = LinearProbe.Train(pictures, new() { Threads = 1 }), four = LinearProbe.Train(pictures, new() { Threads = 4 });
        Assert.Equal(one.Settings, four.Settings);
        Assert.Equal(one.Classifier.Head.Weights.ToArray(), four.Classifier.Head.Weights.ToArray());
    }

    [Fact]
    public void All_right_is_not_certainly_right()
    {
        TrainedProbe probe = LinearProbe.Train(Synthetic.Classes([5, 5], 16, 0.01));
        Assert.Equal(1, probe.Classifier.Validation!.Value.Accuracy);
        Assert.Equal(Math.Sqrt(12.0 / 14 * 2 / 14 / 14), probe.Classifier.Validation.Value.StandardError, 1e-12);
        Assert.Empty(probe.Confusions);
    }

    [Fact]
    public void Two_pictures_a_class_are_enough()
    {
        TrainedProbe probe = LinearProbe.Train(Synthetic.Classes([2, 2, 2], 16, 0.1));
        Assert.Equal((2, 1.0), (probe.Folds, probe.Classifier.Validation!.Value.Accuracy));
    }

    public static TheoryData<ProbeOptions> BadOptions =>
    [
        new() { Folds = 1 }, new() { Threads = 0 }, new() { Lambdas = [] }, new() { Lambdas = [0] }, new() { Scales = [double.NaN] },
        new() { NameShare = 1.5f }, new() { NameShare = 0.5f },
    ];

    [Theory, MemberData(nameof(BadOptions))]
    public void Options_out_of_range_are_refused(ProbeOptions options) =>
        Assert.Contains(
            "it must be", Assert.Throws<ArgumentException>(() => LinearProbe.Train(Synthetic.Classes([2, 2], 4, 1), options)).Message);
}
