using System.Text.Json.Nodes;
using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests;

/// <summary>The repository's own model, in other containers and words, becomes the same model again.</summary>
public sealed class ConversionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_hugging_face_directory_keeps_every_byte_of_its_tensors()
    {
        Converter.Convert(MiniModel.Path, Output);
        AssertSameTensors(MiniModel.Tensors(), MiniModel.Tensors(Output));
        Assert.Equal(
            ["config.json", "merges.txt", "model.safetensors", "preprocessor_config.json", "tokenizer_config.json", "vocab.json"],
            Directory.GetFiles(Output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Converting_twice_gives_identical_files()
    {
        string input = _directory.Write("clip.safetensors", MiniModel.InOpenAiWords());
        string again = Path.Combine(_directory.Root, "again");
        Converter.Convert(input, Output, "--vocab", MiniModel.Path);
        Converter.Convert(input, again, "--vocab", MiniModel.Path);
        foreach (string file in Directory.GetFiles(Output))
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(again, Path.GetFileName(file)))), file);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("module.", "")]
    [InlineData("module._orig_mod.", "")]
    [InlineData("", "text.")]
    public void Openais_words_become_hugging_faces(string prefix, string textPrefix)
    {
        string input = _directory.Write("clip.safetensors", MiniModel.InOpenAiWords(prefix, textPrefix));
        Converter.Convert(input, Output, "--vocab", MiniModel.Path);
        AssertSameTensors(MiniModel.Tensors(), MiniModel.Tensors(Output));
    }

    [Fact]
    public void A_gguf_of_clip_cpp_gives_the_embeddings_of_its_source()
    {
        string input = _directory.Write("clip.gguf", MiniModel.AsGguf());
        string report = Converter.Convert(input, Output, "--vocab", MiniModel.Path);
        using Clip expected = Clip.Load(MiniModel.Path), actual = Clip.Load(Output);
        Assert.Equal(expected.EncodeText("a red heart"), actual.EncodeText("a red heart"));
        float[] pixels = [.. Enumerable.Range(0, 3 * 64 * 64).Select(static i => MathF.Sin(i))];
        float[] first = new float[expected.EmbeddingWidth], second = new float[expected.EmbeddingWidth];
        expected.EncodePixels(pixels, 1, first);
        actual.EncodePixels(pixels, 1, second);
        Assert.Equal(first, second);
        Assert.Contains("logit scale", report); // clip.cpp drops it
        Assert.Equal(100f, actual.LogitScale, 1e-4f);
    }

    [Theory]
    [InlineData("without_scopes.onnx")]
    [InlineData("without_aliases.onnx")]
    public void Onnx_exports_of_one_model_give_one_model(string name)
    {
        string Converted(string file)
        {
            string output = Path.Combine(_directory.Root, "from-" + file);
            Converter.Convert(_directory.Write(file, Fixture.Bytes(file)), output, "--vocab", TinyVocabulary());
            return output;
        }
        AssertSameTensors(MiniModel.Tensors(Converted("merged.onnx")), MiniModel.Tensors(Converted(name)));
    }

    [Fact]
    public void A_tokenizer_with_another_end_than_the_model_reads_is_refused()
    {
        string input = _directory.Write("model.onnx", Fixture.Bytes("merged.onnx")), vocabulary = TinyVocabulary();
        string path = Path.Combine(vocabulary, "vocab.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"<|startoftext|>\":8,\"<|endoftext|>\":9", "\"<|startoftext|>\":9,\"<|endoftext|>\":8"));
        Assert.Contains("ends texts with 8, the model reads them at 9", Converter.Run(input, Output, "--vocab", vocabulary).Error);
    }

    [Fact]
    public void Eight_bit_exports_are_dequantised_and_load()
    {
        string input = _directory.Write("model.onnx", Fixture.Bytes("dynamic_int8.onnx"));
        string report = Converter.Convert(input, Output, "--vocab", TinyVocabulary());
        Assert.Contains("to F32", report);
        using Clip clip = Clip.Load(Output);
        Assert.All(clip.EncodeText("ab"), static x => Assert.True(float.IsFinite(x)));
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("bf16")]
    public void Other_types_are_rounded_and_the_error_is_reported(string dtype)
    {
        string report = Converter.Convert(MiniModel.Path, Output, "--dtype", dtype);
        Dictionary<string, (long[] Shape, byte[] Bytes)> before = MiniModel.Tensors(), after = MiniModel.Tensors(Output);
        Assert.Equal(dtype == "bf16" ? before["logit_scale"].Bytes : BitConverter.GetBytes((float)BitConverter.ToHalf(before["logit_scale"].Bytes)), after["logit_scale"].Bytes);
        foreach ((string name, (_, byte[] bytes)) in before.Where(static tensor => tensor.Key != "logit_scale")) // which is never rounded
            for (int i = 0; i < bytes.Length / 2; i += 97)
            {
                float value = (float)BitConverter.ToHalf(bytes, 2 * i);
                byte[] result = after[name].Bytes;
                float written = dtype == "f32" ? BitConverter.ToSingle(result, 4 * i) : BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(result, 2 * i) << 16);
                Assert.InRange(MathF.Abs(value - written), 0, dtype == "f32" ? 0 : MathF.Abs(value) / 256); // 8 bits of significand
            }
        Assert.Equal(dtype == "bf16", report.Contains("vision.blocks.5", StringComparison.Ordinal)); // widening has no error
    }

    [Fact]
    public void Integers_are_half_of_sixteen_bits_and_lie_close_to_them()
    {
        string report = Converter.Convert(MiniModel.Path, Output, "--dtype", "int8");
        Assert.Contains("F16 to I8", report, StringComparison.Ordinal);
        Assert.Contains("vision.blocks.5", report, StringComparison.Ordinal);
        long before = new FileInfo(Path.Combine(MiniModel.Path, "model.safetensors")).Length, after = new FileInfo(Path.Combine(Output, "model.safetensors")).Length;
        Assert.InRange((double)after / before, 0.5, 0.7); // the token embedding stays in 16 bits
        using Clip whole = Clip.Load(MiniModel.Path), rounded = Clip.Load(Output);
        foreach (string text in (string[])["hat", "a red apple", "person with glasses"])
            Assert.InRange(Similarity.Cosine(whole.EncodeText(text), rounded.EncodeText(text)), 0.999f, 1f);
    }

    [Fact]
    public void Integers_in_the_file_are_those_of_a_model_that_is_loaded_as_integers()
    {
        Converter.Convert(MiniModel.Path, Output, "--dtype", "int8");
        using Clip rounded = Clip.Load(Output), inMemory = Clip.Load(MiniModel.Path, new() { Weights = WeightType.Int8 });
        float[] expected = inMemory.EncodeText("hat"), found = rounded.EncodeText("hat");
        for (int i = 0; i < expected.Length; i++)
            Assert.InRange(found[i], expected[i] - 1e-5f, expected[i] + 1e-5f); // scales may differ by their last bit
    }

    [Fact]
    public void Packed_matrices_lie_beside_the_weights_and_give_the_same_bits()
    {
        string report = Converter.Convert(MiniModel.Path, Output, "--packed");
        string packed = Path.GetFileName(Assert.Single(Directory.GetFiles(Output, "packed-*.safetensors")));
        Assert.Contains($"Packed        {packed}", report, StringComparison.Ordinal);
        using Clip mapped = Clip.Load(Output), plain = Clip.Load(MiniModel.Path);
        Assert.Equal(plain.EncodeText("hat"), mapped.EncodeText("hat"));
        Assert.True(mapped.AllocatedBytes < plain.AllocatedBytes);
    }

    [Fact]
    public void One_tower_alone_becomes_a_model_of_one_tower()
    {
        SafetensorsBuilder file = new();
        foreach ((string name, (long[] shape, byte[] bytes)) in MiniModel.Tensors().Where(static t => t.Key.StartsWith("vis", StringComparison.Ordinal)))
            file.Add(name, "F16", shape, bytes);
        Converter.Convert(_directory.Write("vision.safetensors", file.Build()), Output);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(Output, "config.json")))!;
        Assert.Equal(("clip_vision_model", 192), ((string)config["model_type"]!, (int)config["hidden_size"]!));
        using Clip clip = Clip.Load(Output);
        Assert.Null(clip.Config.Text);
        Assert.False(File.Exists(Path.Combine(Output, "vocab.json")));
    }

    [Fact]
    public void The_report_in_json_names_file_hash_and_decisions()
    {
        string path = Path.Combine(_directory.Root, "report.json");
        Converter.Convert(MiniModel.Path, Output, "--report", path);
        JsonNode report = JsonNode.Parse(File.ReadAllText(path))!;
        string hash = System.Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(MiniModel.Path, "model.safetensors"))));
        Assert.Equal(hash, (string)report["files"]![0]!["sha256"]!);
        Assert.Equal(175 - 1, report["used"]!.AsArray().Count);
        Assert.Contains(report["decisions"]!.AsArray(), static d => (string)d!["what"]! == "vision GELU" && (string)d["from"]! == "config.json");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_report_may_lie_in_the_directory_that_is_written(bool replaces)
    {
        string report = Path.Combine(Output, "report.json");
        if (replaces)
            Converter.Convert(MiniModel.Path, Output);
        Converter.Convert(MiniModel.Path, Output, "--report", report, "--force");
        Assert.True((bool)JsonNode.Parse(File.ReadAllText(report))!["written"]!);
        Assert.Equal(7, Directory.GetFileSystemEntries(Output).Length);
        Assert.Equal([Output], Directory.GetFileSystemEntries(_directory.Root));
    }

    [Fact]
    public void The_report_of_a_verification_that_fails_says_so_and_is_all_that_is_written()
    {
        float[] other = new float[256];
        other[0] = 1;
        string reference = _directory.Write("reference.json", System.Text.Encoding.UTF8.GetBytes(
            $$"""{"texts":[{"text":"hat","embedding":[{{string.Join(',', other)}}]}]}"""));
        string report = Path.Combine(_directory.Root, "report.json");
        Assert.Equal(1, Converter.Run(MiniModel.Path, Output, "--verify", reference, "--tolerance", "1e-5", "--report", report).ExitCode);
        Assert.False((bool)JsonNode.Parse(File.ReadAllText(report))!["written"]!);
        Assert.Equal([reference, report], Directory.GetFileSystemEntries(_directory.Root).Order(StringComparer.Ordinal));
        Assert.Equal(1, Converter.Run(MiniModel.Path, Output, "--verify", reference, "--report", Path.Combine(Output, "report.json")).ExitCode);
        Assert.False(Directory.Exists(Output));
    }

    private string TinyVocabulary()
    {
        string directory = Path.Combine(_directory.Root, "vocabulary");
        _directory.Write("vocabulary/vocab.json", """{"a":0,"b":1,"c":2,"d":3,"a</w>":4,"b</w>":5,"c</w>":6,"d</w>":7,"<|startoftext|>":8,"<|endoftext|>":9,"ab</w>":10}"""u8.ToArray());
        _directory.Write("vocabulary/merges.txt", "#version: 0.2\na b</w>\n"u8.ToArray());
        return directory;
    }

    private static void AssertSameTensors(
        Dictionary<string, (long[] Shape, byte[] Bytes)> expected, Dictionary<string, (long[] Shape, byte[] Bytes)> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, (long[] shape, byte[] bytes)) in expected)
        {
            Assert.Equal((name, string.Join(',', shape)), (name, string.Join(',', actual[name].Shape)));
            Assert.True(bytes.AsSpan().SequenceEqual(actual[name].Bytes), name);
        }
    }
}
