using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

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
