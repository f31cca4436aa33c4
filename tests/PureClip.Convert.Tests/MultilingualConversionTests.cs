using System.Text.Json.Nodes;
using PureClip.Convert.Tests.Support;
using PureClip.Files;
using PureClip.Tests.Cli.Hub;

namespace PureClip.Convert.Tests;

/// <summary>Models for texts of many languages keep their layout: another weight file, the same vectors, the same ids.</summary>
public sealed class MultilingualConversionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("mclip")]
    [InlineData("chinese-clip")]
    [InlineData("roberta-openclip")]
    [InlineData("bert-openclip")]
    [InlineData("nllb-openclip")]
    public void A_directory_is_converted_to_one_with_the_same_vectors_and_files(string family)
    {
        string output = Path.Combine(_directory.Root, "out");
        ConversionReport report = CheckpointConverter.Convert(PathOf(family), output);
        Assert.InRange(report.Comparison.Texts, 5, 1000);
        Assert.InRange(report.Comparison.Vectors, 2, 1000);
        Assert.All(report.Ignored, tensor => Assert.Equal("carries nothing", tensor.Reason));
        foreach (string path in Directory.EnumerateFiles(PathOf(family)).Where(IsKept))
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(output, Path.GetFileName(path))));
        using Clip clip = Clip.Load(output);
        AssertExpected(clip, PathOf(family));
    }

    /// <summary>The library opens no such weights, but their tokenizer lies beside them.</summary>
    [Theory]
    [InlineData("mclip")]
    [InlineData("chinese-clip")]
    public void Ids_are_compared_whatever_the_weights_lie_in(string family)
    {
        string input = Copy(family), output = Path.Combine(_directory.Root, "out");
        File.WriteAllBytes(
            Path.Combine(input, "pytorch_model.bin"), TorchFile.Of(File.ReadAllBytes(Path.Combine(input, "model.safetensors"))));
        File.Delete(Path.Combine(input, "model.safetensors"));
        ConversionReport report = CheckpointConverter.Convert(input, output);
        Assert.InRange(report.Comparison.Texts, 40, 1000);
        Assert.Equal(0, report.Comparison.Vectors);
        using Clip clip = Clip.Load(output);
        AssertExpected(clip, PathOf(family));
    }

    [FixtureTheory("families")]
    [InlineData("xlmr-openclip")]
    [InlineData("altclip-hf")]
    [InlineData("metaclip2-hf")]
    [InlineData("st-distilbert")]
    public void Every_layout_is_converted(string family)
    {
        string output = Path.Combine(_directory.Root, "out");
        ConversionReport report = CheckpointConverter.Convert(Fixtures.PathOf($"families/{family}"), output);
        Assert.InRange(report.Comparison.Vectors, 2, 1000);
        foreach (string path in Directory.EnumerateFiles(Fixtures.PathOf($"families/{family}"), "*.json", SearchOption.AllDirectories))
            if (Path.GetFileName(path) != "expected.json")
                Assert.Equal(
                    File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(output, Path.GetRelativePath(Fixtures.PathOf($"families/{family}"), path))));
        using Clip clip = Clip.Load(output);
        AssertExpected(clip, Fixtures.PathOf($"families/{family}"));
    }

    /// <summary>What trainers put before names goes, and names of BERT's first programs are understood.</summary>
    [Fact]
    public void Wrappers_are_taken_off()
    {
        string input = Copy("mclip");
        using (SafetensorsFile file = SafetensorsFile.Open(Path.Combine(PathOf("mclip"), "model.safetensors")))
            SafetensorsWriter.Write(Path.Combine(input, "model.safetensors"), file.Tensors.Select(tensor => new TensorSource(
                "module." + tensor.Name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal), tensor.Type, [.. tensor.Shape],
                stream =>
                {
                    byte[] bytes = new byte[tensor.ByteLength];
                    file.Read(tensor, 0, bytes);
                    stream.Write(bytes);
                })));
        string output = Path.Combine(_directory.Root, "out");
        CheckpointConverter.Convert(input, output);
        using SafetensorsFile result = SafetensorsFile.Open(Path.Combine(output, "model.safetensors"));
        Assert.DoesNotContain(result.Tensors, tensor => tensor.Name.StartsWith("module.", StringComparison.Ordinal));
        using Clip clip = Clip.Load(output);
        AssertExpected(clip, PathOf("mclip"));
    }

    [Theory]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.Int8)]
    public void Weights_become_another_type(WeightType type)
    {
        string output = Path.Combine(_directory.Root, "out");
        ConversionReport report = CheckpointConverter.Convert(PathOf("chinese-clip"), output, new() { Weights = type });
        Assert.NotEmpty(report.Rounding);
        using Clip clip = Clip.Load(output);
        Assert.Equal(clip.EmbeddingWidth, clip.EncodeText("猫").Length);
    }

    [Fact]
    public void What_contradicts_the_configuration_is_refused_and_nothing_is_left()
    {
        string output = Path.Combine(_directory.Root, "out");
        Assert.Throws<ConversionException>(() => CheckpointConverter.Convert(PathOf("mclip"), output, new() { TextHeads = 4 }));
        string input = Copy("mclip");
        string config = Path.Combine(input, "config.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        json["numDims"] = 32;
        File.WriteAllText(config, json.ToJsonString());
        Assert.Contains("LinearTransformation.weight: expected [32, 32]",
            Assert.Throws<InvalidDataException>(() => CheckpointConverter.Convert(input, output)).Message);
        Assert.False(Directory.Exists(output));
    }

    public void Dispose() => _directory.Dispose();

    private static bool IsKept(string path) => !path.EndsWith("tensors", StringComparison.Ordinal) && Path.GetFileName(path) != "expected.json";

    private string Copy(string family)
    {
        string target = Path.Combine(_directory.Root, family);
        Directory.CreateDirectory(target);
        foreach (string path in Directory.EnumerateFiles(PathOf(family)))
            File.WriteAllBytes(Path.Combine(target, Path.GetFileName(path)), File.ReadAllBytes(path));
        return target;
    }

    private static void AssertExpected(Clip clip, string directory)
    {
        foreach (JsonNode? text in JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "expected.json")))!["texts"]!.AsArray())
        {
            float[] expected = [.. text!["embedding"]!.AsArray().Select(number => number!.GetValue<float>())];
            int[] ids = [.. text["ids"]!.AsArray().Select(id => id!.GetValue<int>())];
            float[] actual = new float[clip.EmbeddingWidth];
            clip.EncodeTokens(ids, actual);
            Assert.InRange(expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max(), 0, 2e-6f);
        }
    }

    private static string PathOf(string family) => TestData.PathOf($"families/{family}");
}
