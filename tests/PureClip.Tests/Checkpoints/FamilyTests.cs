using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Files;
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
    private static readonly string[] Committed = ["siglip-hf", "eva02e-openclip"];

    private static readonly string[] Families =
    [
        "siglip-hf", "siglip-openclip", "siglip2-hf", "siglip2-openclip", "eva02-openclip", "eva02e-openclip", "pe-openclip", "coca-openclip",
        "clipa-openclip", "siglip2-naflex-hf",
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
        float images = fixture.Images(tier: Tiers.Of(tier)), texts = fixture.Texts(tier: Tiers.Of(tier));
        Assert.True(images <= fixture.Tolerance && texts <= fixture.Tolerance, $"pictures {images}, texts {texts}");
    }

    /// <summary>Files to embeddings, probabilities included: the directory as somebody would have downloaded it.</summary>
    [Theory, MemberData(nameof(All))]
    public void Directories_give_the_reference_embeddings_and_probabilities(string family)
    {
        using FamilyFixture fixture = Open(family);
        JsonNode expected = fixture.Expected;
        using Clip clip = Clip.Load(PathOf(family), new() { Truncation = Truncation.KeepEnd });
        Assert.Equal(expected["probability"]!.GetValue<string>() == "sigmoid", clip.IsSigmoid);
        Assert.Equal(expected["logit_scale"]!.GetValue<float>(), clip.LogitScale, 1e-3f);
        Assert.Equal(expected["logit_bias"]?.GetValue<float>() ?? 0f, clip.LogitBias);

        string[] texts = [.. expected["texts"]!.AsArray().Select(text => text!["text"]!.GetValue<string>())];
        float[][] embeddings = clip.EncodeTexts(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            JsonNode text = expected["texts"]![i]!;
            Assert.Equal(text["ids"]!.AsArray().Select(id => id!.GetValue<int>()), clip.Tokenizer!.Encode(texts[i], pad: true).Ids.ToArray());
            AssertClose(text["embedding"]!, embeddings[i], fixture.Tolerance, texts[i]);
        }
        foreach ((string name, JsonNode? embedding) in expected["images"]!.AsObject())
        {
            float[] picture = clip.EncodeImage(TestData.PathOf($"families/inputs/{name}"));
            AssertClose(embedding!, picture, fixture.Tolerance, name);
            float[] logits = [.. embeddings.Select(text => Similarity.Logit(clip, picture, text))];
            float[] probabilities = clip.IsSigmoid
                ? [.. embeddings.Select(text => Similarity.Probability(clip, Similarity.Cosine(picture, text)))]
                : Similarity.Softmax(logits);
            AssertClose(expected["probabilities"]![name]!, probabilities, 1e-4f, name);
        }
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

    /// <summary>What alone a picture or a text gives, it gives in company, on any number of threads, and without memory.</summary>
    [Theory, MemberData(nameof(All))]
    public void Bits_do_not_depend_on_batch_or_threads_and_calls_allocate_nothing(string family)
    {
        using FamilyFixture fixture = Open(family);
        using Clip clip = Clip.Load(PathOf(family), new() { Threads = 1 }), other = Clip.Load(PathOf(family), new() { Threads = 2 });
        ReadOnlyMemory<int>[] ids =
            [.. fixture.Expected["texts"]!.AsArray().Select(text => text!["ids"]!.AsArray().Select(id => id!.GetValue<int>()).ToArray())];
        int width = clip.EmbeddingWidth, size = clip.Preprocessor!.OutputLength;
        float[] pixels = WithSizes(Matrices.Random(5 * size, 3, 2f), size, clip), together = new float[5 * width], alone = new float[width];
        float[] texts = new float[ids.Length * width];
        clip.EncodePixels(pixels, 5, together);
        clip.EncodeTokens(ids, texts);
        foreach (Clip any in (Clip[])[clip, other])
        {
            any.EncodePixels(pixels.AsSpan(3 * size, size), 1, alone);
            TensorAssert.SameBits(together.AsSpan(3 * width, width), alone);
            any.EncodeTokens(ids[2].Span, alone);
            TensorAssert.SameBits(texts.AsSpan(2 * width, width), alone);
        }
        NoAllocation.Assert(() => clip.EncodePixels(pixels, 5, together));
        NoAllocation.Assert(() => clip.EncodeTokens(ids, texts));
    }

    /// <summary>8 bits change an embedding by what 8 bits are worth; 16 by less. Every matrix takes each of them.</summary>
    [Theory, MemberData(nameof(All))]
    public void Narrow_weights_are_near(string family)
    {
        using FamilyFixture fixture = Open(family);
        using Clip exact = Clip.Load(PathOf(family));
        int size = exact.Preprocessor!.OutputLength;
        float[] pixels = WithSizes(Matrices.Random(size, 4, 2f), size, exact), expected = new float[exact.EmbeddingWidth];
        exact.EncodePixels(pixels, 1, expected);
        foreach ((WeightType type, float most) in ((WeightType, float)[])[(WeightType.BF16, 0.05f), (WeightType.Int8, 0.2f)])
        {
            using Clip narrow = Clip.Load(PathOf(family), new() { Weights = type });
            float[] actual = new float[expected.Length];
            narrow.EncodePixels(pixels, 1, actual);
            Assert.InRange(expected.Zip(actual, (a, b) => MathF.Abs(a - b)).Max(), 1e-7f, most);
            int inner = ModelInspection.Of(PathOf(family)).Vision(type)!.Matrices[type];
            Assert.InRange(inner, type == WeightType.Int8 ? 8 : 9, 40);
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
        JsonNode listed = JsonNode.Parse(File.ReadAllText(TestData.PathOf("families/sensitivity.json")))![family]!;
        if (listed[mistake]?[twin.IsOfTexts ? "texts" : "images"] is JsonNode far)
            Assert.InRange(difference / far.GetValue<float>(), 0.97f, 1.03f);
    }

    public static IEnumerable<object[]> Twins => Here.SelectMany(family =>
    {
        using FamilyFixture fixture = Open(family);
        return TwinsOf(fixture).Select(twin => (object[])[family, twin.Mistake]).ToArray();
    });

    [Theory, MemberData(nameof(All))]
    public void A_tensor_that_is_renamed_missing_or_too_many_is_named(string family)
    {
        string folder = PathOf(family), weights = Path.GetFileName(ModelDirectory.FindWeights(folder)!);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, weights));
        foreach (TensorInfo tensor in file.Tensors.Where(tensor =>
            !tensor.Name.StartsWith("logit_", StringComparison.Ordinal) && !tensor.Name.StartsWith("text_decoder.", StringComparison.Ordinal)))
        {
            using TemporaryFolder copy = new();
            foreach (string other in Directory.EnumerateFiles(folder).Where(path => Path.GetExtension(path) != ".safetensors"))
                File.Copy(other, Path.Combine(copy.Path, Path.GetFileName(other)));
            string Refusal(IEnumerable<TensorSource> tensors)
            {
                SafetensorsWriter.Write(Path.Combine(copy.Path, weights), tensors);
                return Assert.Throws<InvalidDataException>(() => Clip.Load(copy.Path)).Message;
            }
            TensorSource[] all = [.. file.Tensors.Select(one => Source(file, one, one.Name))];
            string missing = Refusal(all.Where(one => one.Name != tensor.Name));
            Assert.Contains(tensor.Name, missing);
            string renamed = Refusal(all.Where(one => one.Name != tensor.Name).Append(Source(file, tensor, tensor.Name + "_")));
            Assert.Contains(tensor.Name, renamed);
            Assert.Contains(tensor.Name + "_", renamed);
            Assert.Contains(tensor.Name + "_", Refusal(all.Append(Source(file, tensor, tensor.Name + "_"))));
        }
    }

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

    private static TensorSource Source(SafetensorsFile file, TensorInfo tensor, string name) =>
        new(name, tensor.Type, [.. tensor.Shape], stream =>
        {
            byte[] bytes = new byte[tensor.ByteLength];
            file.Read(tensor, 0, bytes);
            stream.Write(bytes);
        });

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
        if (vision.ReadAt == VisionReadOut.MeanOfPatches)
            yield return OfPictures("class token instead of the mean", vision with { ReadAt = VisionReadOut.ClassToken });
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
                if (t.Layers > 1) // the token that is read sees all others anyway
                    yield return OfTexts("text without a mask", text with { IsCausal = false });
                yield return OfTexts("first token pooled", text with { EndOfTextId = -1 });
                break;
        }
    }

    /// <summary>Where sizes follow the pictures, each begins with its own: here another for each.</summary>
    private static float[] WithSizes(float[] pixels, int size, Clip clip)
    {
        for (int i = 0; clip.Preprocessor!.Config.MostPatches is not null && i * size < pixels.Length; i++)
            (pixels[i * size], pixels[i * size + 1]) = (1 + i, 7 - i);
        return pixels;
    }

    private static FamilyFixture Open(string family) => new(PathOf(family), TestData.PathOf("families/inputs"));

    private static string PathOf(string family) =>
        Committed.Contains(family) ? TestData.PathOf($"families/{family}") : Fixtures.PathOf($"families/{family}");

    private static void AssertClose(JsonNode expected, float[] actual, float tolerance, string what)
    {
        float[] numbers = [.. expected.AsArray().Select(number => number!.GetValue<float>())];
        Assert.Equal(numbers.Length, actual.Length);
        float worst = numbers.Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= tolerance, $"{what}: {worst:R} away from the reference; allowed is a difference of {tolerance:R}.");
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("pureclip-family-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    private sealed record Twin(string Mistake, bool IsOfTexts)
    {
        public Func<ClipConfig, ClipConfig> Config { get; init; } = config => config;

        public Func<ImagePreprocessorConfig, ImagePreprocessorConfig> Rules { get; init; } = rules => rules;

        public Func<int[], int[]>? Ids { get; init; }
    }
}
