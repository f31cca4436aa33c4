using System.Text.Json.Nodes;
using PureClip.Convert.Tensors;
using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests;

/// <summary>
/// Families beyond CLIP's own two towers: the result keeps the layout in which the model was published, and gives the reference's
/// embeddings.
/// </summary>
public sealed class FamilyConversionTests : IDisposable
{
    private const float Tolerance = 2e-6f;

    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("siglip-hf")]
    [InlineData("eva02e-openclip")]
    [InlineData("mobileclip2-l-openclip")]
    [InlineData("vitamin-openclip")]
    [InlineData("jina-clip")]
    public void Committed_families_are_converted(string family) => Check(TestData.PathOf($"families/{family}"));

    [FixtureTheory("families")]
    [InlineData("siglip-openclip")]
    [InlineData("siglip2-naflex-hf")]
    [InlineData("siglip2-hf")]
    [InlineData("siglip2-openclip")]
    [InlineData("eva02-openclip")]
    [InlineData("pe-openclip")]
    [InlineData("coca-openclip")]
    [InlineData("clipa-openclip")]
    public void Other_families_are_converted(string family) => Check(Fixtures.PathOf($"families/{family}"));

    /// <summary>What trainers put around names is taken off, and 8 bits are rounded as in any other model.</summary>
    [Fact]
    public void Wrapped_names_become_the_layouts_own_and_types_change()
    {
        string source = Path.Combine(_directory.Root, "source");
        Directory.CreateDirectory(source);
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf("families/siglip-hf")))
            if (Path.GetExtension(file) != ".safetensors")
                File.Copy(file, Path.Combine(source, Path.GetFileName(file)));
        using (SafetensorsFile file = SafetensorsFile.Open(TestData.PathOf("families/siglip-hf/model.safetensors")))
            SafetensorsWriter.Write(Path.Combine(source, "model.safetensors"), file.Tensors.Select(tensor =>
                new TensorSource($"module.{tensor.Name}", tensor.Type, [.. tensor.Shape], stream =>
                {
                    byte[] bytes = new byte[tensor.ByteLength];
                    file.Read(tensor, 0, bytes);
                    stream.Write(bytes);
                })));
        string report = Converter.Convert(source, Output, "--dtype", "int8");
        Assert.Contains("F16 to I8", report);
        using SafetensorsFile result = SafetensorsFile.Open(Path.Combine(Output, "model.safetensors"));
        Assert.Equal(NumberType.I8, result["vision_model.head.mlp.fc1.weight"].Type);
        Assert.Equal(NumberType.F32, result["vision_model.head.mlp.fc1.weight_scale"].Type);
    }

    [Fact]
    public void Weights_without_their_configuration_are_refused_with_what_is_missing()
    {
        (int exitCode, _, string error) = Converter.Run(TestData.PathOf("families/eva02e-openclip/open_clip_model.safetensors"), Output);
        Assert.Equal(0, exitCode); // its configuration lies beside it
        string alone = Path.Combine(_directory.Root, "alone.safetensors");
        File.Copy(TestData.PathOf("families/eva02e-openclip/open_clip_model.safetensors"), alone);
        (exitCode, _, error) = Converter.Run(alone, Path.Combine(_directory.Root, "other"));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("its configuration is missing", error.ReplaceLineEndings(" "));
    }

    [Theory]
    [InlineData("--gelu", "quick")]
    [InlineData("--arch", "ViT-B-32")]
    public void What_the_configuration_says_cannot_be_asked_for(string option, string value)
    {
        (int exitCode, _, string error) = Converter.Run(TestData.PathOf("families/siglip-hf"), Output, option, value);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("config.json says", error);
        Assert.False(Directory.Exists(Output));
    }

    /// <summary>As Apple publishes it: what it is, the tensors and their names tell; the result's configuration is in Apple's words.</summary>
    [Fact]
    public void A_MobileCLIP_without_a_configuration_is_read_off_its_tensors()
    {
        string folder = TestData.PathOf("families-conv/mobileclip-b-apple"), alone = Path.Combine(_directory.Root, "mobileclip_b.pt");
        File.WriteAllBytes(alone, File.ReadAllBytes(Path.Combine(folder, "mobileclip_b.pt")));
        string report = Converter.Convert(alone, Output, "--vocab", folder).ReplaceLineEndings(" ");
        Assert.Contains("No configuration", report);
        Assert.Contains("\"causal_masking\": true", File.ReadAllText(Path.Combine(Output, "mobileclip.json")));
        CheckEmbeddings(folder);
    }

    /// <summary>Two tables of positions become one, of which transformers knows too.</summary>
    [FixtureFact("families/longclip-openai")]
    public void A_LongCLIP_becomes_a_CLIP_with_a_long_context()
    {
        string folder = Fixtures.PathOf("families/longclip-openai");
        string report = Converter.Convert(Path.Combine(folder, "longclip.pt"), Output, "--vocab", folder, "--gelu", "quick");
        Assert.Contains("rows 0 to 19 of positional_embedding, the others of positional_embedding_res", report.ReplaceLineEndings(" "));
        CheckEmbeddings(folder);
    }

    /// <summary>A tower that lacks the tensor by which it is known is no absent tower.</summary>
    [Theory]
    [InlineData("token_embedding.weight")]
    [InlineData("visual.class_embedding")]
    public void A_tower_without_its_first_tensor_is_refused_by_that_name(string name)
    {
        string source = Path.Combine(_directory.Root, "weights.safetensors");
        byte[] file = MiniModel.InOpenAiWords();
        int at = file.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes($"\"{name}\""));
        file[at + name.Length] = (byte)'_';
        File.WriteAllBytes(source, file);
        (int exitCode, _, string error) = Converter.Run(source, Output, "--vocab", MiniModel.Path, "--gelu", "quick");
        Assert.NotEqual(0, exitCode);
        Assert.Contains($"there is no '{name}'", error.ReplaceLineEndings(" "));
        Assert.False(Directory.Exists(Output));
    }

    /// <summary>One tensor that is missing, one under another name, one too many: the error names it.</summary>
    [FixtureFact("families/longclip-openai")]
    public void A_tensor_of_a_LongCLIP_that_is_renamed_missing_or_too_many_is_named()
    {
        string folder = Fixtures.PathOf("families/longclip-openai"), changed = Path.Combine(_directory.Root, "changed.safetensors");
        using SourceCheckpoint source = CheckpointOpener.OpenFile(Path.Combine(folder, "longclip.pt"));
        TensorSource[] all = [.. source.Tensors.Select(static tensor => Source(tensor, tensor.Name))];
        string Refusal(IEnumerable<TensorSource> tensors)
        {
            SafetensorsWriter.Write(changed, tensors);
            (int exitCode, _, string error) = Converter.Run(changed, Output, "--vocab", folder, "--gelu", "quick");
            Assert.NotEqual(0, exitCode);
            return error;
        }
        foreach (SourceTensor tensor in source.Tensors.Where(static (tensor, i) => i % 3 == 0 && tensor.Name.Contains('.')))
        {
            TensorSource renamed = Source(tensor, tensor.Name + "_");
            TensorSource[] others = [.. all.Where(one => one.Name != tensor.Name)];
            Assert.Contains(tensor.Name, Refusal(others));
            Assert.Contains(tensor.Name, Refusal([.. others, renamed]));
            Assert.Contains(tensor.Name + "_", Refusal([.. all, renamed]));
        }
        static TensorSource Source(SourceTensor tensor, string name) => new(name, tensor.Type, [.. tensor.Shape], stream =>
        {
            byte[] bytes = new byte[tensor.ElementCount * tensor.Type.Size()];
            tensor.Read(0, bytes);
            stream.Write(bytes);
        });
    }

    private void Check(string folder)
    {
        string report = Converter.Convert(folder, Output);
        Assert.Contains("as configured", report);
        CheckEmbeddings(folder);
    }

    private void CheckEmbeddings(string folder)
    {
        using Clip clip = Clip.Load(Output, new() { Threads = 1, Truncation = Truncation.KeepEnd });
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        foreach (JsonNode? text in expected["texts"]?.AsArray() ?? [])
            AssertClose(text!["embedding"]!, clip.EncodeText((string)text["text"]!), (string)text["text"]!);
        foreach ((string name, JsonNode? embedding) in expected["images"]!.AsObject())
            AssertClose(embedding!, clip.EncodeImage(TestData.PathOf($"families/inputs/{name}")), name);
    }

    private static void AssertClose(JsonNode expected, float[] actual, string what)
    {
        float worst = expected.AsArray().Select(static n => n!.GetValue<float>()).Zip(actual, static (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= Tolerance, $"{what}: the embedding is {worst:R} away from the reference; allowed is {Tolerance:R}.");
    }
}
