using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class TextTableTests
{
    private static readonly string[] Headings = ["rank", "what was found", "picture"];

    private static readonly (string Rank, string Text, string Path)[] Rows =
    [
        ("1", "a cat on a mat", "photos/2024/summer holidays/cat.png"),
        ("10", "nothing", "dog.png"),
        ("100", "猫 and another 犬, both of them asleep", "photos/日本/neko.png"),
    ];

    public static TheoryData<int> Widths => [.. Enumerable.Range(0, 101)];

    [Fact]
    public void Numbers_are_aligned_to_the_right_and_texts_to_the_left() => Assert.Equal("""
          rank   what was found                           picture
        ───────────────────────────────────────────────────────────────────────────────────────
             1   a cat on a mat                           photos/2024/summer holidays/cat.png
            10   nothing                                  dog.png
           100   猫 and another 犬, both of them asleep   photos/日本/neko.png

        """.ReplaceLineEndings("\n"), Printed(null));

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_terminal_of_any_width_shows_every_word_whole(int width)
    {
        string[] lines = Printed(width).TrimEnd('\n').Split('\n');
        string all = string.Join('\n', lines);
        foreach ((string rank, string text, string path) in Rows)
            Assert.All([rank, .. text.Split(' '), .. path.Split('/')], part => Assert.Contains(part, all));

        // Margins, "rank", "another", "summer holidays/", and the spaces between them.
        const int Least = 2 + 4 + 3 + 7 + 3 + 16 + 2;
        Assert.All(lines, line => Assert.InRange(TextLines.Columns(line), 0, Math.Max(width, Least)));
        Assert.Equal(width >= 87, lines.Length == 2 + Rows.Length);
    }

    [Fact]
    public void Cells_that_do_not_fit_get_higher()
    {
        TextTable table = new(null);
        table.Add(new TableCell("model"), new TableCell("one two three four"));
        table.Add(new TableCell("path"), new TableCell("one two/three four", TextKind.Path));
        using StringWriter output = new();
        table.Write(output, columns: 22);
        Assert.Equal("  model   one two\n          three four\n  path    one two/\n          three four\n", output.ToString());
    }

    [Fact]
    public void A_table_without_rows_is_none()
    {
        using StringWriter output = new();
        new TextTable(["a"]).Write(output, 80, title: "title");
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void Bold_headings_take_no_more_room()
    {
        TextTable table = new(["a", "bc"]);
        table.Add(new TableCell("12", IsNumber: true), new TableCell("x"));
        using StringWriter bold = new(), plain = new();
        table.Write(bold, 80, isBold: true);
        table.Write(plain, 80);
        Assert.StartsWith("   \u001b[1ma\u001b[0m   \u001b[1mbc\u001b[0m\n", bold.ToString());
        Assert.Equal(plain.ToString(), bold.ToString().Replace("\u001b[1m", "").Replace("\u001b[0m", ""));
    }

    private static string Printed(int? width)
    {
        TextTable table = new(Headings);
        foreach ((string rank, string text, string path) in Rows)
            table.Add(new TableCell(rank, IsNumber: true), new TableCell(text), new TableCell(path, TextKind.Path));
        using StringWriter output = new();
        table.Write(output, width);
        return output.ToString();
    }
}
