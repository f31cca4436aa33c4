using System.Text.Json;
using PureClip.Simd;

namespace PureClip.Tests;

/// <summary>
/// The shipped model against the reference implementation. A better model replaces its files and <c>tests/data/shipped-model.json</c>,
/// nothing here.
/// </summary>
public class ShippedModelTests
{
    private static readonly Tolerance Parity = Tolerance.Absolute(
        2e-6, "two single-precision implementations; the reference is printed to 8 decimals");

    public static TheoryData<string> AllTiers => [.. SimdTier.All.Where(t => t.IsSupported).Select(t => t.Name)];

    [Theory, MemberData(nameof(AllTiers))]
    public void Embeddings_equal_the_reference(string tier)
    {
        using Clip clip = Clip.Load(ShippedModel.Path, new()
        {
            Vectors = Enum.Parse<VectorWidth>(tier, ignoreCase: true),
            Truncation = Truncation.KeepEnd
        }); // one text is too long on purpose
        Assert.Equal(ShippedModel.Reference.GetProperty("dim").GetInt32(), clip.EmbeddingWidth);
        Assert.Equal(Math.Exp(ShippedModel.Reference.GetProperty("logit_scale").GetDouble()), clip.LogitScale, 1e-5);
        foreach (JsonElement text in ShippedModel.Reference.GetProperty("texts").EnumerateArray())
        {
            string words = text.GetProperty("text").GetString()!;
            Assert.Equal(
                [.. text.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32())], clip.Tokenizer!.Encode(words).Ids.ToArray());
            TensorAssert.Equal(ShippedModel.Numbers(text.GetProperty("embedding")), clip.EncodeText(words), Parity, words);
        }
        foreach (JsonElement image in ShippedModel.Reference.GetProperty("images").EnumerateArray())
        {
            string file = image.GetProperty("file").GetString()!;
            TensorAssert.Equal(
                ShippedModel.Numbers(image.GetProperty("embedding")), clip.EncodeImage(ShippedModel.Picture(file)), Parity, file);
        }
    }

    [Fact]
    public void Captions_find_their_pictures_as_often_as_the_model_card_says()
    {
        using Clip clip = ShippedModel.Load();
        JsonElement expected = ShippedModel.Reference.GetProperty("gallery");
        string[] captions = [.. ShippedModel.Gallery.Select(path => Path.GetFileNameWithoutExtension(path).Replace('-', ' '))];
        float[][] texts = clip.EncodeTexts(captions);
        float[][] images = clip.EncodeImages([.. ShippedModel.Gallery.Select(path => (ImageSource)path)]);
        double tolerance = expected.GetProperty("tolerance_points").GetDouble();
        Assert.Equal(expected.GetProperty("text_to_image_percent").GetDouble(), FirstHits(texts, images), tolerance);
        Assert.Equal(expected.GetProperty("image_to_text_percent").GetDouble(), FirstHits(images, texts), tolerance);
        foreach (JsonElement search in expected.GetProperty("searches").EnumerateArray())
        {
            float[] query = clip.EncodeText(search.GetString()!);
            int best = Enumerable.Range(0, images.Length).MaxBy(i => Similarity.Cosine(query, images[i]));
            Assert.Equal(search.GetString(), captions[best]);
        }
    }

    /// <summary>Percent of the queries whose nearest candidate is the one of the same position.</summary>
    private static double FirstHits(float[][] queries, float[][] candidates)
    {
        int hits = 0;
        for (int i = 0; i < queries.Length; i++)
            if (Enumerable.Range(0, candidates.Length).MaxBy(j => Similarity.Cosine(queries[i], candidates[j])) == i)
                hits++;
        return 100.0 * hits / queries.Length;
    }
}
