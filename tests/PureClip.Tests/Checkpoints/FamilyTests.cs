using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Imaging;
using PureClip.Labels;
using PureClip.Model;

namespace PureClip.Tests.Checkpoints;

/// <summary>
/// Every transformer family in the layouts in which it is published: tiny models with random weights, and the embeddings that the reference
/// code gives in double precision.
/// </summary>
public sealed class FamilyTests
{
    // Those that are in the repository; the others are large, and used where they are.
    private static readonly string[] Committed = ["siglip-hf", "eva02e-openclip", "mobileclip2-l-openclip", "vitamin-openclip"];

    private static readonly string[] Families =
    [
        "siglip-hf", "siglip-openclip", "siglip2-hf", "siglip2-openclip", "eva02-openclip", "eva02e-openclip", "pe-openclip", "coca-openclip",
        "clipa-openclip", "siglip2-naflex-hf", "mobileclip2-l-openclip",
        "vitamin-openclip",
    ];

    public static TheoryData<string> All => [.. Here];

    public static IEnumerable<object[]> AllOnAllTiers => Tiers.With(Here.Select(family => (object[])[family]));

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
    public void Directories_give_the_reference_embeddings_and_probabilities(string family)
    {
        using FamilyFixture fixture = Open(family);
        FamilyChecks.Directory(fixture);
    }

    [Theory, MemberData(nameof(All))]
    public void Bits_do_not_depend_on_batch_or_threads_and_calls_allocate_nothing(string family)
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
    public void A_tensor_that_is_renamed_missing_or_too_many_is_named(string family) => FamilyChecks.NamesOfTensors(PathOf(family));

    /// <summary>Who cannot load a model finds it in the list, with the reason.</summary>
    [Fact]
    public void What_is_known_and_not_built_is_listed_for_people()
    {
        string page = File.ReadAllText(Path.Combine(TestData.Root, "weights", "README.md"));
        string list = page[page.IndexOf("## What is refused by name", StringComparison.Ordinal)..];
        Assert.All(KnownGaps.Names, name => Assert.Contains($"`{name}", list));
    }

