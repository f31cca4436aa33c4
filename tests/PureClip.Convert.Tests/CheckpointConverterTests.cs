using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests;

/// <summary>The library's face, as a program of somebody else calls it.</summary>
public sealed class CheckpointConverterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_checkpoint_becomes_a_directory_and_a_report()
    {
        List<WriteProgress> told = [];
        ConversionReport report = CheckpointConverter.Convert(
            _directory.Write("clip.pt", MiniModel.InOpenAiWords()), Output,
            new() { Weights = WeightType.F32, Vocabulary = MiniModel.Path, Gelu = Model.GeluKind.Quick }, new Listener(told));
        Assert.True(report.WasWritten);
        Assert.Equal(("safetensors", 256, "clip.pt"), (report.Container, report.Config.EmbeddingWidth, report.Files.Single().Name));
        Assert.Equal(report.Written, report.TypeChanges["F16 to F32"]);
        Assert.Equal((report.Written, 1.0), (told.Count, (double)told[^1].BytesWritten / told[^1].BytesTotal));
        using Clip clip = Clip.Load(Output), original = Clip.Load(MiniModel.Path);
        Assert.Equal(original.EncodeText("hat"), clip.EncodeText("hat"));
    }

    [Theory]
    [InlineData("snapshots/0123", "snapshots/0123", "refs/main", "0123")]
    [InlineData("0_CLIPModel", "0_CLIPModel", "modules.json", """[{"path":"0_CLIPModel"}]""")]
    [InlineData("text_encoder", "tokenizer", "model_index.json", """{"text_encoder":["transformers","CLIPTextModelWithProjection"]}""")]
    public void A_root_of_a_download_is_converted_as_the_folder_that_holds_its_model(string folder, string vocabulary, string name, string content)
    {
        string root = Path.Combine(_directory.Root, "root");
        foreach (string file in Directory.GetFiles(MiniModel.Path))
        {
            bool isVocabulary = Path.GetFileName(file) is "vocab.json" or "merges.txt" or "tokenizer_config.json";
            Copy(file, Path.Combine(root, isVocabulary ? vocabulary : folder, Path.GetFileName(file)));
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, name))!);
        File.WriteAllText(Path.Combine(root, name), content);
        Assert.Equal("safetensors", CheckpointConverter.Inspect(root).Container);
        CheckpointConverter.Convert(root, Output);
        using Clip clip = Clip.Load(Output), original = Clip.Load(MiniModel.Path);
        Assert.Equal(original.EncodeText("a hat"), clip.EncodeText("a hat"));
    }

    [Fact]
    public void An_adapter_is_refused_as_in_the_library()
    {
        _directory.Write("adapter_config.json", "{}"u8.ToArray());
        Assert.Contains("is an adapter of PEFT", Assert.Throws<InvalidDataException>(() => CheckpointConverter.Convert(_directory.Root, Output)).Message);
    }

    [Fact]
    public void Timms_files_beside_OpenClips_are_passed_over()
    {
        string root = Path.Combine(_directory.Root, "root");
        CheckpointConverter.Convert(_directory.Write("clip.safetensors", MiniModel.InOpenAiWords()), root, new() { Vocabulary = MiniModel.Path, Gelu = Model.GeluKind.Quick });
        File.Move(Path.Combine(root, "model.safetensors"), Path.Combine(root, "open_clip_model.safetensors"));
        File.WriteAllText(Path.Combine(root, "config.json"), """{"architecture":"vit_base_patch32_clip_224"}""");
        File.WriteAllText(Path.Combine(root, "model.safetensors"), "of timm");
        File.WriteAllText(Path.Combine(root, "open_clip_config.json"), """
            {"model_cfg":{"embed_dim":256,"quick_gelu":true,"vision_cfg":{"image_size":64,"layers":6,"width":192,"patch_size":8},
             "text_cfg":{"context_length":32,"vocab_size":4096,"width":192,"heads":3,"layers":4}},"preprocess_cfg":{}}
            """);
        Assert.Equal("open_clip_model.safetensors", Path.GetFileName(Assert.Single(CheckpointConverter.Inspect(root).Files)));
        Assert.Equal(256, CheckpointConverter.Convert(root, Output).Config.EmbeddingWidth);
    }

    [Theory]
    [InlineData(null, 14.2849)]
    [InlineData(4.0, 54.598)]
    public void A_missing_logit_scale_is_what_the_library_has_there(double? named, double expected)
    {
        string root = Path.Combine(_directory.Root, "root");
        foreach (string file in Directory.GetFiles(MiniModel.Path))
            Copy(file, Path.Combine(root, Path.GetFileName(file)));
        System.Text.Json.Nodes.JsonNode config = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(root, "config.json")))!;
        config["logit_scale_init_value"] = named;
        File.WriteAllText(Path.Combine(root, "config.json"), config.ToJsonString());
        SafetensorsWriter.Write(
            Path.Combine(root, "model.safetensors"),
            MiniModel.Tensors().Where(static tensor => tensor.Key != "logit_scale")
                .Select(static tensor => new TensorSource(tensor.Key, NumberType.F16, [.. tensor.Value.Shape], stream => stream.Write(tensor.Value.Bytes))));
        ConversionReport report = CheckpointConverter.Convert(root, Output);
        using Clip source = Clip.Load(root), converted = Clip.Load(Output);
        Assert.Equal(expected, source.LogitScale, 1e-3);
        Assert.Equal(source.LogitScale, converted.LogitScale, 1e-4f);
        Assert.True(report.Decisions.Single(static decision => decision.What == "logit scale").IsAssumed);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
    }

    [Fact]
    public void A_checkpoint_is_listed_in_its_own_words()
    {
        CheckpointContents contents = CheckpointConverter.Inspect(_directory.Write("clip.bin", MiniModel.InOpenAiWords("module.")));
        Assert.Equal("safetensors", contents.Container);
        ForeignTensor table = contents.Tensors.Single(static t => t.Name == "module.token_embedding.weight");
        Assert.Equal((NumberType.F16, 2, (string?)null), (table.Type, table.Shape.Count, table.StoredAs));
        Assert.Throws<FileNotFoundException>(() => CheckpointConverter.Inspect(Path.Combine(_directory.Root, "none")));
        Assert.Throws<InvalidDataException>(() => CheckpointConverter.Inspect(_directory.Write("noise", [1, 2, 3])));
    }

    [Fact]
    public void What_an_option_decides_is_an_error_that_names_it_and_no_program()
    {
        Directory.CreateDirectory(Output);
        File.WriteAllText(Path.Combine(Output, "config.json"), "{}");
        ConversionException refusal = Assert.Throws<ConversionException>(() => CheckpointConverter.Convert(MiniModel.Path, Output));
        Assert.Equal(ConversionSetting.Overwrite, refusal.Setting);
        Assert.DoesNotContain("--", refusal.Message);
        refusal = Assert.Throws<ConversionException>(() =>
            CheckpointConverter.Convert(_directory.Write("clip.safetensors", MiniModel.InOpenAiWords()), Output, new() { Overwrite = true }));
        Assert.Equal(ConversionSetting.Vocabulary, refusal.Setting);
        Assert.DoesNotContain("--", refusal.Message);
        Assert.Equal("{}", File.ReadAllText(Path.Combine(Output, "config.json")));
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_before_anything_is_read()
    {
        void IsRefused(string about, ConversionOptions options) =>
            Assert.Contains(about, Assert.Throws<ArgumentException>(() => CheckpointConverter.Convert("nowhere", Output, options)).Message);

        IsRefused("ViT-Z-1", new() { Architecture = "ViT-Z-1" });
        IsRefused("0 heads", new() { TextHeads = 0 });
        IsRefused("Tolerance is NaN", new() { Tolerance = float.NaN });
        IsRefused("Weights is 9", new() { Weights = (WeightType)9 });
        IsRefused("Gelu is 9", new() { Gelu = (Model.GeluKind)9 });
        Assert.Throws<ArgumentException>(() => CheckpointConverter.Convert("", Output));
        Assert.Throws<ArgumentNullException>(() => CheckpointConverter.Convert(MiniModel.Path, null!));
        Assert.All(ConversionOptions.ArchitectureNames, static name => Assert.True(ConversionOptions.IsArchitecture(name + "-quickgelu")));
    }

    private sealed class Listener(List<WriteProgress> told) : IProgress<WriteProgress>
    {
        public void Report(WriteProgress value) => told.Add(value);
    }
}
