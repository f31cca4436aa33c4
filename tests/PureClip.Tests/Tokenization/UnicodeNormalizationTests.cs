using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>Cases of Unicode's NormalizationTest.txt (14.0), source and NFC columns.</summary>
public class UnicodeNormalizationTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u1EBF", "\u1EBF")]
    [InlineData("e\u0302\u0301", "\u1EBF")]
    [InlineData("e\u0301\u0302", "\u00E9\u0302")]
    [InlineData("D\u0307\u0323", "\u1E0C\u0307")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u212B\u2126\u037E", "\u00C5\u03A9;")] // singletons
    [InlineData("\u0958", "\u0915\u093C")] // composition exclusion
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\uAC01\u11A8", "\uAC01\u11A8")]
    [InlineData("\u1100\u1161\u0301\u11A8", "\uAC00\u0301\u11A8")]
    [InlineData("\u038C\uACFC", "\u038C\uACFC")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U00011099\U000110BA", "\U0001109A")]
    [InlineData("\uF900\U0002F800", "\u8C48\u4E3D")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    public void Texts_are_composed(string text, string expected)
    {
        CodePoints result = new();
        UnicodeNormalization.ComposeTo(CodePoints.From(text), result);
        Assert.Equal(expected, result.ToString());
    }

    [Theory]
    [InlineData(0xFF21, "A")]
    [InlineData(0xFF76, "\u30AB")]
    [InlineData(0xFFE3, " \u0304")]
    [InlineData(0xFFA1, "\u1100")]
    [InlineData(0xFF00, "")]
    [InlineData('A', "")]
    public void Width_forms_have_a_normal_form(int point, string expected) =>
        Assert.Equal(expected, string.Concat(UnicodeNormalization.NormalWidth(point).ToArray().Select(char.ConvertFromUtf32)));
}
