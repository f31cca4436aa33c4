extern alias converter;

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using converter::PureClip.Convert;
using PureClip.Checkpoints;
using PureClip.Files;

namespace PureClip.Tests.Checkpoints;

/// <summary>
/// Towers of convolutions in every layout in which they are published: tiny models with random weights, and the embeddings that the reference
/// code gives in double precision. Those whose weights are no safetensors are converted first.
/// </summary>
public sealed class ConvolutionFamilyTests
{
    // Those that are in the repository; the others are used where they are.
    private static readonly string[] Committed = ["mobileclip-s0-openclip", "mobileclip-b-apple", "convnext-openclip"];

    private static readonly string[] Families =
    [
        "rn50-openai", "rn50-openclip", "mobileclip-s0-unfused", "mobileclip-s0-fused", "mobileclip-s0-openclip",
        "mobileclip-s0-openclip-fused", "mobileclip2-s3-openclip", "mobileclip-b-apple", "mobileclip-b-openclip", "convnext-openclip",
        "convnext-mlp-openclip", "convnext-xxlarge-openclip",
    ];

    private static readonly TemporaryFolder Folder = new();

    private static readonly ConcurrentDictionary<string, string> Converted = new();

    public static TheoryData<string> All => [.. Here];

    public static IEnumerable<object[]> AllOnAllTiers => Tiers.With(Here.Select(family => (object[])[family]));

    private static IEnumerable<string> Here => Families.Where(family => Directory.Exists(SourceOf(family)));

    /// <summary>Says what is skipped where the large fixtures are not.</summary>
    [FixtureFact("families-conv")]
    public void All_families_are_here() => Assert.Equal(Families, Here);

    /// <summary>Token ids and prepared pictures through the towers, on every vector width.</summary>
    [Theory, MemberData(nameof(AllOnAllTiers))]
    public void Towers_give_the_reference_embeddings(string tier, string family)
    {
        using FamilyFixture fixture = Open(family);
        float images = fixture.Images(tier: Tiers.Of(tier)), texts = fixture.Texts(tier: Tiers.Of(tier));
        Assert.True(images <= fixture.Tolerance && texts <= fixture.Tolerance, $"pictures {images}, texts {texts}");
    }

