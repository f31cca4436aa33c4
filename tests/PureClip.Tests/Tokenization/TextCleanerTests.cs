using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class TextCleanerTests
{
    [Theory]
    [InlineData("  Lots\tof\n whitespace ", "lots of whitespace")]
    [InlineData("a\u00A0b\u3000c\u2028d\u0085e", "a b c d…e")]
    [InlineData("don\u2019t \u201Cquote\u201D", "don't \"quote\"")]
    [InlineData("\uFB01anc\u00E9e \u01C4 \u0132", "fianc\u00E9e d\u017E ij")]
    [InlineData("\uFF26\uFF35\uFF2C\uFF2C\uFF0C\uFF76\uFF9E", "full,\u30AC")]
    [InlineData("\u001B[31;1mred\u001B[0m", "red")]
    [InlineData("\u001B[31", "[31")]
    [InlineData("a\u0000b\u007Fc\uFEFFd\u206Ae\uFFFCf", "abcdef")]
    [InlineData("e\u0301", "\u00E9")]
    public void OpenAIs_cleaning_applies_ftfys_fixers(string text, string expected) => Assert.Equal(expected, OpenAI(text));

    [Theory]
    [InlineData("&amp;amp;amp;lt;", "<")]
    [InlineData("&EACUTE; &SZLIG;", "\u00E9 ss")] // ftfy's capitals
    [InlineData("<&EACUTE;", "<&eacute;")] // not in a line with a "<"
    [InlineData("<&amp;amp;amp;", "<&amp;")] // there only html.unescape works, twice
    [InlineData("&eacute\n<\n&EACUTE;", "\u00E9 < &eacute;")] // nor in any line after it
    [InlineData("&#59; &#x3b;", "; ;")]
    [InlineData("\u037Eamp; &amp\u037E", ";amp; &")] // the Greek question mark is a semicolon in NFC
    public void OpenAIs_cleaning_decodes_entities_until_none_is_left_or_a_tag_is_seen(string text, string expected) =>
        Assert.Equal(expected, OpenAI(text));

    [Theory]
    [InlineData("\u039F\u0394\u039F\u03A3 \u03A3", "\u03BF\u03B4\u03BF\u03C2 \u03C3", "\u03BF\u03B4\u03BF\u03C3 \u03C3")]
    [InlineData("\u0130", "i\u0307", "i\u0307")]
    [InlineData("\uFB01", "fi", "\uFB01")]
    [InlineData("&amp;", "&", "&amp;")]
    [InlineData(" a  b ", "a b", " a b ")]
    [InlineData("\u0085", "\u2026", " ")]
    public void The_two_cleanings_differ_as_their_references_do(string text, string openAI, string huggingFace)
    {
        CodePoints cleaned = new();
        TextCleaner.HuggingFaceTo(CodePoints.From(text), cleaned);
        Assert.Equal(openAI, OpenAI(text));
        Assert.Equal(huggingFace, cleaned.ToString());
    }

    [Fact]
    public void A_surrogate_without_its_partner_becomes_the_replacement_character() =>
        Assert.Equal("\uFFFD \uFFFD \uD83D\uDE00", OpenAI("\uD83D \uDE00 \uD83D\uDE00"));

    private static string OpenAI(string text)
    {
        CodePoints cleaned = new();
        TextCleaner.OpenAITo(CodePoints.From(text), cleaned);
        return cleaned.ToString();
    }
}

/// <summary>Expected values are those of Python 3.11's str.lower.</summary>
public class LowerCaseTests
{
    [Theory]
    [InlineData("ABC xyz \u00C4\u0416", "abc xyz \u00E4\u0436")]
    [InlineData("\u0130I", "i\u0307i")]
    [InlineData("\u03A3", "\u03C3")]
    [InlineData("A\u03A3", "a\u03C2")]
    [InlineData("A\u03A3B", "a\u03C3b")]
    [InlineData("A\u03A3 B", "a\u03C2 b")]
    [InlineData("A'\u03A3'", "a'\u03C2'")]
    [InlineData("A\u03A3'\u00ADB", "a\u03C3'\u00ADb")]
    [InlineData("1\u03A3", "1\u03C3")]
    [InlineData("\u2170\u03A3", "\u2170\u03C2")]
    [InlineData("\u02B0\u03A3", "\u02B0\u03C3")]
    [InlineData("\u212A\u1E9E\u01C5", "k\u00DF\u01C6")]
    [InlineData("\U00010400", "\U00010428")]
    public void Texts_get_full_lower_case(string text, string expected)
    {
        CodePoints result = new();
        LowerCase.AppendTo(CodePoints.From(text), result, finalSigma: true);
        Assert.Equal(expected, result.ToString());
    }
}
