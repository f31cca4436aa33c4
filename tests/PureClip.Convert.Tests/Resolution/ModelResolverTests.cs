using PureClip.Convert.Resolution;
using PureClip.Model;

namespace PureClip.Convert.Tests.Resolution;

public sealed class ModelResolverTests
{
    private static readonly ModelSizes VitB32 = new(512, new VisionSizes(768, 12, 3072, 32, 7), new TextSizes(512, 12, 2048, 77, 49_408));
    private static readonly ModelSizes VitH14 = new(1024, new VisionSizes(1280, 32, 5120, 14, 16), new TextSizes(1024, 24, 4096, 77, 49_408));

    [Fact]
    public void Heads_of_a_known_architecture_come_from_the_table()
    {
        ModelDescription model = Resolve(VitH14, "CLIP-ViT-H-14-laion2B-s32B-b79K.bin");
        Assert.Equal(("ViT-H-14", 16, 16), (model.Architecture, Vision(model).Transformer.Heads, model.Config.Text!.Transformer.Heads));
        Assert.False(model.Decisions.Single(static d => d.What == "vision heads").IsAssumed);
    }

    [Theory]
    [InlineData("ViT-B-32.bin", null, GeluKind.Erf)] // OpenCLIP's default
    [InlineData("vit_b_32-laion400m_e32-46683a32.pt", null, GeluKind.Quick)]
    [InlineData("vit_b_32-laion2b_e16.pt", null, GeluKind.Erf)]
    [InlineData("vit_b_32-laion2b_e16.pt", "ViT-B-32-quickgelu", GeluKind.Quick)]
    [InlineData("x.pt", "ViT-B/32", GeluKind.Quick)]
    public void The_gelu_comes_from_arch_or_training_or_default(string file, string? architecture, GeluKind expected)
    {
        ConversionOptions options = new() { Architecture = architecture };
        ModelDescription model = Resolve(VitB32, file, options: options);
        Assert.Equal(expected, Vision(model).Transformer.Gelu);
        Decision decision = model.Decisions.Single(static d => d.What == "vision GELU");
        Assert.Equal((architecture is null, ConversionSetting.Gelu), (decision.IsAssumed, decision.Setting));
    }

    [Fact]
    public void A_file_of_openai_known_by_its_hash_needs_no_assumption()
    {
        ModelDescription model = Resolve(VitB32, "x.pt", openAi: "ViT-B-32");
        Assert.Equal(GeluKind.Quick, model.Config.Text!.Transformer.Gelu);
        Assert.DoesNotContain(model.Decisions, static d => d.IsAssumed);
    }

    [Fact]
    public void What_the_user_says_wins_over_what_the_container_says()
    {
        SourceFacts facts = new() { Vision = new() { Gelu = GeluKind.Quick, Heads = 12 } };
        ModelDescription model = Resolve(VitB32, "x.gguf", facts, new ConversionOptions { Gelu = GeluKind.Tanh, VisionHeads = 6 });
        Assert.Equal((GeluKind.Tanh, 6), (Vision(model).Transformer.Gelu, Vision(model).Transformer.Heads));
    }

    [Fact]
    public void Other_arch_than_the_shapes_say_is_refused() => Assert.Contains(
        "They fit ViT-B-32.",
        Assert.Throws<ConversionException>(() => Resolve(VitB32, "x.pt", options: new() { Architecture = "ViT-L-14" })).Message);

    [Fact]
    public void Heads_that_do_not_divide_the_width_are_refused() => Assert.Equal(
        ConversionSetting.VisionHeads,
        Assert.Throws<ConversionException>(() => Resolve(VitB32, "x.pt", options: new() { VisionHeads = 7 })).Setting);

    [Fact]
    public void Another_image_size_than_the_positions_allow_is_refused() => Assert.Contains(
        "says that pictures have 336 pixels, the tensors say 224",
        Assert.Throws<InvalidDataException>(() => Resolve(VitB32, "x.gguf", new() { ImageSize = 336 })).Message);

    [Fact]
    public void Two_places_that_state_different_things_are_an_error_with_the_setting_that_decides()
    {
        Decisions decisions = new();
        ConversionException refusal = Assert.Throws<ConversionException>(() => decisions.Take<int>(
            "vision heads", ConversionSetting.VisionHeads, new(12, "config.json", Trust.Stated), new(16, "GGUF", Trust.Stated)));
        Assert.Equal(("vision heads: config.json says 12, GGUF says 16.", ConversionSetting.VisionHeads), (refusal.Message, refusal.Setting));
    }

    [Fact]
    public void Preprocessing_of_an_unusual_training_is_known()
    {
        ModelDescription model = Resolve(VitH14, "DFN5B-CLIP-ViT-H-14.bin");
        Assert.Equal(Imaging.ResizeMode.Squash, model.Preprocessing.ResizeMode);
        Assert.Equal(GeluKind.Quick, Vision(model).Transformer.Gelu);
    }

    [Fact]
    public void All_sizes_that_differ_from_the_configuration_are_listed()
    {
        TransformerConfig transformer = new(512, 12, 8, 2048, GeluKind.Quick, 1e-5f);
        ClipConfig stated = new(512, null, new TextConfig(transformer with { Layers = 11 }, 64, 49_408));
        string message = Assert.Throws<InvalidDataException>(() => SizeCheck.Require(VitB32 with { Vision = null }, stated, "config.json")).Message;
        Assert.Contains("text layers: config.json says 11, the tensors say 12", message);
        Assert.Contains("context length: config.json says 64, the tensors say 77", message);
    }

    private static VisionTransformerConfig Vision(ModelDescription model) => (VisionTransformerConfig)model.Config.Vision!;

    private static ModelDescription Resolve(
        ModelSizes sizes, string file, SourceFacts? facts = null, ConversionOptions? options = null, string? openAi = null)
    {
        using SourceCheckpoint source = new("test", [], []) { Facts = facts ?? new() };
        ModelEvidence evidence = new(Path.Combine("models", file), source) { OpenAiModel = openAi };
        return ModelResolver.Resolve(sizes, evidence, options ?? new());
    }
}
