using System.Text.Json;
using PureClip.TextToImage;
using PureClip.Tokenization;

namespace PureClip.Tests.TextToImage;

/// <summary>
/// 60 prompts as four programs cut and weight them (<c>tests/data/conditioning/prompts.json</c>): nesting, escapes, unclosed brackets, BREAK,
/// commas where a chunk ends, 300 tokens. Weights are compared exactly: the order of multiplication matters.
/// </summary>
public class PromptDialectTests
{
    private static readonly BpeTokenizer Tokenizer = BpeTokenizer.CreateClip(TokenizerOptions.HuggingFace);

    private static readonly PromptVocabulary Vocabulary = new(Tokenizer, new Dictionary<string, int[]>());

    public static TheoryData<int> Prompts => [.. Enumerable.Range(0, Fixture().GetArrayLength())];

    [Theory, MemberData(nameof(Prompts))]
    public void Plain_prompts_are_cut_as_diffusers_cuts_them(int index)
    {
        JsonElement prompt = Fixture()[index];
        PromptReading reading = PlainDialect.Read(TextOf(prompt), Vocabulary);
        AssertChunks(prompt.GetProperty("plain"), reading.Chunks);
        Assert.Equal(Vocabulary.Words(TextOf(prompt)).Length > 75, reading.Notes.Count > 0);
    }

    [Theory, MemberData(nameof(Prompts))]
    public void A1111_prompts_have_its_pieces_count_and_chunks(int index)
    {
        JsonElement prompt = Fixture()[index], expected = prompt.GetProperty("a1111");
        AssertPieces(expected.GetProperty("pieces"), A1111Dialect.Pieces(TextOf(prompt), allowBlanks: true, []));
        AssertPieces(
            expected.TryGetProperty("pieces_before_1.8", out JsonElement older) ? older : expected.GetProperty("pieces"),
            A1111Dialect.Pieces(TextOf(prompt), allowBlanks: false, []));
        PromptReading reading = A1111Dialect.Read(TextOf(prompt), Vocabulary, new() { Dialect = PromptDialect.A1111 }, out int count);
        AssertChunks(expected.GetProperty("chunks"), reading.Chunks);
        Assert.Equal(expected.GetProperty("tokens").GetInt32(), count);
    }

    [Theory, MemberData(nameof(Prompts))]
    public void ComfyUI_prompts_have_its_pieces_and_chunks_by_both_groupings(int index)
    {
        JsonElement prompt = Fixture()[index], expected = prompt.GetProperty("comfyui");
        AssertPieces(expected.GetProperty("pieces"), ComfyDialect.Pieces(TextOf(prompt)));
        JsonElement chunks = expected.GetProperty("chunks");
        AssertChunks(chunks, ComfyDialect.Read(TextOf(prompt), Vocabulary, byWord: false).Chunks);
        AssertChunks(
            expected.TryGetProperty("chunks_by_word", out JsonElement byWord) ? byWord : chunks,
            ComfyDialect.Read(TextOf(prompt), Vocabulary, byWord: true).Chunks);
    }

    [Theory, MemberData(nameof(Prompts))]
    public void Compel_prompts_have_its_fragments_and_chunks_cut_and_split(int index)
    {
        JsonElement prompt = Fixture()[index], expected = prompt.GetProperty("compel");
        CompelPart[] parts = [.. CompelSyntax.Read(TextOf(prompt)).Parts];
        PromptReading cut = CompelDialect.Read(TextOf(prompt), Vocabulary, Tokenizer, truncate: true);
        PromptReading split = CompelDialect.Read(TextOf(prompt), Vocabulary, Tokenizer, truncate: false);
        Assert.Equal(expected.GetArrayLength(), parts.Length);
        for (int i = 0; i < parts.Length; i++)
        {
            JsonElement part = expected[i];
            Assert.Equal(part.GetProperty("weight").GetDouble(), parts[i].Weight);
            JsonElement[] of = part.TryGetProperty("of", out JsonElement several)
                ? [.. several.EnumerateArray()]
                : [part.GetProperty("fragments")];
            Assert.Equal(of.Length, parts[i].Of.Count);
            if (part.TryGetProperty("blend", out JsonElement blend))
            {
                Assert.Equal(blend.EnumerateArray().Select(static weight => weight.GetDouble()), parts[i].Blend);
                Assert.Equal(part.GetProperty("normalize").GetBoolean(), parts[i].IsNormalized);
            }
            JsonElement chunks = part.GetProperty("chunks");
            JsonElement whole = part.TryGetProperty("chunks_long", out JsonElement lengthy) ? lengthy : chunks;
            for (int j = 0; j < of.Length; j++)
            {
                AssertPieces(of[j], parts[i].Of[j]);
                AssertChunks(chunks[j], cut.Parts[i].Mixed[j].Chunks);
                AssertChunks(whole[j], split.Parts[i].Mixed[j].Chunks);
            }
        }
    }

