using System.Text;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class FtfyFixerTests
{
    [Fact]
    public void Fixing_twice_changes_no_character_that_fixing_once_made()
    {
        StringBuilder everything = new();
        for (int point = 0; point <= 0x10FFFF; point += point == 0xD7FF ? 0x801 : 1)
            everything.Append(char.ConvertFromUtf32(point)).Append('\n');
        CodePoints once = FtfyFixer.Fix(CodePoints.From(everything.ToString()));
        CodePoints twice = FtfyFixer.Fix(once);
        Assert.Equal(once.ToString(), twice.ToString());
    }

    [Fact]
    public void Prompts_of_plain_ASCII_stay_as_they_are()
    {
        const string Prompt = "A photo of a \"cat\",\t50% off; it's #1!\n";
        Assert.Equal(Prompt, FtfyFixer.Fix(CodePoints.From(Prompt)).ToString());
    }

    [Theory]
    [InlineData("x &eacute;&amp;y", 2, 2, 10)]
    [InlineData("x &amp;eacute; y", 2, 2, 14)]
    [InlineData("o\uFB03ce", 2, 1, 2)]
    [InlineData("cafe\u0301", 3, 3, 5)]
    public void What_a_fixer_makes_remembers_what_it_was_made_from(string text, int index, int start, int end)
    {
        CodePoints fixedText = FtfyFixer.Fix(CodePoints.From(text));
        Assert.Equal((start, end), (fixedText.SourceStart(index), fixedText.SourceEnd(index)));
    }

    [Fact]
    public void Lines_are_cut_at_a_million_characters_as_ftfy_cuts_them()
    {
        string filler = new('x', 999_995);
        Assert.Equal(filler + "&", FtfyFixer.Fix(CodePoints.From(filler + "&amp;")).ToString());
        Assert.Equal("x" + filler + "&amp;", FtfyFixer.Fix(CodePoints.From("x" + filler + "&amp;")).ToString());
    }
}
