using System.Text.Json.Nodes;
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
    public void Tokenizer_json_gives_the_rust_librarys_ids(string name)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With("tokenizer.json");
        AssertGoldens(fixture.Open(), i => fixture.Goldens["ids"]![i]);
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

    private static void AssertGoldens(ITokenizer tokenizer, Func<int, JsonNode?> expected)
    {
        List<string> wrong = [];
        int compared = 0;
        for (int i = 0; i < SubwordFixture.Texts.Length; i++)
        {
            if (expected(i) is not JsonNode ids)
                continue;
            compared++;
            string text = SubwordFixture.Texts[i];
            int[] wanted = SubwordFixture.Ids(ids), got = tokenizer.Encode(text).Ids.ToArray();
            if (!wanted.AsSpan().SequenceEqual(got))
                wrong.Add($"{i} {JsonValue.Create(text).ToJsonString()}: [{string.Join(' ', wanted)}] but [{string.Join(' ', got)}]");
        }
        Assert.InRange(compared, 270, 280);
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {compared} differ:\n{string.Join('\n', wrong.Take(20))}");
    }
}
