using System.Text.Json.Nodes;
using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests;

/// <summary>
/// One model in every layout in which CLIPs are published, converted, and then from picture files and texts to the embeddings that
/// OpenAI's model code gives.
/// </summary>
public sealed class PublishedLayoutsTests : IDisposable
{
    // F32 there and here, with eight decimals in the reference.
    private const float Tolerance = 2e-6f;

    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [FixtureTheory("checkpoints/tiny")]
    [InlineData("tiny", "hf")]
    [InlineData("tiny", "hf16")]
    [InlineData("tiny", "hfbin")]
    [InlineData("tiny", "hfbin/pytorch_model.bin")]
    [InlineData("tiny", "openai/model_jit.pt")]
    [InlineData("tiny", "openai/state_dict.pt")]
    [InlineData("tiny", "openai/state_dict_legacy.pt")]
    [InlineData("tiny", "openclip")]
    [InlineData("tiny", "openclip/open_clip_pytorch_model.bin")]
    [InlineData("tiny", "onnx")]
    [InlineData("tiny-gelu", "hf")]
    [InlineData("tiny-gelu", "openclip")]
    [InlineData("tiny-gelu", "openclip/open_clip_pytorch_model.bin")]
    public void Converted_models_have_the_reference_embeddings(string model, string layout)
    {
        Converter.Convert(Fixtures.PathOf($"checkpoints/{model}/{layout}"), Output);
        using Clip clip = Clip.Load(Output, new() { Threads = 1, Cleaning = TextCleaning.OpenAI, Truncation = Truncation.KeepEnd });
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Fixtures.PathOf($"checkpoints/{model}/expected.json")))!;
        foreach (JsonNode? text in expected["texts"]!.AsArray())
            AssertClose(text!["embedding"]!, clip.EncodeText((string)text["text"]!), (string)text["text"]!);
        foreach ((string name, JsonNode? embedding) in expected["images"]!.AsObject())
            AssertClose(embedding!, clip.EncodeImage(Fixtures.PathOf($"checkpoints/{model}/inputs/{name}")), name);
    }

    /// <summary>A ResNet becomes a directory in OpenCLIP's layout, since transformers has no such tower.</summary>
    [FixtureTheory("families-conv/rn50-openai")]
    [InlineData("rn50-openai/state_dict.pt")]
    [InlineData("rn50-openclip")]
    public void Converted_ResNets_have_the_reference_embeddings(string source)
    {
        string folder = Fixtures.PathOf($"families-conv/{source.Split('/')[0]}");
        Converter.Convert(Fixtures.PathOf($"families-conv/{source}"), Output, "--vocab", folder);
        Assert.Equal(
            ["merges.txt", "open_clip_config.json", "open_clip_model.safetensors", "tokenizer_config.json", "vocab.json"],
            Directory.GetFiles(Output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using Clip clip = Clip.Load(Output, new() { Threads = 1, Truncation = Truncation.KeepEnd });
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        foreach (JsonNode? text in expected["texts"]!.AsArray())
            AssertClose(text!["embedding"]!, clip.EncodeText((string)text["text"]!), (string)text["text"]!);
        foreach ((string name, JsonNode? embedding) in expected["images"]!.AsObject())
            AssertClose(embedding!, clip.EncodeImage(Fixtures.PathOf($"checkpoints/tiny/inputs/{name}")), name);
    }

    [FixtureFact("checkpoints/tiny")]
    public void The_embedded_vocabulary_is_written_as_hugging_face_publishes_it()
    {
        Converter.Convert(Fixtures.PathOf("checkpoints/tiny/openai/state_dict.pt"), Output);
        string published = Fixtures.PathOf("checkpoints/tiny/hf");
        Assert.Equal(File.ReadAllText(Path.Combine(published, "merges.txt")).TrimEnd(), File.ReadAllText(Path.Combine(Output, "merges.txt")).TrimEnd());
        Assert.True(JsonNode.DeepEquals(Parse(Path.Combine(published, "vocab.json")), Parse(Path.Combine(Output, "vocab.json"))));
    }

    [FixtureFact("checkpoints/tiny")]
    public void A_reference_with_other_embeddings_fails_and_leaves_nothing()
    {
        string reference = Fixtures.PathOf("checkpoints/tiny/expected.json"), input = Fixtures.PathOf("checkpoints/tiny/openai/state_dict.pt");
        (int exitCode, string report, _) = Converter.Run(input, Output, "--verify", reference, "--gelu", "erf");
        Assert.Equal(1, exitCode);
        Assert.Contains("Verification  FAILED", report);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Root));
        Assert.Contains("Verification  passed", Converter.Convert(input, Output, "--verify", reference));
    }

    private static JsonNode Parse(string path) => JsonNode.Parse(File.ReadAllText(path))!;

    private static void AssertClose(JsonNode expected, float[] actual, string what)
    {
        float worst = expected.AsArray().Select(static n => n!.GetValue<float>()).Zip(actual, static (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= Tolerance, $"{what}: the embedding is {worst:R} away from the reference; allowed is {Tolerance:R}.");
    }
}
