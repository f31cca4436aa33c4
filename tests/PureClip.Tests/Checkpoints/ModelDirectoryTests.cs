using PureClip.Checkpoints;

namespace PureClip.Tests.Checkpoints;

/// <summary>What is and what is not a model directory, and what is said about the latter.</summary>
public sealed class ModelDirectoryTests
{
    [Fact]
    public void A_Hugging_Face_directory_gives_config_weights_and_no_assumptions()
    {
        using TinyModel model = TinyModel.HuggingFace();
        ModelDirectory directory = ModelDirectory.Open(model.Save());
        Assert.Equal(ModelLayout.HuggingFace, directory.Layout);
        Assert.Equal(model.Path, directory.Path);
        Assert.Equal(Path.Combine(model.Path, "model.safetensors"), directory.WeightsPath);
        Assert.Null(directory.TextCleaning);
        Assert.Empty(directory.Assumptions);
    }

    [Fact]
    public void An_index_is_taken_where_there_is_no_single_file()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Shards = 3;
        Assert.Equal(Path.Combine(model.Path, "model.safetensors.index.json"), ModelDirectory.Open(model.Save()).WeightsPath);
    }

    [Fact]
    public void An_OpenClip_directory_asks_for_OpenAIs_cleaning()
    {
        using TinyModel model = TinyModel.OpenClip();
        ModelDirectory directory = ModelDirectory.Open(model.Save());
        Assert.Equal(ModelLayout.OpenClip, directory.Layout);
        Assert.Equal("openai", directory.TextCleaning);
        Assert.Empty(directory.Assumptions);
    }

    [Fact]
    public void The_path_of_a_weight_file_is_refused_with_the_advice_to_give_its_directory()
    {
        using TinyModel model = TinyModel.HuggingFace();
        string file = Path.Combine(model.Save(), model.WeightsName);
        string message = Assert.Throws<DirectoryNotFoundException>(() => ModelDirectory.Open(file)).Message;
        Assert.Equal($"{file} is a file; a model is a directory. Give the directory that holds it, with its configuration.", message);
    }

    [Fact]
    public void A_path_to_nothing_is_refused()
    {
        string path = Path.Combine(Path.GetTempPath(), "pureclip-there-is-no-such-thing");
        string message = Assert.Throws<DirectoryNotFoundException>(() => ModelDirectory.Open(path)).Message;
        Assert.StartsWith($"There is no directory {path}. Give a model directory: one with config.json or open_clip_config.json", message,
            StringComparison.Ordinal);
        Assert.Contains("timm/vit_base_patch32_clip_224.openai", message);
        Assert.Contains("the package PureClip.Models.Pictogram", message);
    }

    [Fact]
    public void An_empty_directory_is_refused()
    {
        using TinyModel model = TinyModel.HuggingFace();
        Assert.StartsWith($"{model.Path} has neither config.json nor open_clip_config.json.", RefusalOf(model.Path),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pytorch_model.bin")]
    [InlineData("pytorch_model.bin.index.json")]
    [InlineData("tf_model.h5")]
    public void Weights_in_another_format_are_named(string name)
    {
        using TinyModel model = TinyModel.HuggingFace();
        File.Delete(Path.Combine(model.Save(), model.WeightsName));
        model.Write(name, "");
        string message = RefusalOf(model.Path);
        Assert.StartsWith($"{model.Path} has weights only as {name}, which is not read directly. Needed is model.safetensors", message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void No_weights_at_all_are_refused()
    {
        using TinyModel huggingFace = TinyModel.HuggingFace(), openClip = TinyModel.OpenClip();
        foreach (TinyModel model in new[] { huggingFace, openClip })
        {
            File.Delete(Path.Combine(model.Save(), model.WeightsName));
            Assert.StartsWith($"{model.Path} has no weights. Needed is model.safetensors, model.safetensors.index.json with its shards, or open_clip_model.safetensors", RefusalOf(model.Path), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_size_out_of_range_is_refused_as_bad_data()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Config["text_config"]!["num_attention_heads"] = 5;
        Assert.Equal($"{model.Path}: text width 24 is not a multiple of its 5 heads. Correct the configuration, or download it again.",
            RefusalOf(model.Save()));
    }

    [Theory]
    [InlineData("config.json", 1)]
    [InlineData("preprocessor_config.json", 2)]
    [InlineData("open_clip_config.json", 3)]
    public void Damaged_configurations_are_read_or_refused_and_nothing_else(string name, int seed)
    {
        using TinyModel model = name == "open_clip_config.json" ? TinyModel.OpenClip() : TinyModel.HuggingFace();
        string file = Path.Combine(model.Save(), name);
        byte[] original = File.ReadAllBytes(file);
        Random random = new(seed);
        int refused = 0;
        for (int i = 0; i < 1000; i++)
        {
            File.WriteAllBytes(file, Mutator.Mutate(original, random));
            try
            {
                ModelDirectory.Open(model.Path);
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(model.Path, e.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(refused, 500, 999);
    }

    [Theory]
    [InlineData("""{"architecture":"vit_base_patch32_clip_224","pretrained_cfg":{"tag":"openai"}}""")]
    [InlineData("""{"__version__":{"sentence_transformers":"0.3"}}""")]
    [InlineData("""{"model_type":"blip","vision_config":{}}""")]
    public void A_config_of_another_program_beside_OpenClips_pair_is_passed_over_although_its_weights_are_there(string config)
    {
        using TinyModel model = TinyModel.OpenClip();
        model.Write("config.json", config).Write("model.safetensors", "of another program");
        ModelDirectory directory = ModelDirectory.Open(model.Save());
        Assert.Equal((ModelLayout.OpenClip, model.WeightsName), (directory.Layout, Path.GetFileName(directory.WeightsPath)));
    }

    [Fact]
    public void A_config_of_timm_alone_is_named_as_such()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Json["config.json"] = new() { ["architecture"] = "vit_base_patch32_clip_224" };
        Assert.Contains("as in the files of timm (its architecture is \"vit_base_patch32_clip_224\")", RefusalOf(model.Save()));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("preprocessor_config.json")]
    [InlineData("open_clip_config.json")]
    public void A_pointer_or_a_page_in_place_of_a_configuration_is_named(string name)
    {
        using TinyModel model = name == "open_clip_config.json" ? TinyModel.OpenClip() : TinyModel.HuggingFace();
        model.Save();
        model.Write(name, "version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 605157884\n");
        Assert.Contains($"{name}: this is a Git LFS pointer", RefusalOf(model.Path));
        model.Write(name, "\r\n<!doctype html><title>Sign in</title>");
        Assert.Contains($"{name}: this is a web page", RefusalOf(model.Path));
    }

    private static string RefusalOf(string path) => Assert.Throws<InvalidDataException>(() => ModelDirectory.Open(path)).Message;
}
