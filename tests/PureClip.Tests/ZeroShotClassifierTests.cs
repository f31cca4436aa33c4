namespace PureClip.Tests;

public class ZeroShotClassifierTests
{
    [Fact]
    public void The_right_label_is_the_most_probable_and_probabilities_sum_to_one()
    {
        using Clip clip = ShippedModel.Load();
        ZeroShotClassifier classifier = new(clip, ["guitar", "birthday cake", "rocket"]);
        float[] probabilities = classifier.Classify(clip.EncodeImage(ShippedModel.Picture("rocket.png")));
        Assert.Equal(2, Array.IndexOf(probabilities, probabilities.Max()));
        Assert.Equal(1, probabilities.Sum(), 1e-6);
    }

    [Fact]
    public void Logits_are_scale_times_cosine()
    {
        using Clip clip = ShippedModel.Load();
        float[] image = clip.EncodeImage(ShippedModel.Picture("house.png"));
        float logit = new ZeroShotClassifier(clip, ["house"]).Logits(image)[0];
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
        float logit = new ZeroShotClassifier(clip, ["house"], [new("a {}"), new("drawing of {}")]).Logits(image)[0];
        Assert.Equal(clip.LogitScale * Similarity.Cosine(image, mean), logit, 1e-4);
    }

    [Fact]
    public void Missing_or_empty_labels_are_refused()
    {
        using Clip clip = ShippedModel.Load();
        Assert.Throws<ArgumentException>(() => new ZeroShotClassifier(clip, []));
        Assert.Throws<ArgumentException>(() => new ZeroShotClassifier(clip, ["hat", " "]));
    }

    [Theory]
    [InlineData("no place")]
    [InlineData("{} and {}")]
    public void A_template_has_exactly_one_place(string text) => Assert.Contains("exactly one {}", Assert.Throws<ArgumentException>(() => new PromptTemplate(text)).Message);
}
