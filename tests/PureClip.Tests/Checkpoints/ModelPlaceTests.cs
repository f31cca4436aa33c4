using PureClip.Checkpoints;

namespace PureClip.Tests.Checkpoints;

/// <summary>Roots of downloads, of which people give the path: their model is found, or it is said where it is.</summary>
public sealed class ModelPlaceTests : IDisposable
{
    private static readonly TinyReference Reference = TinyReference.Of();

    private readonly string _root = Directory.CreateTempSubdirectory("pureclip-place-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("0123abcd", "0123abcd", "4567ef01")]
    [InlineData("4567ef01\n", "4567ef01", "0123abcd")]
    [InlineData(null, "0123abcd", null)] // a download of one commit leaves no refs/main
    public void A_repository_in_a_cache_of_the_hub_is_its_snapshot(string? main, string named, string? other)
    {
        Move(TinyModel.HuggingFace(), $"snapshots/{named}");
        if (other is not null)
            Move(TinyModel.HuggingFace("gelu"), $"snapshots/{other}");
        if (main is not null)
            Write("refs/main", main);
        AssertIs($"snapshots/{named}");
    }

    [Theory]
    [InlineData("4567ef01")]
    [InlineData("../snapshots/0123abcd")]
    [InlineData("")]
    public void A_snapshot_that_is_not_there_is_named(string main)
    {
        Move(TinyModel.HuggingFace(), "snapshots/0123abcd");
        Write("refs/main", main);
        Assert.Contains($"names the snapshot \"{main}\", which is not in", Refusal());
    }

    [Fact]
    public void Several_snapshots_without_a_reference_are_a_choice_of_the_user()
    {
        Move(TinyModel.HuggingFace(), "snapshots/0123abcd");
        Move(TinyModel.HuggingFace(), "snapshots/4567ef01");
        Assert.Contains($"Give a folder in {Path.Combine(_root, "snapshots")}.", Refusal());
    }

    [Theory]
    [InlineData("0_CLIPModel", null)]
    [InlineData("clip", """{"__version__":{"sentence_transformers":"0.3.8"}}""")]
    [InlineData("", null)]
    public void The_root_of_a_sentence_transformer_is_its_first_module(string folder, string? config)
    {
        Move(TinyModel.HuggingFace(), folder);
        Write("modules.json", $$"""[{"idx":0,"name":"0","path":"{{folder}}","type":"sentence_transformers.models.CLIPModel"}]""");
        if (config is not null)
            Write("config.json", config);
        AssertIs(folder);
    }

    [Theory]
    [InlineData("{}", "is no list of modules")]
    [InlineData("[]", "is no list of modules")]
    [InlineData("[{}]", "is no list of modules")]
    [InlineData("""[{"path":"0_CLIPModel"}]""", "0_CLIPModel, which is not there")]
    public void Modules_that_lead_nowhere_are_refused(string modules, string expected)
    {
        Write("modules.json", modules);
        Assert.Contains(expected, Refusal());
    }

    [Theory]
    [InlineData("text_encoder", "tokenizer", false)]
    [InlineData("text_encoder_2", "tokenizer_2", true)]
    [InlineData("text_encoder_3", "tokenizer_3", true)]
    public void A_pipeline_of_diffusers_is_its_text_encoder_with_a_projection(string encoder, string tokenizer, bool hasOther)
    {
        using TinyModel words = TinyModel.TextOnly();
        words.Save();
        TinyModel model = TinyModel.TextOnly();
        model.HasVocabulary = false;
        Move(model, encoder);
        foreach (string name in (string[])["vocab.json", "merges.txt"])
            Write($"{tokenizer}/{name}", File.ReadAllText(Path.Combine(words.Path, name)));
        if (hasOther)
            Write("text_encoder/config.json", """{"model_type":"clip_text_model","architectures":["CLIPTextModel"]}""");
        Write("model_index.json", $$"""
            {"_class_name":"X","feature_extractor":[null,null],"text_encoder":["transformers","CLIPTextModel"],"{{encoder}}":["transformers","CLIPTextModelWithProjection"]}
            """);
        foreach (string path in (string[])[_root, Path.Combine(_root, encoder)])
        {
            Assert.Equal(new ModelPlace(Path.Combine(_root, encoder), Path.Combine(_root, tokenizer)), ModelPlace.Find(path));
            using Clip clip = Clip.Load(path, new() { Threads = 1 });
            Assert.Equal(TinyModel.EndId + 1, clip.Tokenizer!.VocabularySize);
            Reference.AssertTextsOf(clip);
        }
    }

    [Fact]
    public void A_pipeline_without_a_CLIP_is_refused()
    {
        Write("model_index.json", """{"_class_name":"FluxPipeline","transformer":["diffusers","X"]}""");
        Assert.Contains("is a pipeline of diffusers without a CLIP", Refusal());
    }

    [Theory]
    [InlineData("""{"peft_type":"LORA","base_model_name_or_path":"openai/clip"}""", "an adapter of PEFT (LORA) for openai/clip:", false)]
    [InlineData("""{"peft_type":"IA3"}""", "an adapter of PEFT (IA3) for a model that it does not name:", false)]
    [InlineData("{}", "an adapter of PEFT (of no named kind)", true)] // transformers applies one that lies beside a model
    public void An_adapter_is_no_model(string adapter, string expected, bool hasModel)
    {
        if (hasModel)
            Move(TinyModel.HuggingFace(), "");
        Write("adapter_config.json", adapter);
        string message = Refusal();
        Assert.Contains(expected, message);
        Assert.Contains("Merge it into its base model", message);
    }

    [Fact]
    public void Folders_inside_with_a_configuration_are_named()
    {
        Move(TinyModel.HuggingFace(), "small");
        Assert.Contains($"Inside, {Path.Combine(_root, "small")} has one.", Refusal());
        Move(TinyModel.OpenClip(), "large");
        Assert.Contains($"Inside, {Path.Combine(_root, "large")}, {Path.Combine(_root, "small")} have.", Refusal());
    }

    private void AssertIs(string folder)
    {
        Assert.Equal(Path.Combine(_root, folder), ModelDirectory.Open(_root).Path);
        using Clip clip = Clip.Load(_root, new() { Threads = 1 });
        Reference.AssertTextsOf(clip);
        Reference.AssertImagesOf(clip);
    }

    private string Refusal() => Assert.Throws<InvalidDataException>(() => ModelDirectory.Open(_root)).Message;

    private void Move(TinyModel model, string folder)
    {
        string target = Directory.CreateDirectory(Path.Combine(_root, folder)).FullName;
        using (model)
            foreach (string file in Directory.GetFiles(model.Save()))
                File.Move(file, Path.Combine(target, Path.GetFileName(file)));
    }

    private void Write(string name, string text)
    {
        string path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