    /// <summary>Files to embeddings: the directory as somebody would have downloaded it.</summary>
    [Theory, MemberData(nameof(All))]
    public void Directories_give_the_reference_embeddings(string family)
    {
        using FamilyFixture fixture = Open(family);
        using Clip clip = Clip.Load(PathOf(family), new() { Truncation = Truncation.KeepEnd });
        Assert.Equal(fixture.Expected["logit_scale"]!.GetValue<float>(), clip.LogitScale, 1e-3f);
        foreach (JsonNode? text in fixture.Expected["texts"]!.AsArray())
        {
            string words = text!["text"]!.GetValue<string>();
            Assert.Equal(text["ids"]!.AsArray().Select(id => id!.GetValue<int>()), clip.Tokenizer!.Encode(words, pad: true).Ids.ToArray());
            AssertClose(text["embedding"]!, clip.EncodeText(words), fixture.Tolerance, words);
        }
        foreach ((string name, JsonNode? embedding) in fixture.Expected["images"]!.AsObject())
            AssertClose(embedding!, clip.EncodeImage(Path.Combine(fixture.Pictures, name)), fixture.Tolerance, name);
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
        float[] pixels = Matrices.Random(5 * size, 3, 2f), together = new float[5 * width], alone = new float[width];
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

    /// <summary>8 bits change an embedding by what 8 bits are worth; 16 by less. A packed file gives the bits of the original.</summary>
    [Theory, MemberData(nameof(All))]
    public void Narrow_weights_are_near_and_packed_ones_the_same(string family)
    {
        using TemporaryFolder copy = new();
        foreach (string file in Directory.EnumerateFiles(PathOf(family)))
            File.WriteAllBytes(Path.Combine(copy.Path, Path.GetFileName(file)), File.ReadAllBytes(file));
        using Clip exact = Clip.Load(copy.Path);
        int size = exact.Preprocessor!.OutputLength;
        float[] pixels = Matrices.Random(size, 4, 1f), expected = new float[exact.EmbeddingWidth], actual = new float[expected.Length];
        exact.EncodePixels(pixels, 1, expected);
        foreach ((WeightType type, float most) in ((WeightType, float)[])[(WeightType.BF16, 0.1f), (WeightType.F16, 0.02f), (WeightType.Int8, 0.3f)])
        {
            using Clip narrow = Clip.Load(copy.Path, new() { Weights = type });
            narrow.EncodePixels(pixels, 1, actual);
            Assert.InRange(expected.Zip(actual, (a, b) => MathF.Abs(a - b)).Max(), 1e-7f, most);
            Assert.InRange(ModelInspection.Of(copy.Path).Vision(type)!.Matrices[type], 5, 60);
        }
        exact.WritePacked(CancellationToken.None);
        using Clip packed = Clip.Load(copy.Path);
        Assert.NotNull(packed.PackedPath);
        packed.EncodePixels(pixels, 1, actual);
        Assert.Equal(expected, actual);
    }

    public static IEnumerable<object[]> Twins => Here.SelectMany(family =>
    {
        using FamilyFixture fixture = Open(family);
        return ConvolutionTwin.Of(fixture, ListOf(family)).Select(twin => (object[])[family, twin.Mistake]).ToArray();
    });

    /// <summary>One wrong twin of every kind that a configuration, a rule, ids or tensors can say is told apart.</summary>
    [Theory, MemberData(nameof(Twins))]
    public void A_wrong_twin_is_told_apart(string family, string mistake)
    {
        using FamilyFixture fixture = Open(family);
        ConvolutionTwin.Check(fixture, PathOf(family), ListOf(family), mistake);
    }

    [Theory, MemberData(nameof(All))]
    public void A_tensor_that_is_renamed_missing_or_too_many_is_named(string family)
    {
        string folder = PathOf(family), weights = Path.GetFileName(ModelDirectory.FindWeights(folder)!);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, weights));
        using TemporaryFolder copy = new();
        foreach (string other in Directory.EnumerateFiles(folder).Where(path => Path.GetExtension(path) != ".safetensors"))
            File.WriteAllBytes(Path.Combine(copy.Path, Path.GetFileName(other)), File.ReadAllBytes(other));
        TensorSource[] all = [.. file.Tensors.Select(one => Source(file, one, one.Name))];
        string Refusal(IEnumerable<TensorSource> tensors)
        {
            SafetensorsWriter.Write(Path.Combine(copy.Path, weights), tensors);
            return Assert.Throws<InvalidDataException>(() => Clip.Load(copy.Path)).Message;
        }
        // Every 5th, beginning with the first: all kinds are among them.
        foreach (TensorInfo tensor in file.Tensors.Where((tensor, i) => i % 5 == 0
            && !tensor.Name.StartsWith("logit_", StringComparison.Ordinal) && !tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            string missing = Refusal(all.Where(one => one.Name != tensor.Name));
            Assert.Contains(tensor.Name, missing);
            string renamed = Refusal(all.Where(one => one.Name != tensor.Name).Append(Source(file, tensor, tensor.Name + "_")));
            Assert.Contains(tensor.Name + "_", renamed);
            Assert.Contains(tensor.Name + "_", Refusal(all.Append(Source(file, tensor, tensor.Name + "_"))));
        }
    }

    private static TensorSource Source(SafetensorsFile file, TensorInfo tensor, string name) =>
        new(name, tensor.Type, [.. tensor.Shape], stream =>
        {
            byte[] bytes = new byte[tensor.ByteLength];
            file.Read(tensor, 0, bytes);
            stream.Write(bytes);
        });

    private static FamilyFixture Open(string family) => new(PathOf(family), TestData.PathOf("families/inputs"));

    /// <summary>The reference's list of mistakes; a fused file has that of its sibling.</summary>
    private static JsonNode ListOf(string family)
    {
        string path = Path.Combine(SourceOf(family), "sensitivity.json");
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))! : JsonNode.Parse("""{ "twins": [] }""")!;
    }

    /// <summary>A folder that the library loads: the source, or what the converter has made of it, with the expectations beside it.</summary>
    private static string PathOf(string family)
    {
        string source = SourceOf(family);
        return ModelDirectory.FindWeights(source) is not null ? source : Converted.GetOrAdd(family, _ =>
        {
            string folder = Path.Combine(Folder.Path, family), weights = Path.Combine(source, "state_dict.pt");
            CheckpointConverter.Convert(
                File.Exists(weights) ? weights : source, folder, new() { Vocabulary = File.Exists(weights) ? source : null });
            File.WriteAllBytes(Path.Combine(folder, "expected.json"), File.ReadAllBytes(Path.Combine(source, "expected.json")));
            return folder;
        });
    }

    private static string SourceOf(string family) =>
        Committed.Contains(family) ? TestData.PathOf($"families-conv/{family}") : Fixtures.PathOf($"families-conv/{family}");

    private static void AssertClose(JsonNode expected, float[] actual, float tolerance, string what)
    {
        float worst = expected.AsArray().Select(number => number!.GetValue<float>()).Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= tolerance, $"{what}: {worst:R} away from the reference; allowed is a difference of {tolerance:R}.");
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public TemporaryFolder() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();

        public string Path { get; } = Directory.CreateTempSubdirectory("pureclip-convolution-").FullName;

        public void Dispose()
        {
            if (Directory.Exists(Path))
                Directory.Delete(Path, recursive: true);
        }
    }
}
