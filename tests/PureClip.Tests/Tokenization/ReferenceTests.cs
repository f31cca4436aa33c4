using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>
/// Ids of the references themselves. openai: OpenAI's tokenizer with ftfy 6.3.1. huggingface: the Rust library tokenizers 0.23.2
/// with the normalizer and pre-tokenizer of CLIPTokenizerFast.
/// </summary>
public class ReferenceTests
{
    private static readonly BpeTokenizer OpenAI = BpeTokenizer.CreateClip();
    private static readonly BpeTokenizer HuggingFace = BpeTokenizer.CreateClip(TokenizerOptions.HuggingFace);

    [Fact]
    public void Texts_whose_ids_OpenAIs_tokenizer_computed_get_the_same() => AssertAll("openai-computed.jsonl", "ids", OpenAI, []);

    [Fact]
    public void Texts_whose_ids_Hugging_Face_and_others_published_get_the_same() =>
        AssertAll("huggingface-published.jsonl", "ids", HuggingFace, []);

    [Fact]
    public void A_choice_of_scripts_fixers_and_odd_characters_equals_OpenAIs_ids() =>
        AssertAll("references.jsonl", "openai", OpenAI, ["mojibake"]);

    [Fact]
    public void The_same_choice_equals_Hugging_Faces_ids() => AssertAll("references.jsonl", "huggingface", HuggingFace, []);

    [Fact]
    public void Random_texts_of_entities_marks_escapes_and_cases_equal_OpenAIs_ids() => AssertAll("random.jsonl", "openai", OpenAI, []);

    [Fact]
    public void The_same_random_texts_equal_Hugging_Faces_ids() => AssertAll("random.jsonl", "huggingface", HuggingFace, []);

    [FixtureFact("tokenizer/clip.jsonl")]
    public void All_lines_without_mojibake_equal_OpenAIs_ids()
    {
        List<TokenizerLine> lines = TokenizerLine.Read(Fixtures.PathOf("tokenizer/clip.jsonl"));
        Assert.Equal(400, lines.Count);
        AssertAll(lines.Where(l => l.Class != "mojibake"), "ids", OpenAI);
    }

    [FixtureFact("tokenizer/clip.jsonl")]
    public void All_lines_equal_the_ids_without_ftfy_but_where_Hugging_Face_itself_differs()
    {
        // ids_no_ftfy decodes HTML entities; Hugging Face's fast tokenizer does not.
        List<TokenizerLine> lines = TokenizerLine.Read(Fixtures.PathOf("tokenizer/clip.jsonl"));
        string[] others =
        [
            .. lines.Where(l => !HuggingFace.EncodeWithoutSpecials(l.Text).SequenceEqual(l.Ids["ids_no_ftfy"])).Select(l => l.Text),
        ];
        Assert.Single(others);
        Assert.Equal("&amp;lt;b&amp;gt; tom &amp; jerry &quot;x&quot; &#39;y&#39; &eacute;", others[0]);
    }

    private static void AssertAll(string file, string ids, BpeTokenizer tokenizer, string[] except) =>
        AssertAll(TokenizerLine.Read(TestData.PathOf("tokenizer/" + file)).Where(l => !except.Contains(l.Class)), ids, tokenizer);

    private static void AssertAll(IEnumerable<TokenizerLine> lines, string ids, BpeTokenizer tokenizer)
    {
        int count = 0;
        foreach (TokenizerLine line in lines)
        {
            int[] found = tokenizer.EncodeWithoutSpecials(line.Text);
            Assert.True(found.SequenceEqual(line.Ids[ids]),
                $"\"{line.Text}\": expected {string.Join(' ', line.Ids[ids])}, found {string.Join(' ', found)}");
            count++;
        }
        Assert.True(count > 0);
    }
}
