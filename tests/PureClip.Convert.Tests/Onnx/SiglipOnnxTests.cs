using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests.Onnx;

/// <summary>
/// SigLIP as an exporter writes it: a module in the layout of transformers through torch.onnx.export (1.13, operator set 14), as one graph and
/// as one for each tower, with the embeddings that the module gives in double precision. The latter two have their position tables folded into
/// constants without names, as exporters of torch 2 leave them.
/// </summary>
public sealed class SiglipOnnxTests : IDisposable
{
    private const float Tolerance = 2e-6f;

    private static readonly string Source = TestData.PathOf("families/siglip-onnx");

    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_graph_of_both_towers_becomes_a_SigLIP_with_its_probabilities()
    {
        ConversionReport report = CheckpointConverter.Convert(Input("model.onnx"), Output);
        Assert.Equal("ONNX", report.Container);
        Assert.DoesNotContain(report.Decisions, decision => decision.IsAssumed);
        using Clip clip = Clip.Load(Output, new() { Truncation = Truncation.KeepEnd });
        Assert.True(clip.IsSigmoid);
        Assert.Equal(MathF.Exp(3), clip.LogitScale, 1e-4f);
        Assert.Equal(-5f, clip.LogitBias);
        AssertExpected(clip);
    }

    [Fact]
    public void Graphs_of_single_towers_give_the_same_vectors_and_what_they_lack_is_said()
    {
        ConversionReport report = CheckpointConverter.Convert(Input("text_model.onnx", "vision_model.onnx"), Output);
        Assert.Contains(report.Decisions, decision => decision is { What: "logit scale", IsAssumed: true });
        Assert.Contains(report.Decisions, decision => decision is { What: "logit bias", IsAssumed: true });
        using Clip clip = Clip.Load(Output, new() { Truncation = Truncation.KeepEnd });
        Assert.False(clip.IsSigmoid);
        AssertExpected(clip);
    }

    /// <summary>The wrong twin: an optimiser has folded a tensor into one without a name.</summary>
    [Theory]
    [InlineData("vision_model.head.attention.in_proj_weight")]
    [InlineData("vision_model.head.probe")]
    [InlineData("vision_model.head.attention.in_proj_bias")]
    public void A_tensor_that_an_optimiser_took_is_named_with_what_to_do(string name)
    {
        string input = Input("model.onnx"), path = Path.Combine(input, "onnx", "model.onnx");
        byte[] graph = File.ReadAllBytes(path), wanted = Encoding.ASCII.GetBytes(name);
        byte[] other = Encoding.ASCII.GetBytes("onnx::Folded_".PadRight(name.Length, '0'));
        int replaced = 0;
        for (int at; (at = graph.AsSpan().IndexOf(wanted)) >= 0; replaced++)
            other.CopyTo(graph, at);
        Assert.InRange(replaced, 2, 10); // the initialiser and who reads it
        File.WriteAllBytes(path, graph);
        string message = Assert.Throws<InvalidDataException>(() => CheckpointConverter.Convert(input, Output)).Message;
        Assert.Contains(name, message);
        Assert.Contains("Use the export as it was made, or the original weights.", message);
        Assert.False(Directory.Exists(Output));
    }

    [Fact]
    public void A_graph_without_its_configuration_is_refused_with_what_is_missing()
    {
        string alone = Path.Combine(_directory.Root, "alone.onnx");
        File.Copy(Path.Combine(Input("model.onnx"), "onnx", "model.onnx"), alone);
        string message = Assert.Throws<InvalidDataException>(() => CheckpointConverter.Convert(alone, Output)).Message;
        Assert.Contains("This is a SigLIP", message);
        Assert.Contains("its configuration is missing", message);
    }

    /// <summary>A directory as optimum and transformers.js have it.</summary>
    private string Input(params string[] graphs)
    {
        string target = Path.Combine(_directory.Root, "source");
        Directory.CreateDirectory(Path.Combine(target, "onnx"));
        foreach (string path in Directory.EnumerateFiles(Source))
            if (Path.GetExtension(path) != ".gz" && Path.GetFileName(path) != "expected.json")
                File.WriteAllBytes(Path.Combine(target, Path.GetFileName(path)), File.ReadAllBytes(path));
        foreach (string graph in graphs)
        {
            using GZipStream zipped = new(File.OpenRead(Path.Combine(Source, graph + ".gz")), CompressionMode.Decompress);
            using FileStream file = File.Create(Path.Combine(target, "onnx", graph));
            zipped.CopyTo(file);
        }
        return target;
    }

    private static void AssertExpected(Clip clip)
    {
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(Source, "expected.json")))!;
        foreach (JsonNode? text in expected["texts"]!.AsArray())
        {
            int[] ids = [.. text!["ids"]!.AsArray().Select(static id => id!.GetValue<int>())];
            Assert.Equal(ids, clip.Tokenizer!.Encode((string)text["text"]!, pad: true).Ids.ToArray());
            AssertClose(text["embedding"]!, clip.EncodeText((string)text["text"]!));
        }
        foreach ((string name, JsonNode? embedding) in expected["images"]!.AsObject())
            AssertClose(embedding!, clip.EncodeImage(TestData.PathOf($"families/inputs/{name}")));
    }

    private static void AssertClose(JsonNode expected, float[] actual) => Assert.InRange(
        expected.AsArray().Select(static number => number!.GetValue<float>()).Zip(actual, static (e, a) => MathF.Abs(e - a)).Max(), 0, Tolerance);
}
