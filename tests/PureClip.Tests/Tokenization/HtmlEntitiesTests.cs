using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>Expected values are those of Python 3.11's html.unescape.</summary>
public class HtmlEntitiesTests
{
    [Theory]
    [InlineData("&lt;b&gt;", "<b>")]
    [InlineData("&notit;", "\u00ACit;")] // longest name without semicolon
    [InlineData("&notin;", "\u2209")]
    [InlineData("&copy2024", "\u00A92024")]
    [InlineData("&Copy;", "&Copy;")]
    [InlineData("&NotEqualTilde;", "\u2242\u0338")]
    [InlineData("&CounterClockwiseContourIntegral;", "\u2233")]
    [InlineData("&amp;amp;", "&amp;")]
    [InlineData("&&&amp", "&&&")]
    [InlineData("& &; &#; &#x; &", "& &; &#; &#x; &")]
    public void Names_are_decoded_with_and_without_semicolon(string text, string expected) => Assert.Equal(expected, Unescape(text));

    [Theory]
    [InlineData("&#65;&#x41;&#X41", "AAA")]
    [InlineData("&#128;&#x99;&#129;", "\u20AC\u2122\u0081")]
    [InlineData("&#0;&#xD800;&#x110000;&#99999999999999999999;", "\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("a&#1;b&#x7F;c&#xFFFE;d&#xFDD0;e", "abcde")]
    [InlineData("&#13;", "\r")]
    [InlineData("&#x1F600;", "\U0001F600")]
    public void Numbers_are_decoded_as_HTML_5_says(string text, string expected) => Assert.Equal(expected, Unescape(text));

    private static string Unescape(string text)
    {
        CodePoints result = new();
        HtmlEntities.UnescapeTo(CodePoints.From(text), result);
        return result.ToString();
    }
}
