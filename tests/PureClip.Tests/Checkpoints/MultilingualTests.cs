using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;
using PureClip.Tests.Files;

namespace PureClip.Tests.Checkpoints;

/// <summary>
/// Models for texts of many languages in the layouts in which they are published: tiny ones with random weights, and the embeddings that
/// the reference code gives in double precision.
/// </summary>
public sealed class MultilingualTests
{
    // Those that are in the repository; the others are large, and used where they are.
    private static readonly string[] Committed = ["mclip", "chinese-clip"];

    private static readonly string[] Families = ["mclip", "chinese-clip", "xlmr-openclip", "st-distilbert", "altclip-hf", "metaclip2-hf"];

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

    [Theory, MemberData(nameof(AllOnAllTiers))]
    public void Towers_give_the_reference_embeddings(string tier, string family)
    {
        using FamilyFixture fixture = Open(family);
        float texts = fixture.Texts(tier: Tiers.Of(tier));
        Assert.True(texts <= fixture.Tolerance, $"texts {texts}");
    }

    /// <summary>Files and texts to embeddings: the directory as somebody would have downloaded it.</summary>
    [Theory, MemberData(nameof(All))]
    public void Directories_give_the_reference_ids_and_embeddings(string family)
    {
        using FamilyFixture fixture = Open(family);
        using Clip clip = Clip.Load(PathOf(family), new() { Truncation = Truncation.KeepEnd });
        JsonNode[] texts = [.. fixture.Expected["texts"]!.AsArray().Select(text => text!)];
        float[][] embeddings = clip.EncodeTexts([.. texts.Select(text => text["text"]!.GetValue<string>())]);
        for (int i = 0; i < texts.Length; i++)
        {
            int[] wanted = IdsOf(texts[i]);
            Assert.Equal(wanted, clip.Tokenizer!.Encode(texts[i]["text"]!.GetValue<string>(), pad: true).Ids.ToArray().Take(wanted.Length));
            AssertClose(texts[i]["embedding"]!, embeddings[i], fixture.Tolerance);
        }
    }

    [FixtureTheory("families")]
    [InlineData("chinese-clip")]
    [InlineData("xlmr-openclip")]
    [InlineData("altclip-hf")]
    [InlineData("metaclip2-hf")]
    public void Pictures_have_the_reference_embeddings(string family)
    {
        using FamilyFixture fixture = new(Fixtures.PathOf($"families/{family}"), Fixtures.PathOf("checkpoints/tiny/inputs"));
        float images = fixture.Images();
        Assert.True(images <= fixture.Tolerance, $"pictures {images}");
    }

    /// <summary>What alone a text gives, it gives in company, with padding or not, on any number of threads, and without memory.</summary>
    [Theory, MemberData(nameof(All))]
    public void Bits_do_not_depend_on_batch_padding_or_threads_and_calls_allocate_nothing(string family)
    {
        using FamilyFixture fixture = Open(family);
        using Clip clip = Clip.Load(PathOf(family), new() { Threads = 1 }), other = Clip.Load(PathOf(family), new() { Threads = 2 });
        ReadOnlyMemory<int>[] ids = [.. fixture.Expected["texts"]!.AsArray().Select(text => (ReadOnlyMemory<int>)IdsOf(text!))];
        int width = clip.EmbeddingWidth;
        float[] together = new float[ids.Length * width], alone = new float[width];
        clip.EncodeTokens(ids, together);
        foreach (Clip any in (Clip[])[clip, other])
            for (int i = 0; i < ids.Length; i++)
            {
                any.EncodeTokens(ids[i].Span, alone);
                TensorAssert.SameBits(together.AsSpan(i * width, width), alone);
                any.EncodeTokens(ids[i].Span.TrimEnd(any.Tokenizer!.PadId), alone);
                TensorAssert.SameBits(together.AsSpan(i * width, width), alone);
            }
        NoAllocation.Assert(() => clip.EncodeTokens(ids, together));
    }

