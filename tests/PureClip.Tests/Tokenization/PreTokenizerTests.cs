using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class PreTokenizerTests
{
    [Theory]
    [InlineData("a photo, of 12 cats!?", "a|photo|,|of|1|2|cats|!?")]
    [InlineData("it's they're we've i'm he'll i'd don't", "it|'s|they|'re|we|'ve|i|'m|he|'ll|i|'d|don|'t")]
    [InlineData("'' 's' 'x 'r", "''|'s|'|'|x|'|r")]
    [InlineData("a!'s", "a|!'|s")]
    [InlineData("\u00BD\u2460\u2168", "\u00BD|\u2460|\u2168")]
    [InlineData("e\u0301e", "e|\u0301|e")]
    [InlineData("\u200B \u200B", "\u200B|\u200B")]
    [InlineData("日本語テキスト", "日本語テキスト")]
    public void Text_is_split_at_CLIPs_pattern(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Pieces(text, false)));

    [Theory]
    [InlineData("it'\u017F", "it|'|\u017F", "it|'\u017F")]
    [InlineData("a\u0345b \u0345", "a|\u0345|b|\u0345", "a|b")]
    public void Ignoring_case_changes_two_characters(string text, string caseSensitive, string ignoringCase)
    {
        Assert.Equal(caseSensitive, string.Join('|', Pieces(text, false)));
        Assert.Equal(ignoringCase, string.Join('|', Pieces(text, true)));
    }

    [Fact]
    public void Special_strings_are_pieces_where_a_piece_may_begin()
    {
        SpecialToken[] specials = [new("<|end|>", 7, normalized: false)];
        Assert.Equal(["a", "#7", "b"], Pieces("a<|end|>b", true, specials));
        Assert.Equal(["!<|", "end", "|>"], Pieces("!<|end|>", true, specials)); // the run of punctuation takes its first characters
        Assert.Equal(["#7", "#7"], Pieces("<|end|><|end|>", true, specials));
    }

    private static List<string> Pieces(string text, bool ignoreCase, SpecialToken[]? specials = null)
    {
        CodePoints points = CodePoints.From(text);
        PreTokenizer pieces = new(points.Values, specials ?? [], ignoreCase);
        List<string> found = [];
        for (int position = 0; pieces.TryNext(ref position, out int start, out int special);)
            found.Add(special >= 0 ? $"#{special}" : points.ToString(start, position - start));
        return found;
    }
}
