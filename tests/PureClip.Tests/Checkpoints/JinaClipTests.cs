using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Imaging;
using PureClip.Model;
using PureClip.Tests.Files;

namespace PureClip.Tests.Checkpoints;

/// <summary>jina-clip: its pictures go through an EVA02, its texts through a tower that is not built.</summary>
public sealed class JinaClipTests
{
    private static readonly string Folder = TestData.PathOf("families/jina-clip");

    [Theory, MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void The_tower_gives_the_reference_embeddings(string tier) => FamilyChecks.Towers(Open(), tier);

    [Fact]
    public void The_directory_gives_them_too() => FamilyChecks.Directory(Open());

    [Fact]
    public void Bits_do_not_depend_on_batch_or_threads_and_calls_allocate_nothing() => FamilyChecks.Bits(Open());

    [Fact]
    public void Narrow_weights_are_near_and_packed_ones_the_same() => FamilyChecks.NarrowWeights(Open());

    [Fact]
    public void A_tensor_that_is_renamed_missing_or_too_many_is_named() => FamilyChecks.NamesOfTensors(Folder);

    [Fact]
    public void Texts_are_refused_and_what_is_missing_is_said()
    {
        using Clip clip = Clip.Load(Folder);
        Assert.Contains("a vision tower only", Assert.Throws<InvalidOperationException>(() => clip.EncodeText("a cat")).Message);
        Assert.Contains(ModelDirectory.Open(Folder).Assumptions, sentence => sentence.Contains("text tower is not built"));
        // Tables of angles and the other tower stay in the file, each with its reason.
        Assert.Equal(
            ["not used: belongs to the text tower, which the configuration does not have", "not used: carries nothing", "not used: carries nothing"],
            ModelInspection.Of(Folder).Tensors.Select(tensor => tensor.Note).OfType<string>().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("no rotary positions")]
    [InlineData("positions not scaled")]
    [InlineData("columns before rows")]
    [InlineData("another eps")]
    [InlineData("squashed")]
    public void A_wrong_twin_is_told_apart(string mistake)
    {
        using FamilyFixture fixture = Open();
        VisionTransformerConfig vision = (VisionTransformerConfig)fixture.Config.Vision!;
        TransformerConfig blocks = vision.Transformer;
        TransformerConfig wrong = mistake switch
        {
            "no rotary positions" => blocks with { Rotary = null },
            "positions not scaled" => blocks with { Rotary = blocks.Rotary! with { TrainedGrid = vision.Grid } },
            "columns before rows" => blocks with { Rotary = blocks.Rotary! with { ColumnsFirst = true } },
            "another eps" => blocks with { LayerNormEps = 1e-5f },
            _ => blocks,
        };
        float difference = fixture.Images(
            fixture.Config with { Vision = vision with { Transformer = wrong } },
            mistake == "squashed" ? fixture.Preprocessing with { ResizeMode = ResizeMode.Squash } : null);
        Assert.True(difference > 4 * fixture.Tolerance, $"{mistake}: {difference:R} away only");
    }

    [Theory]
    [InlineData("naive_swiglu", false, "'naive_swiglu' is false; supported is true, as in EVA02")]
    [InlineData("subln", false, "'subln' is false")]
    [InlineData("rope_embeddings", false, "'rope_embeddings' is false")]
    [InlineData("qkv_bias", false, "'qkv_bias' is false")]
    [InlineData("post_norm", true, "'post_norm' is true; supported is false")]
    [InlineData("ls_init_value", 0.1, "'ls_init_value' is set (LayerScale); supported is null")]
    [InlineData("intp_freq", false, "'intp_freq' is false with pictures of 40 pixels; supported is true, or 16 patches of a side")]
    [InlineData("head_width", 12, "'head_width' is 12; supported is a divisor of the width 32")]
    [InlineData("embed_dim", 24, "'proj_type' is null with 24 numbers of an embedding; supported is linear, or embed_dim 32")]
    [InlineData("proj_type", "mlp", "'proj_type' is \"mlp\"; supported is null or linear")]
    [InlineData("proj_type", "linear", "vision_model.head.weight")] // its tensors are not there
    public void What_is_not_EVA02_is_refused_by_its_field(string field, object value, string expected)
    {
        using TempDirectory copy = new();
        foreach (string path in Directory.EnumerateFiles(Folder))
            copy.Write(Path.GetFileName(path), File.ReadAllBytes(path));
        JsonNode config = JsonNode.Parse(File.ReadAllText(copy.File("config.json")))!;
        config["vision_config"]![field] = JsonValue.Create(value);
        File.WriteAllText(copy.File("config.json"), config.ToJsonString());
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Clip.Load(copy.Path)).Message);
    }

    private static FamilyFixture Open() => new(Folder, TestData.PathOf("families/inputs"));
}
