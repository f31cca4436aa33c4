using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class PrototypeClassifierTests
{
    [Fact]
    public void A_prototype_is_the_mean_direction_of_its_class()
    {
        LabelledEmbeddings pictures = new(Synthetic.Space(3), ["x", "y"], [[1, 0, 0], [0, 5, 0], [0, 0, 1], [0, 0, 3]], [0, 0, 1, 1]);
        Classifier classifier = PrototypeClassifier.Train(pictures, new() { Scales = [10] }).Classifier;
        float half = MathF.Sqrt(0.5f);
        Assert.All(new[] { 10 * half, 10 * half, 0, 0, 0, 10 }.Zip(classifier.Head.Weights.ToArray()), pair =>
            Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.Equal([0f, 0f], classifier.Head.Biases.ToArray());
        Assert.Equal(ClassifierKind.Prototypes, classifier.Kind);
    }

    [Fact]
    public void Names_are_blended_by_their_share()
    {
        LabelledEmbeddings pictures = new(
            Synthetic.Space(3), ["axis 0", "axis 1"], [[0, 0, 1], [0, 0, 1], [1, 0, 1], [1, 0, 1]], [0, 0, 1, 1]);
        ProbeOptions options = new() { Scales = [1], Names = Synthetic.Axes(2, 3), NameShare = 0.25f };
        Classifier classifier = PrototypeClassifier.Train(pictures, options).Classifier;
        double length = Math.Sqrt(0.25 * 0.25 + 0.75 * 0.75);
        Assert.Equal(0.25 / length, classifier.Head[0][0], 1e-6);
        Assert.Equal(0.75 / length, classifier.Head[0][2], 1e-6);
    }

    [Fact]
    public void With_few_pictures_it_is_not_worse_than_logistic_regression()
    {
        LabelledEmbeddings few = Synthetic.Classes([3, 3, 3, 3, 3, 3], 64, 1.5);
        Assert.InRange(
            PrototypeClassifier.Train(few).Classifier.Validation!.Value.Accuracy,
            LinearProbe.Train(few).Classifier.Validation!.Value.Accuracy - 0.06, 1);
    }
}