    /// <summary>8 bits change an embedding by what 8 bits are worth; 16 by less. Every matrix takes each of them.</summary>
    [Theory, MemberData(nameof(All))]
    public void Narrow_weights_are_near(string family)
    {
        using FamilyFixture fixture = Open(family);
        using Clip exact = Clip.Load(PathOf(family));
        int[] ids = IdsOf(fixture.Expected["texts"]![0]!);
        float[] expected = new float[exact.EmbeddingWidth], actual = new float[exact.EmbeddingWidth];
        exact.EncodeTokens(ids, expected);
        foreach ((WeightType type, float most) in ((WeightType, float)[])[(WeightType.BF16, 0.05f), (WeightType.Int8, 0.2f)])
        {
            using Clip narrow = Clip.Load(PathOf(family), new() { Weights = type });
            narrow.EncodeTokens(ids, actual);
            Assert.InRange(expected.Zip(actual, (a, b) => MathF.Abs(a - b)).Max(), 1e-7f, most);
            Assert.InRange(ModelInspection.Of(PathOf(family)).Text(type)!.Matrices[type], 8, 12);
        }
    }

    [Theory, MemberData(nameof(Twins))]
    public void A_wrong_twin_is_told_apart(string family, string mistake)
    {
        using FamilyFixture fixture = Open(family);
        Twin twin = TwinsOf(fixture).Single(one => one.Mistake == mistake);
        float difference = fixture.Texts(twin.Config is null ? null : fixture.Config with { Text = twin.Config }, change: twin.Ids);
        Assert.True(difference > 20 * fixture.Tolerance, $"{mistake}: {difference:R} away only");
    }

    [Theory, MemberData(nameof(All))]
    public void A_tensor_that_is_renamed_missing_or_too_many_is_named(string family)
    {
        using TempDirectory copy = new();
        string folder = PathOf(family), weights = Path.GetFileName(ModelDirectory.FindWeights(folder)!);
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy.Path, Path.GetRelativePath(folder, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, File.ReadAllBytes(path));
        }
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, weights));
        TensorSource[] all = [.. file.Tensors.Select(tensor => Source(file, tensor, tensor.Name))];
        string Refusal(IEnumerable<TensorSource> tensors)
        {
            SafetensorsWriter.Write(copy.File(weights), tensors);
            return Assert.Throws<InvalidDataException>(() => Clip.Load(copy.Path)).Message;
        }
        foreach (TensorInfo tensor in file.Tensors)
        {
            if (tensor.Name == "logit_scale" || Names.IsIgnorable(tensor.Name) || tensor.Name.StartsWith("vis", StringComparison.Ordinal))
                continue;
            TensorSource renamed = Source(file, tensor, tensor.Name + "_");
            TensorSource[] others = [.. all.Where(one => one.Name != tensor.Name)];
            // A tower that was saved by itself has one word more in messages, or less.
            string name = tensor.Name[(tensor.Name.IndexOf('.', StringComparison.Ordinal) + 1)..];
            Assert.Contains(name, Refusal(others));
            Assert.Contains(tensor.Name + "_", Refusal([.. others, renamed]));
            Assert.Contains(tensor.Name + "_", Refusal([.. all, renamed]));
        }
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
        yield return new("tanh GELU", text with { Transformer = t with { Gelu = GeluKind.Tanh } });
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
        if (bert.FirstPosition > 0)
        {
            yield return new("positions from 0", text with { Bert = bert with { FirstPosition = 0 } });
            yield return new("positions from 1", text with { Bert = bert with { FirstPosition = 1 } });
            yield return new("ids of the model's file", null) { Ids = ids => Array.ConvertAll(ids, id => id > 3 ? id - 1 : id) };
        }
    }

    private static FamilyFixture Open(string family) => new(PathOf(family), "");

    private static string PathOf(string family) =>
        Committed.Contains(family) ? TestData.PathOf($"families/{family}") : Fixtures.PathOf($"families/{family}");

    private static int[] IdsOf(JsonNode text) => [.. text["ids"]!.AsArray().Select(id => id!.GetValue<int>())];

    private static TensorSource Source(SafetensorsFile file, TensorInfo tensor, string name) =>
        new(name, tensor.Type, [.. tensor.Shape], stream =>
        {
            byte[] bytes = new byte[tensor.ByteLength];
            file.Read(tensor, 0, bytes);
            stream.Write(bytes);
        });

    private static void AssertClose(JsonNode expected, float[] actual, float tolerance)
    {
        float[] numbers = [.. expected.AsArray().Select(number => number!.GetValue<float>())];
        Assert.Equal(numbers.Length, actual.Length);
        Assert.InRange(numbers.Zip(actual, (e, a) => MathF.Abs(e - a)).Max(), 0, tolerance);
    }

    private sealed record Twin(string Mistake, TextConfig? Config)
    {
        public Func<int[], int[]>? Ids { get; init; }
    }
}
