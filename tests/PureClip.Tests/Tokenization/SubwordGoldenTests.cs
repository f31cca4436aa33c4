using System.Text.Json.Nodes;
using PureClip.Tests.Files;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>Ids of 280 texts against the library that reads the same file.</summary>
public sealed class SubwordGoldenTests
{
    [Theory]
    [InlineData("xlmr")]
    [InlineData("gemma")]
    [InlineData("bert-uncased")]
    [InlineData("bert-cased")]
    [InlineData("bert-chinese")]
    [InlineData("roberta")]
    public void Tokenizer_json_gives_the_rust_librarys_ids(string name)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With("tokenizer.json");
        AssertGoldens(fixture.Open(), i => fixture.Goldens["ids"]![i]);
    }

    /// <summary>Its class puts the language first, whatever the file says; the library was told so too.</summary>
    [Fact]
    public void The_class_of_NLLB_begins_texts_with_their_language()
    {
        using SubwordFixture fixture = new SubwordFixture("nllb").With("tokenizer.json").With("tokenizer_config.json");
        AssertGoldens(fixture.Open(), i => fixture.Goldens["ids"]![i]);
        using SubwordFixture german = new SubwordFixture("nllb").With("tokenizer.json")
            .With("tokenizer_config.json", static json => json["src_lang"] = "deu_Latn");
        ITokenizer tokenizer = german.Open();
        Assert.Equal("deu_Latn", tokenizer.Token(tokenizer.StartId!.Value));
        AssertGoldens(tokenizer, i => JsonNode.Parse(fixture.Goldens["ids"]![i]!.ToJsonString()) is JsonArray ids
            ? new JsonArray([tokenizer.StartId.Value, .. ids.Skip(1).Select(id => (JsonNode)id!.GetValue<int>())])
            : null);
    }

    [Theory]
    [InlineData("legacy_behaviour", "true", "legacy_behaviour is true")]
    [InlineData("src_lang", "\"fra_Latn\"", "\"fra_Latn\", which is not in the vocabulary")]
    public void What_NLLBs_files_cannot_say_is_refused(string field, string value, string expected)
    {
        using SubwordFixture fixture = new SubwordFixture("nllb").With("tokenizer.json")
            .With("tokenizer_config.json", json => json[field] = JsonNode.Parse(value));
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => fixture.Open()).Message);
    }

    /// <summary>RoBERTa's directories have vocab.json and merges.txt too, as CLIP's do.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("RobertaTokenizer")]
    [InlineData("PreTrainedTokenizerFast")]
    public void Files_of_CLIPs_names_beside_it_do_not_make_it_CLIPs(string? type)
    {
        using SubwordFixture fixture = new SubwordFixture("roberta").With("tokenizer.json").With("vocab.json", "{}").With("merges.txt", "")
            .With("tokenizer_config.json", json => json["tokenizer_class"] = type);
        ITokenizer tokenizer = fixture.Open();
        Assert.Equal("byte-level BPE (tokenizer.json)", tokenizer.Kind);
        Assert.Equal(1, tokenizer.PadId);
        Assert.Equal("a photo of a cat 一只猫", tokenizer.Decode(tokenizer.Encode("a photo of a cat 一只猫").Ids.Span, skipSpecials: true));
        int word = tokenizer.EncodeWithoutSpecials("a cat")[^1];
        Assert.Equal(("Ġcat", "cat"), (tokenizer.Token(word), tokenizer.WordOrNull(word)));
        Assert.Null(tokenizer.WordOrNull(tokenizer.EncodeWithoutSpecials("猫")[0]));
    }

    [Fact]
    public void RoBERTas_two_files_without_tokenizer_json_are_refused_with_what_is_missing()
    {
        using SubwordFixture fixture = new SubwordFixture("roberta").With("vocab.json", "{}").With("merges.txt", "").With("tokenizer_config.json");
        Assert.Contains("without tokenizer.json", Assert.Throws<InvalidDataException>(() => fixture.Open()).Message);
    }

    [Theory]
    [InlineData("bert-uncased")]
    [InlineData("bert-cased")]
    [InlineData("bert-chinese")]
    public void A_list_of_words_gives_the_same_ids(string name)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With("vocab.txt").With("tokenizer_config.json");
        AssertGoldens(fixture.Open(), i => fixture.Goldens["ids"]![i]);
    }

    [Theory]
    [InlineData("siglip", "spiece.model")]
    [InlineData("xlmr", "sentencepiece.bpe.model")]
    [InlineData("gemma", "tokenizer.model")]
    public void A_model_alone_gives_sentencepieces_ids(string name, string file)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With(file).With("tokenizer_config.json", static _ => { });
        AssertGoldens(fixture.Open(), i => fixture.Goldens["model"]![$"{i}"] ?? fixture.Goldens["ids"]![i]);
    }

    [Fact]
    public void The_class_of_siglip_gives_the_ids_of_its_slow_tokenizer()
    {
        using SubwordFixture fixture = new SubwordFixture("siglip").With("spiece.model")
            .With("tokenizer_config.json", static json => (json["tokenizer_class"], json["do_lower_case"]) = ("SiglipTokenizer", true));
        AssertGoldens(fixture.Open(), i => fixture.Goldens["slow"]![i]);
    }

    [Fact]
    public void Siglip_2_gets_its_texts_in_lower_case()
    {
        using SubwordFixture fixture = new SubwordFixture("gemma").With("tokenizer.json").With("tokenizer_config.json");
        ITokenizer tokenizer = fixture.Open(new() { ContextLength = 5000 });
        Assert.Equal(TextCleaning.LowerCase, tokenizer.Cleaning);
        AssertGoldens(tokenizer, i => fixture.Goldens["lower"]![$"{i}"] ?? fixture.Goldens["ids"]![i]);
    }

    /// <summary>Gemma's own vocabulary of 256,000, as SigLIP 2 has it: put its tokenizer.json beside the goldens.</summary>
    [FixtureFact("tokenizers/real/gemma/tokenizer.json")]
    public void The_genuine_vocabulary_of_Gemma_gives_the_rust_librarys_ids()
    {
        JsonNode goldens = JsonNode.Parse(File.ReadAllText(Fixtures.PathOf("tokenizers/real/gemma-256k.json")))!;
        using TempDirectory directory = new();
        string folder = directory.Path;
        JsonNode tokenizer = JsonNode.Parse(File.ReadAllText(Fixtures.PathOf("tokenizers/real/gemma/tokenizer.json")))!;
        tokenizer["post_processor"] = JsonNode.Parse("""
            {"type": "TemplateProcessing", "pair": [],
                "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<eos>", "type_id": 0}}],
                "special_tokens": {"<eos>": {"id": "<eos>", "ids": [1], "tokens": ["<eos>"]}}}
            """); // as SigLIP 2 has it; Gemma's begins texts instead
        File.WriteAllText(directory.File("tokenizer.json"), tokenizer.ToJsonString());
        ITokenizer asIs = Tokenizers.FromDirectory(folder, new() { ContextLength = 5000 });
        AssertGoldens(asIs, i => goldens["ids"]![i], asIs.EncodeWithoutSpecials);
        ITokenizer lower = Tokenizers.FromDirectory(folder, new() { ContextLength = 5000, Cleaning = TextCleaning.LowerCase });
        AssertGoldens(lower, i => goldens["lower"]![$"{i}"] ?? goldens["ids"]![i], lower.EncodeWithoutSpecials);
    }

    /// <summary>BERT's own vocabulary: put its vocab.txt beside the goldens.</summary>
    [FixtureFact("tokenizers/real/bert/vocab.txt")]
    public void The_genuine_vocabulary_of_BERT_gives_the_rust_librarys_ids()
    {
        JsonNode goldens = JsonNode.Parse(File.ReadAllText(Fixtures.PathOf("tokenizers/real/bert-base-uncased.json")))!;
        AssertGoldens(Tokenizers.FromDirectory(Fixtures.PathOf("tokenizers/real/bert"), new() { ContextLength = 5000 }), i => goldens["ids"]![i]);
    }

    private static void AssertGoldens(ITokenizer tokenizer, Func<int, JsonNode?> expected, Func<string, int[]>? encode = null)
    {
        List<string> wrong = [];
        int compared = 0;
        for (int i = 0; i < SubwordFixture.Texts.Length; i++)
        {
            if (expected(i) is not JsonNode ids)
                continue;
            compared++;
            string text = SubwordFixture.Texts[i];
            int[] wanted = SubwordFixture.Ids(ids), got = encode?.Invoke(text) ?? tokenizer.Encode(text).Ids.ToArray();
            if (!wanted.AsSpan().SequenceEqual(got))
                wrong.Add($"{i} {JsonValue.Create(text).ToJsonString()}: [{string.Join(' ', wanted)}] but [{string.Join(' ', got)}]");
        }
        Assert.InRange(compared, 270, 280);
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {compared} differ:\n{string.Join('\n', wrong.Take(20))}");
    }
}