    /// <summary>The published example of A1111's own documentation.</summary>
    [Fact]
    public void The_published_example_is_among_them() => Assert.Equal(
        "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).", TextOf(Fixture()[12]));

    [Theory]
    [InlineData("\"a\".swap(b)")]
    [InlineData("a cat.swap(dog)")]
    [InlineData("a cat withLora(style, 0.5)")]
    [InlineData("(\"a\", \"b\").blend(1, 2, 3)")]
    [InlineData("(\"a\", \"b\").blend(1, 2) and more")]
    [InlineData("(\"a\", \"b\").blend(one, two)")]
    public void What_compel_refuses_is_refused(string prompt) =>
        Assert.Throws<ArgumentException>(() => CompelSyntax.Read(prompt));

    /// <summary>Brackets in brackets are read once, however many rules ask for them.</summary>
    [Fact]
    public void Deep_nesting_is_read_in_a_moment()
    {
        foreach (string prompt in (string[])[new('(', 5_000), new string('(', 60) + "x" + new string(')', 60), new('"', 301)])
        {
            Assert.NotEmpty(CompelSyntax.Read(prompt).Parts);
            Assert.NotEmpty(A1111Dialect.Pieces(prompt, allowBlanks: true, []));
            Assert.NotEmpty(ComfyDialect.Pieces(prompt));
        }
    }

    [Fact]
    public void Schedules_are_text_and_a_note_says_so()
    {
        PromptReading reading = A1111Dialect.Read("a [cat:dog:0.5]", Vocabulary, PromptOptions.Default, out _);
        Assert.Contains("schedules", Assert.Single(reading.Notes), StringComparison.Ordinal);
        Assert.Empty(A1111Dialect.Read("a [cat] AND1", Vocabulary, PromptOptions.Default, out _).Notes);
    }

    [Fact]
    public void A_weight_that_is_no_number_is_text_and_a_note_says_so()
    {
        List<string> notes = [];
        List<PromptPiece> pieces = A1111Dialect.Pieces("(a:1.2.3) b", allowBlanks: true, notes);
        Assert.Contains("1.2.3", Assert.Single(notes), StringComparison.Ordinal);
        Assert.Equal("a:1.2.3) b", string.Concat(pieces.Select(static piece => piece.Text)));
    }

    private static JsonElement Fixture()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(ConditioningFixture.PathOf("prompts.json")));
        return document.RootElement.GetProperty("prompts").Clone();
    }

    private static string TextOf(JsonElement prompt) => prompt.GetProperty("text").GetString()!;

    private static void AssertPieces(JsonElement expected, IReadOnlyList<PromptPiece> found) => Assert.Equal(
        expected.EnumerateArray().Select(static piece => new PromptPiece(piece[0].GetString()!, piece[1].GetDouble())), found);

    private static void AssertChunks(JsonElement expected, IEnumerable<PromptChunk> found)
    {
        PromptChunk[] chunks = [.. found];
        Assert.Equal(expected.GetArrayLength(), chunks.Length);
        for (int i = 0; i < chunks.Length; i++)
        {
            Assert.Equal(expected[i].GetProperty("ids").EnumerateArray().Select(static id => id.GetInt32()), chunks[i].Ids);
            IEnumerable<double> weights = expected[i].TryGetProperty("weights", out JsonElement runs)
                ? runs.EnumerateArray().SelectMany(static run => Enumerable.Repeat(run[0].GetDouble(), run[1].GetInt32()))
                : chunks[i].Ids.Select(static _ => 1.0);
            Assert.Equal(weights, chunks[i].Weights);
        }
    }
}
