using System.Text.Json.Nodes;
using PureClip.Model;
using PureClip.Tests.Files;

namespace PureClip.Tests.Checkpoints;

/// <summary>
/// Models whose texts go through an encoder of BERT's kind, most of them for many languages, in the layouts in which they are published: tiny ones with random weights, and the embeddings that
/// the reference code gives in double precision.
/// </summary>
public sealed class MultilingualTests
{
    // Those that are in the repository; the others are large, and used where they are.
    private static readonly string[] Committed = ["mclip", "chinese-clip", "roberta-openclip", "bert-openclip", "nllb-openclip"];

    // Towers of their texts that were saved by themselves.
    private static readonly string[] Lone = ["mclip", "st-distilbert"];

    private static readonly string[] Families =
    [
        "mclip", "chinese-clip", "roberta-openclip", "bert-openclip", "nllb-openclip", "xlmr-openclip", "st-distilbert", "altclip-hf",
        "metaclip2-hf",
    ];

    public static TheoryData<string> All => [.. Here];

    public static IEnumerable<object[]> AllOnAllTiers => Tiers.With(Here.Select(family => (object[])[family]));

    public static IEnumerable<object[]> Twins => Here.SelectMany(family =>
    {
        using FamilyFixture fixture = Open(family);
        return TwinsOf(fixture).Select(twin => (object[])[family, twin.Mistake]).ToArray();
    });

    private static IEnumerable<string> Here => Families.Where(family => Directory.Exists(PathOf(family)));

    /// <summary>Says what is skipped where the large fixtures are not.</summary>
    [FixtureFact("families")]
    public void All_families_are_here() => Assert.Equal(Families, Here);

    /// <summary>Token ids and prepared pictures through the towers, on every vector width.</summary>
    [Theory, MemberData(nameof(AllOnAllTiers))]
    public void Towers_give_the_reference_embeddings(string tier, string family)
    {
        using FamilyFixture fixture = Open(family);
        FamilyChecks.Towers(fixture, tier);
    }

    [Theory, MemberData(nameof(All))]
    public void Directories_give_the_reference_ids_embeddings_and_probabilities(string family)
    {
        using FamilyFixture fixture = Open(family);
        FamilyChecks.Directory(fixture);
    }

    [Theory, MemberData(nameof(All))]
    public void Bits_do_not_depend_on_batch_padding_or_threads_and_calls_allocate_nothing(string family)
    {
        using FamilyFixture fixture = Open(family);
        FamilyChecks.Bits(fixture);
    }

    [Theory, MemberData(nameof(All))]
    public void Narrow_weights_are_near_and_packed_ones_the_same(string family)
    {
        using FamilyFixture fixture = Open(family);
        FamilyChecks.NarrowWeights(fixture);
    }

    [Theory, MemberData(nameof(All))]
    public void A_tensor_that_is_renamed_missing_or_too_many_is_named(string family) =>
        FamilyChecks.NamesOfTensors(PathOf(family), isLone: Lone.Contains(family));

    [Theory, MemberData(nameof(Twins))]
    public void A_wrong_twin_is_told_apart(string family, string mistake)
    {
        using FamilyFixture fixture = Open(family);
        Twin twin = TwinsOf(fixture).Single(one => one.Mistake == mistake);
        float difference = fixture.Texts(twin.Config is null ? null : fixture.Config with { Text = twin.Config }, change: twin.Ids);
        Assert.True(difference > 5 * fixture.Tolerance, $"{mistake}: {difference:R} away only");
    }

