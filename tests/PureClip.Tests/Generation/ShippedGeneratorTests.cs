using PureClip.Generation;

namespace PureClip.Tests.Generation;

/// <summary>The weights that are shipped draw what they are told, in the space of the shipped model.</summary>
public sealed class ShippedGeneratorTests
{
    private const int MostBytes = 20_000_000;

    private static readonly string[] Prompts =
    [
        "a red apple", "a cat", "a house", "a tree", "a smiling face", "a yellow flower", "the moon", "a heart", "a fish", "a blue car",
    ];

    private static string Weights => Path.Combine(TestData.Weights("pictogram-draw"), "generator.safetensors");

    [Fact]
    public void Most_drawings_are_nearest_to_what_was_asked_for()
    {
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"));
        using PictureGenerator generator = PictureGenerator.Load(Weights, clip);
        float[][] texts = clip.EncodeTexts(Prompts);
        int right = Enumerable.Range(0, Prompts.Length).Count(i =>
        {
            float[] drawn = clip.EncodeImage(generator.Draw(DrawingPrompt.FromText(Prompts[i]))[0].OnWhite());
            float[] scores = [.. texts.Select(text => Similarity.Cosine(drawn, text))];
            return scores[i] == scores.Max();
        });
        // By chance it is one of the ten.
        Assert.InRange(right, 7, Prompts.Length);
        Assert.Contains("noto", generator.Styles);
        Assert.InRange(new FileInfo(Weights).Length, 1, MostBytes);
    }

    [Fact]
    public void A_picture_is_drawn_after_its_vector()
    {
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"));
        using PictureGenerator generator = PictureGenerator.Load(Weights, clip);
        string[] names = ["cat", "birthday-cake", "crown"];
        float[][] pictures = [.. names.Select(name => clip.EncodeImage(TestData.PathOf($"gallery/{name}.png")))];
        for (int i = 0; i < names.Length; i++)
        {
            DrawnPicture drawn = generator.Draw(DrawingPrompt.FromPicture(TestData.PathOf($"gallery/{names[i]}.png")))[0];
            float[] vector = clip.EncodeImage(drawn.OnWhite());
            float[] scores = [.. pictures.Select(other => Similarity.Cosine(vector, other))];
            Assert.Equal(i, Array.IndexOf(scores, scores.Max()));
        }
    }
}
