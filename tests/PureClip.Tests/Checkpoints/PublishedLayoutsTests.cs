using System.Text.Json.Nodes;
using PureClip.Imaging;

namespace PureClip.Tests.Checkpoints;

/// <summary>
/// Directories in the layouts in which CLIP weights are published, from picture files and texts to embeddings, against OpenAI's model code.
/// </summary>
public sealed class PublishedLayoutsTests
{
    // F32 there and here, each with some 1e-6 of rounding, and eight decimals in the file.
    private const float Tolerance = 3e-6f;

    [FixtureTheory("checkpoints/tiny")]
    [InlineData("tiny", "hf")]
    [InlineData("tiny", "hf16")]
    [InlineData("tiny", "openclip")]
    [InlineData("tiny-gelu", "hf")]
    [InlineData("tiny-gelu", "openclip")]
    public void Texts_have_the_reference_embeddings(string model, string layout)
    {
        using Clip clip = Load(model, layout);
        foreach (JsonNode? expected in Expected(model)["texts"]!.AsArray())
        {
            string text = expected!["text"]!.GetValue<string>();
            AssertClose(expected["embedding"]!, clip.EncodeText(text), text);
            int[] ids = [.. expected["ids"]!.AsArray().Select(id => id!.GetValue<int>())];
            Assert.Equal(ids, clip.Tokenizer!.Encode(text, pad: true).Ids.ToArray());
            float[] padded = new float[clip.EmbeddingWidth];
            clip.EncodeTokens(ids, padded); // with the padding, which must change nothing
            Assert.Equal(clip.EncodeText(text), padded);
        }
    }

    [FixtureTheory("checkpoints/tiny")]
    [InlineData("tiny", "hf")]
    [InlineData("tiny", "hf16")]
    [InlineData("tiny", "openclip")]
    [InlineData("tiny-gelu", "hf")]
    [InlineData("tiny-gelu", "openclip")]
    public void Pictures_have_the_reference_embeddings(string model, string layout)
    {
        using Clip clip = Load(model, layout);
        int seen = 0;
        foreach ((string name, JsonNode? expected) in Expected(model)["images"]!.AsObject())
        {
            string path = Fixtures.PathOf($"checkpoints/{model}/inputs/{name}");
            byte[] head = File.ReadAllBytes(path);
            if (!ImageFormats.BuiltIn.Any(decoder => decoder.Recognizes(head)))
                continue;
            AssertClose(expected!, clip.EncodeImage(path), name);
            seen++;
        }
        Assert.InRange(seen, 8, 13); // eight of them are PNG
    }

    [FixtureFact("checkpoints/tiny/hfbin")]
    public void A_directory_with_pytorch_model_bin_alone_is_refused()
    {
        string path = Fixtures.PathOf("checkpoints/tiny/hfbin");
        string message = Assert.Throws<InvalidDataException>(() => Clip.Load(path)).Message;
        Assert.StartsWith($"{path} has weights only as pytorch_model.bin, which is not read directly.", message, StringComparison.Ordinal);
    }

    private static Clip Load(string model, string layout) =>
        Clip.Load(Fixtures.PathOf($"checkpoints/{model}/{layout}"),
            new() { Threads = 1, Cleaning = TextCleaning.OpenAI, Truncation = Truncation.KeepEnd });

    private static JsonNode Expected(string model) =>
        JsonNode.Parse(File.ReadAllText(Fixtures.PathOf($"checkpoints/{model}/expected.json")))!;

    private static void AssertClose(JsonNode expected, float[] actual, string what)
    {
        float[] numbers = [.. expected.AsArray().Select(number => number!.GetValue<float>())];
        Assert.Equal(numbers.Length, actual.Length);
        float worst = numbers.Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= Tolerance, $"{what}: the embedding is {worst:R} away from the reference; allowed is {Tolerance:R}.");
    }
}