    [Theory]
    [InlineData("modelBase", "bert-base-cased", "'modelBase' is \"bert-base-cased\"; supported is xlm-roberta-base, xlm-roberta-large")]
    [InlineData("modelBase", null, "'modelBase' is absent")]
    [InlineData("transformerDimensions", 768, "'transformerDimensions' is 768; supported is 32, the width of xlm-roberta-large")]
    [InlineData("numDims", null, "'numDims'")]
    public void A_configuration_that_says_too_little_or_something_else_is_refused(string field, object? value, string expected)
    {
        using TempDirectory copy = new();
        foreach (string path in Directory.EnumerateFiles(TestData.PathOf("families/mclip")))
            copy.Write(Path.GetFileName(path), File.ReadAllBytes(path));
        JsonObject config = JsonNode.Parse(File.ReadAllText(copy.File("config.json")))!.AsObject();
        config[field] = JsonValue.Create(value);
        if (value is null)
            config.Remove(field);
        File.WriteAllText(copy.File("config.json"), config.ToJsonString());
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Clip.Load(copy.Path)).Message);
    }

    [FixtureTheory("families")]
    [InlineData("2_Dense/config.json", "activation_function", "torch.nn.modules.activation.Tanh", "Tanh")]
    [InlineData("1_Pooling/config.json", "pooling_mode_cls_token", true, "'pooling_mode_cls_token' is true")]
    [InlineData("2_Dense/config.json", "in_features", 64, "64, the in_features of the dense layer")]
    [InlineData("2_Dense/config.json", "out_features", 32, "linear.weight: expected [32, 32]")]
    public void Modules_of_another_kind_are_refused(string path, string field, object value, string expected)
    {
        using TempDirectory copy = new();
        string folder = Fixtures.PathOf("families/st-distilbert");
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy.Path, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, File.ReadAllBytes(file));
        }
        JsonObject config = JsonNode.Parse(File.ReadAllText(copy.File(path)))!.AsObject();
        config[field] = JsonValue.Create(value);
        File.WriteAllText(copy.File(path), config.ToJsonString());
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Clip.Load(copy.Path)).Message);
    }

    private static IEnumerable<Twin> TwinsOf(FamilyFixture fixture)
    {
        TextConfig text = fixture.Config.Text!;
        TransformerConfig t = text.Transformer;
        yield return new("tanh GELU", text with { Transformer = t with { Gelu = GeluKind.Tanh, IsRelu = false } });
        yield return new("another eps", text with { Transformer = t with { LayerNormEps = t.LayerNormEps == 1e-5f ? 1e-12f : 1e-5f } });
        if (text.Bert is not BertConfig bert)
        {
            yield return new("largest id pooled", text with { EndOfTextId = null });
            yield return new("no causal mask", text with { IsCausal = false });
            yield break;
        }
        bool isMean = text.ReadAt == TextReadOut.MeanOfTokens;
        yield return new("another read-out", text with { ReadAt = isMean ? TextReadOut.FirstToken : TextReadOut.MeanOfTokens });
        yield return new("padding seen", text with { Bert = bert with { PadId = text.VocabularySize - 1 } });
        if (bert.HasPooler)
            yield return new("no pooler", text with { Bert = bert with { HasPooler = false } });
        if (bert.HasSinePositions)
            yield return new("tokens not scaled", text with { Bert = bert with { TokenScale = 1 } });
        if (t.IsRelu)
            yield return new("erf GELU", text with { Transformer = t with { IsRelu = false } });
        if (bert.FirstPosition > 0)
        {
            yield return new("positions from 0", text with { Bert = bert with { FirstPosition = 0 } });
            yield return new("positions from 1", text with { Bert = bert with { FirstPosition = 1 } });
            yield return new("ids of the model's file", null) { Ids = ids => Array.ConvertAll(ids, id => id > 3 ? id - 1 : id) };
        }
    }

    private static FamilyFixture Open(string family) => new(PathOf(family), TestData.PathOf("families/inputs"));

    private static string PathOf(string family) =>
        Committed.Contains(family) ? TestData.PathOf($"families/{family}") : Fixtures.PathOf($"families/{family}");

    private sealed record Twin(string Mistake, TextConfig? Config)
    {
        public Func<int[], int[]>? Ids { get; init; }
    }
}
