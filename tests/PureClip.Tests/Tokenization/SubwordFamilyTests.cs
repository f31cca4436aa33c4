using System.Text.Json.Nodes;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>The ids that the towers of whole models get, padding included, from their directories as they are.</summary>
public sealed class SubwordFamilyTests
{
    [FixtureTheory("families/siglip-hf")]
    [InlineData("siglip-hf", null, 64)]
    [InlineData("siglip-openclip", TextCleaning.Canonical, 64)]
    [InlineData("siglip2-hf", null, 64)]
    [InlineData("siglip2-openclip", TextCleaning.Canonical, 64)]
    [InlineData("siglip2-naflex-hf", null, 64)]
    [InlineData("xlmr-openclip", TextCleaning.Whitespace, 77)]
    [InlineData("mclip", null, 256)]
    [InlineData("st-distilbert", null, 128)]
    [InlineData("chinese-clip", null, 52)]
    [InlineData("altclip-hf", null, 77)]
    [InlineData("metaclip2-hf", null, 77)]
    public void Texts_have_the_towers_ids(string family, TextCleaning? cleaning, int length)
    {
        string directory = Fixtures.PathOf($"families/{family}");
        ITokenizer tokenizer = Tokenizers.FromDirectory(
            directory, new() { Cleaning = cleaning, ContextLength = length, Truncation = Truncation.KeepEnd });
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "expected.json")))!;
        foreach (JsonNode? text in expected["texts"]!.AsArray())
        {
            int[] wanted = SubwordFixture.Ids(text!["ids"]!);
            int[] ids = [.. tokenizer.Encode(text["text"]!.GetValue<string>(), pad: true).Ids.ToArray().Take(wanted.Length)];
            Assert.Equal(wanted, ids);
        }
    }
}
