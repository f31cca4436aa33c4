using System.Text;
using PureClip.Cli;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class ReportTests
{
    private static readonly Report<Row> Rows = new(
        new("path", row => row.Path) { Title = "picture", Kind = TextKind.Path, IsLast = true },
        new("score", row => row.Score, "0.0 %"),
        new("bytes", row => row.Bytes) { Text = row => row.Bytes is null ? "gone" : null },
        new("near", row => row.Near is float near ? near : Cell.Absent) { Shown = Shown.InLines },
        new("vector", row => row.Vector) { Shown = Shown.InLines },
        new Column<Row, string>("parts", row => row.Parts, new(new Column<string>("part", part => part))));

    private static readonly Row First = new("a \"b\"\n.png", 0.5f, 10, 1f, [1f, float.NaN], ["x", "y"]);
    private static readonly Row Second = new("c.png", 0.25f, null, null, [0.1f, 2f], []);

    [Fact]
    public void Lines_have_every_field_that_a_row_has() => Assert.Equal("""
        {"path":"a \"b\"\u000a.png","score":0.5,"bytes":10,"near":1,"vector":[1,null],"parts":[{"part":"x"},{"part":"y"}]}
        {"path":"c.png","score":0.25,"bytes":null,"vector":[0.1,2],"parts":[]}

        """.ReplaceLineEndings("\n"), Written(OutputFormat.JsonLines));

    [Fact]
    public void A_table_has_a_line_for_each_part_and_shows_the_rest_once() => Assert.Equal("""
           score   bytes   part   picture
        ──────────────────────────────────────
          50.0 %      10   x      a "b" .png
                           y
          25.0 %    gone          c.png

        """.ReplaceLineEndings("\n"), Written(OutputFormat.Table));

    [Theory]
    [InlineData(OutputFormat.Paths, '\n')]
    [InlineData(OutputFormat.NullPaths, '\0')]
    public void Paths_are_written_as_they_are(object format, char end) =>
        Assert.Equal($"{First.Path}{end}{Second.Path}{end}", Written((OutputFormat)format));

    [Fact]
    public void Vectors_become_an_array()
    {
        using TemporaryFolder folder = new();
        using (FileStream file = File.Create(folder["a.npy"]))
            Assert.Equal(2, Rows.Write(NewShell(new StringWriter()), OutputFormat.Npy, [First, Second], file: file));
        NpyFile array = NpyFile.Read(folder["a.npy"]);
        Assert.Contains("'shape': (2, 2)", array.Header);
        Assert.Equal([1f, float.NaN, 0.1f, 2f], array.Floats);
    }

    [Fact]
    public void A_file_gets_what_standard_output_would()
    {
        using MemoryStream file = new();
        StringWriter output = new();
        Rows.Write(NewShell(output), OutputFormat.JsonLines, [First, Second], file: file);
        Assert.Equal(Written(OutputFormat.JsonLines), Encoding.UTF8.GetString(file.ToArray()));
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void Lines_appear_while_rows_are_computed()
    {
        StringWriter output = new();
        IEnumerable<Row> Computed()
        {
            yield return Second;
            Assert.EndsWith("}\n", output.ToString());
        }
        Assert.Equal(1, Rows.Write(NewShell(output), OutputFormat.JsonLines, Computed()));
    }

    [Fact]
    public void What_repeats_the_row_above_is_left_away_where_a_column_says_so()
    {
        Report<(string Group, int Number)> report = new(new("group", row => row.Group) { IsOnce = true }, new("number", row => row.Number));
        StringWriter output = new();
        report.Write(NewShell(output), OutputFormat.Table, [("a", 1), ("a", 1), ("b", 2)]);
        Assert.Equal(
            ["  group   number", "──────────────────", "  a            1", "               1", "  b            2", ""],
            output.ToString().Split('\n'));
    }

    [Fact]
    public void Facts_are_a_list_or_an_object()
    {
        Facts facts = new();
        facts.Add("kind", "index", shown: Shown.InLines);
        facts.Add("stored_bytes", 1_234_567, Facts.Megabytes);
        facts.Add("dead_rows", 12_345);
        facts.Add("verified", Cell.Absent);
        facts.Add("scale", 1.5f);
        StringWriter lines = new(), list = new();
        facts.Write(NewShell(lines), OutputFormat.JsonLines);
        facts.Write(NewShell(list), OutputFormat.Table);
        Assert.Equal("{\"kind\":\"index\",\"stored_bytes\":1234567,\"dead_rows\":12345,\"scale\":1.5}\n", lines.ToString());
        Assert.Equal("  stored      1.2 MB\n  dead rows   12,345\n  scale       1.5\n", list.ToString());
    }

    private static string Written(OutputFormat format)
    {
        StringWriter output = new();
        Assert.Equal(2, Rows.Write(NewShell(output), format, [First, Second]));
        return output.ToString();
    }

    private static Shell NewShell(StringWriter output) => new(TextReader.Null, output, TextWriter.Null);

    private sealed record Row(string Path, float Score, long? Bytes, float? Near, float[] Vector, string[] Parts);
}
