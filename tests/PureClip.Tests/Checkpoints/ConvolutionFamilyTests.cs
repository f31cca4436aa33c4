extern alias converter;

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using converter::PureClip.Convert;
using PureClip.Checkpoints;

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
        FamilyChecks.Towers(fixture, tier);
    }

    [Theory, MemberData(nameof(All))]
    public void Directories_give_the_reference_embeddings(string family)
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

    /// <summary>Every 5th, beginning with the first: all kinds are among them.</summary>
    [Theory, MemberData(nameof(All))]
    public void A_tensor_that_is_renamed_missing_or_too_many_is_named(string family) => FamilyChecks.NamesOfTensors(PathOf(family), step: 5);

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
