using System.Text.Json;
using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class JsonLinesTests
{
    public static TheoryData<string> Texts =>
        ["", "a cat", "\"\\/\b\f\n\r\t\0\u001f\u007f\u0085", "schön 猫 \U0001F408", "\u2028\u2029\uFEFF\uFFFF", "</script>"];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Quote_writes_what_a_json_parser_reads(string text)
    {
        string json = JsonString.Quote(text);
        Assert.Equal(text, JsonDocument.Parse(json).RootElement.GetString());
        Assert.Equal(text, JsonString.Parse(json));
        Assert.Equal(text, JsonString.Parse(" \t" + JsonSerializer.Serialize(text) + "\r"));
    }

    [Fact] // no theory: attributes store their texts as UTF-8, which cannot hold these
    public void Surrogates_without_partner_survive()
    {
        foreach ((string text, string json) in ((string, string)[])[("\uD83D", "\"\\ud83d\""), ("\uDE00\uD83D", "\"\\ude00\\ud83d\"")])
        {
            Assert.Equal(json, JsonString.Quote(text));
            Assert.Equal(text, JsonString.Parse(json));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"")]
    [InlineData("null")]
    [InlineData("\"a")]
    [InlineData("\"a\\\"")]
    [InlineData("\"a\" b")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u12\"")]
    [InlineData("\"\\u12g4\"")]
    [InlineData("\"a\tb\"")]
    [InlineData("'a'")]
    public void What_is_no_json_string_is_rejected(string json) => Assert.Throws<FormatException>(() => JsonString.Parse(json));
}
