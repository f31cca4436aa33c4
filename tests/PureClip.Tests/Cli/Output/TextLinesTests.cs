using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class TextLinesTests
{
    private const string Sentence = "a word, and another; then shared/photos/holidays/2024/img_0001.jpeg and the end.";

    public static TheoryData<int> Widths => [.. Enumerable.Range(0, 90)];

    [Theory]
    [InlineData("a cat", "a cat")]
    [InlineData("a:\n  b\r\n  c", "a: b c")]
    [InlineData("\u001b[31mred", "\uFFFD[31mred")]
    public void Line_breaks_and_terminal_commands_vanish(string text, string expected) => Assert.Equal(expected, TextLines.One(text));

    [Fact]
    public void A_beginning_does_not_cut_a_character_in_two() =>
        Assert.Equal(new string('a', 39) + "…", TextLines.Beginning(new string('a', 39) + "\U0001F408 and more"));

    [Theory]
    [InlineData("cat", 3)]
    [InlineData("naïve", 5)]
    [InlineData("nai\u0308ve", 5)]
    [InlineData("日本語", 6)]
    [InlineData("\U0001F408", 2)]
    [InlineData("✂", 1)]
    [InlineData("\u26A1", 2)]
    [InlineData("가각", 4)]
    [InlineData("…─", 2)]
    public void A_character_takes_the_columns_that_a_terminal_gives_it(string text, int columns) =>
        Assert.Equal(columns, TextLines.Columns(text));

    [Theory]
    [MemberData(nameof(Widths))]
    public void Sentences_break_between_words_and_long_paths_in_them_behind_a_separator(int width)
    {
        string[] lines = [.. TextLines.Wrap(Sentence, width)];

        // Joined again, it is what it was: nothing is lost, and nothing is broken elsewhere.
        string joined = lines[0];
        foreach (string line in lines[1..])
            joined += joined.EndsWith('/') ? line : " " + line;
        Assert.Equal(Sentence, joined);
        Assert.All(lines, line => Assert.True(line.Length <= width || !line.Contains(' ') && !line[..^1].Contains('/'), line));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_line_takes_as_many_words_as_it_has_room_for(int width)
    {
        string[] lines = [.. TextLines.Wrap("one three seventeen a b to be or not to be that is it", width)];
        for (int i = 1; i < lines.Length; i++)
            Assert.True($"{lines[i - 1]} {lines[i].Split(' ')[0]}".Length > width);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Paths_break_behind_separators_alone(int width)
    {
        const string Path = "/home/me/my photos/summer of 69/img 1.jpeg";
        string[] lines = [.. TextLines.Wrap(Path, width, TextKind.Path)];
        Assert.Equal(Path, string.Concat(lines));
        Assert.All(lines[..^1], line => Assert.EndsWith("/", line));
    }

    [Fact]
    public void Lines_behind_the_first_are_indented_where_there_is_room()
    {
        Assert.Equal(["note: one two", "      three"], TextLines.Wrap("note: one two three", 15, indent: 6));
        Assert.Equal(["note:", "one", "two"], TextLines.Wrap("note: one two", 5, indent: 6));
    }

    [Fact]
    public void Without_a_width_a_line_stays_a_line() => Assert.Equal([Sentence], TextLines.Wrap(Sentence, null));

    [Fact]
    public void Names_break_behind_points() =>
        Assert.Equal(["vision.", "blocks.", "0.weight"], TextLines.Wrap("vision.blocks.0.weight", 8, TextKind.Name));
}