    [Fact]
    public void A_zero_shot_classifier_of_a_sigmoid_model_gives_each_pair_its_own_probability()
    {
        using FamilyFixture fixture = Open("siglip-hf");
        using Clip clip = Clip.Load(PathOf("siglip-hf"), new() { Truncation = Truncation.KeepEnd });
        string[] texts = [.. fixture.Expected["texts"]!.AsArray().Select(text => text!["text"]!.GetValue<string>())];
        int[] chosen = [.. Enumerable.Range(0, texts.Length).Where(i => !string.IsNullOrWhiteSpace(texts[i]))];
        Classifier classifier = ZeroShotClassifier.Create(clip, Array.ConvertAll(chosen, i => texts[i]));
        foreach ((string name, JsonNode? all) in fixture.Expected["probabilities"]!.AsObject())
        {
            float[] expected = [.. chosen.Select(i => all![i]!.GetValue<float>())];
            float[] actual = classifier.Classify(clip.EncodeImage(TestData.PathOf($"families/inputs/{name}")));
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], 1e-4f);
        }
    }

    /// <summary>One wrong twin of every kind that a configuration, a rule or ids can say is told apart.</summary>
    [Theory, MemberData(nameof(Twins))]
    public void A_wrong_twin_is_told_apart(string family, string mistake)
    {
        using FamilyFixture fixture = Open(family);
        Twin twin = TwinsOf(fixture).Single(one => one.Mistake == mistake);
        float difference = twin.IsOfTexts
            ? fixture.Texts(twin.Config(fixture.Config), change: twin.Ids)
            : fixture.Images(twin.Config(fixture.Config), twin.Rules(fixture.Preprocessing));
        Assert.True(difference > 4 * fixture.Tolerance, $"{mistake}: {difference:R} away only");
        // As far as the reference's own list of mistakes says, where it has this one.
        JsonNode? listed = JsonNode.Parse(File.ReadAllText(TestData.PathOf("families/sensitivity.json")))![family];
        if (listed?[mistake]?[twin.IsOfTexts ? "texts" : "images"] is JsonNode far)
            Assert.InRange(difference / far.GetValue<float>(), 0.97f, 1.03f);
    }

    public static IEnumerable<object[]> Twins => Here.SelectMany(family =>
    {
        using FamilyFixture fixture = Open(family);
        return TwinsOf(fixture).Select(twin => (object[])[family, twin.Mistake]).ToArray();
    });

    /// <summary>Published sizes of the rule, and what no picture of such a model says.</summary>
    [FixtureFact("families/siglip2-naflex-hf")]
    public void Pictures_keep_their_proportions_in_whole_patches()
    {
        using FamilyFixture fixture = Open("siglip2-naflex-hf");
        ImagePreprocessor preprocessor = new(fixture.Preprocessing);
        float[] pixels = new float[preprocessor.OutputLength];
        foreach ((string name, JsonNode? grid) in fixture.Expected["grids"]!.AsObject())
        {
            preprocessor.Preprocess(ImageFormats.Decode(File.ReadAllBytes(TestData.PathOf($"families/inputs/{name}"))), pixels);
            Assert.Equal(grid!.AsArray().Select(side => side!.GetValue<float>()), pixels[..2]);
        }
        using Clip clip = Clip.Load(PathOf("siglip2-naflex-hf"));
        float[] embedding = new float[clip.EmbeddingWidth];
        foreach ((float rows, float columns) in ((float, float)[])[(0, 3), (7, 6), (1.5f, 2), (float.NaN, 1)])
        {
            (pixels[0], pixels[1]) = (rows, columns);
            Assert.Contains("at most 36", Assert.Throws<ArgumentException>(() => clip.EncodePixels(pixels, 1, embedding)).Message);
        }
        Assert.Contains("own proportions", Assert.Throws<ArgumentException>(() =>
            Clip.Load(PathOf("siglip2-naflex-hf"), new() { ImageSize = 64 })).Message);
    }

    /// <summary>The mistakes that apply to a family, in the words of the reference's list where that has them.</summary>
    private static IEnumerable<Twin> TwinsOf(FamilyFixture fixture)
    {
        VisionTransformerConfig vision = (VisionTransformerConfig)fixture.Config.Vision!;
        TextConfig text = fixture.Config.Text!;
        TransformerConfig v = vision.Transformer, t = text.Transformer;
        Twin OfPictures(string mistake, VisionTransformerConfig other) => new(mistake, false) { Config = c => c with { Vision = other } };
        Twin OfRules(string mistake, Func<ImagePreprocessorConfig, ImagePreprocessorConfig> other) => new(mistake, false) { Rules = other };
        Twin OfTexts(string mistake, TextConfig other) => new(mistake, true) { Config = c => c with { Text = other } };
        if (!v.IsGated)
        {
            GeluKind gelu = v.Gelu == GeluKind.Tanh ? GeluKind.Erf : GeluKind.Tanh;
            yield return OfPictures(
                gelu == GeluKind.Erf ? "erf GELU instead of tanh" : "tanh GELU instead of erf", vision with { Transformer = v with { Gelu = gelu } });
            yield return OfPictures("quick GELU", vision with { Transformer = v with { Gelu = GeluKind.Quick } });
        }
        float eps = v.LayerNormEps == 1e-6f ? 1e-5f : 1e-6f;
        yield return OfPictures(
            eps == 1e-5f ? "norm eps 1e-5 instead of 1e-6" : "norm eps 1e-6 instead of 1e-5",
            vision with { Transformer = v with { LayerNormEps = eps } });
        yield return OfTexts("texts by another eps", text with { Transformer = t with { LayerNormEps = t.LayerNormEps == 1e-6f ? 1e-5f : 1e-6f } });
        yield return OfTexts("texts by another GELU", text with { Transformer = t with { Gelu = t.Gelu == GeluKind.Erf ? GeluKind.Tanh : GeluKind.Erf } });
        if (v.Rotary is RotaryConfig rotary)
        {
            yield return OfPictures("no rotary positions", vision with { Transformer = v with { Rotary = null } });
            yield return OfPictures("rotary positions not scaled", vision with { Transformer = v with { Rotary = rotary with { TrainedGrid = vision.Grid } } });
            yield return OfPictures("rotary coordinates swapped", vision with { Transformer = v with { Rotary = rotary with { ColumnsFirst = !rotary.ColumnsFirst } } });
            yield return OfPictures("rotary positions from another place", vision with { Transformer = v with { Rotary = rotary with { FirstPlace = 1 - rotary.FirstPlace } } });
        }
        if (v.Norms == NormPlace.Branch)
        {
            yield return OfPictures("norm before the branch", vision with { Transformer = v with { Norms = NormPlace.Before } });
            yield return OfPictures("norm after the sum", vision with { Transformer = v with { Norms = NormPlace.After } });
        }
        if (vision.ReadAt == VisionReadOut.AttentionHead && vision.PoolHeads != v.Heads)
            yield return OfPictures("pooling with the tower's heads", vision with { PoolHeads = v.Heads });
        if (vision.ReadAt == VisionReadOut.Queries)
            yield return OfPictures("pooling with other heads", vision with { PoolHeads = 2 });
        if (vision.ReadAt == VisionReadOut.MeanOfPatches && vision.HasClassToken)
            yield return OfPictures("class token instead of the mean", vision with { ReadAt = VisionReadOut.ClassToken });
        if (v.IsGeGlu)
            yield return OfPictures("other heads", vision with { Transformer = v with { Heads = 2 * v.Heads } });
        if (vision.MostPatches is not null)
        {
            yield return OfPictures("table without antialias", vision with { PositionRule = PositionRule.Bilinear });
            yield return OfRules("half the patches", rules => rules with { MostPatches = vision.MostPatches / 2 });
        }
        bool squashes = fixture.Preprocessing.ResizeMode == ResizeMode.Squash, isCubic = fixture.Preprocessing.Interpolation == ResampleFilter.Bicubic;
        if (vision.MostPatches is null)
            yield return OfRules(
                squashes ? "shortest side and centre crop instead of squash" : "squash instead of shortest side and centre crop",
                rules => rules with
                {
                    ResizeMode = squashes ? ResizeMode.ShortestEdge : ResizeMode.Squash,
                    ShortestEdge = rules.OutputWidth,
                    DoCenterCrop = true,
                });
        yield return OfRules(
            isCubic ? "bilinear instead of bicubic" : "bicubic instead of bilinear",
            rules => rules with { Interpolation = isCubic ? ResampleFilter.Bilinear : ResampleFilter.Bicubic });
        if (squashes)
            yield return OfRules(
                "OpenAI mean and deviation", rules => rules with { Mean = ImagePreprocessorConfig.OpenAIMean, Std = ImagePreprocessorConfig.OpenAIStd });
        else
            yield return OfRules("mean and deviation 0.5", rules => rules with { Mean = new(0.5f, 0.5f, 0.5f), Std = new(0.5f, 0.5f, 0.5f) });
        switch (text.ReadAt)
        {
            case TextReadOut.LastPosition:
                if (t.Layers > 1) // the last position sees all others anyway
                    yield return OfTexts("causal mask", text with { IsCausal = true });
                yield return OfTexts("largest id pooled and nothing behind it", text with { ReadAt = TextReadOut.EndOfText });
                yield return new("padded with another id", true)
                {
                    Ids = ids => [.. ids.Select((id, i) => ids.AsSpan(i).IndexOfAnyExcept(ids[^1]) < 0 ? 1 - ids[^1] : id)],
                };
                break;
            case TextReadOut.ClassToken:
                yield return new("padding seen", true) { Ids = ids => [.. ids.Select(id => id == 0 ? 1 : id)] };
                break;
            default:
                if (t.Layers > 1 || !text.IsCausal) // the token that is read sees all others before it anyway
                    yield return OfTexts(text.IsCausal ? "text without a mask" : "text with a mask", text with { IsCausal = !text.IsCausal });
                yield return OfTexts("first token pooled", text with { EndOfTextId = -1 });
                break;
        }
    }

    private static FamilyFixture Open(string family) => new(PathOf(family), TestData.PathOf("families/inputs"));

    private static string PathOf(string family) =>
        Committed.Contains(family) ? TestData.PathOf($"families/{family}") : Fixtures.PathOf($"families/{family}");

    private sealed record Twin(string Mistake, bool IsOfTexts)
    {
        public Func<ClipConfig, ClipConfig> Config { get; init; } = config => config;

        public Func<ImagePreprocessorConfig, ImagePreprocessorConfig> Rules { get; init; } = rules => rules;

        public Func<int[], int[]>? Ids { get; init; }
    }
}
