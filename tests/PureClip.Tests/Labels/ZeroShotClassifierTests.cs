using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class ZeroShotClassifierTests
{
    [Fact]
    public void The_right_label_is_the_most_probable_and_probabilities_sum_to_one()
    {
        using Clip clip = ShippedModel.Load();
        Classifier classifier = ZeroShotClassifier.Create(clip, ["guitar", "birthday cake", "rocket"]);
        float[] probabilities = classifier.Classify(clip.EncodeImage(ShippedModel.Picture("rocket.png")));
        Assert.Equal(2, Array.IndexOf(probabilities, probabilities.Max()));
        Assert.Equal(1, probabilities.Sum(), 1e-6);
    }

    [Fact]
    public void Logits_are_scale_times_cosine()
    {
        using Clip clip = ShippedModel.Load();
        float[] image = clip.EncodeImage(ShippedModel.Picture("house.png"));
        float logit = ZeroShotClassifier.Create(clip, ["house"]).Logits(image)[0];
        Assert.Equal(clip.LogitScale * Similarity.Cosine(image, clip.EncodeText("house")), logit, 1e-4);
        Assert.Equal(logit, Similarity.Logit(clip, image, clip.EncodeText("house")), 1e-4);
    }

    [Fact]
    public void Several_templates_average_the_directions_of_their_prompts()
    {
        using Clip clip = ShippedModel.Load();
        float[] image = clip.EncodeImage(ShippedModel.Picture("house.png"));
        float[] a = clip.EncodeText("a house"), b = clip.EncodeText("drawing of house");
        float[] mean = [.. a.Zip(b, (x, y) => (x + y) / 2)];
        float logit = ZeroShotClassifier.Create(clip, ["house"], [new("a {}"), new("drawing of {}")]).Logits(image)[0];
        Assert.Equal(clip.LogitScale * Similarity.Cosine(image, mean), logit, 1e-4);
    }

    [Fact]
    public void Missing_or_empty_labels_are_refused()
    {
        using Clip clip = ShippedModel.Load();
        Assert.Throws<ArgumentException>(() => ZeroShotClassifier.Create(clip, []));
        Assert.Throws<ArgumentException>(() => ZeroShotClassifier.Create(clip, ["hat", " "]));
    }

    [Fact]
    public void A_classifier_says_what_it_was_made_of()
    {
        using Clip clip = ShippedModel.Load();
        Classifier classifier = ZeroShotClassifier.Create(clip, ["hat", "cat"], [new("a {}"), new("{}!")]);
        Assert.Equal(
            (ClassifierKind.ZeroShot, clip.Space with { PictureRules = null }, clip.EmbeddingWidth, false),
            (classifier.Kind, classifier.Space, classifier.EmbeddingWidth, classifier.IsSigmoid));
        Assert.Equal(["hat", "cat"], classifier.Labels);
        Assert.Equal(["a {}", "{}!"], classifier.Templates);
    }

    [Theory]
    [InlineData("no place")]
    [InlineData("{} and {}")]
    public void A_template_has_exactly_one_place(string text) =>
        Assert.Contains("exactly one {}", Assert.Throws<ArgumentException>(() => new PromptTemplate(text)).Message);
}
