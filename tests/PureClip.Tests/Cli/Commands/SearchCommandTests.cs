using System.Text.Json;
using System.Text.RegularExpressions;
using PureClip.Cli;

namespace PureClip.Tests.Cli.Commands;

public sealed class SearchCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void Pictures_are_ranked_by_their_cosine_with_the_query()
    {
        using TemporaryFolder folder = Pictures("birthday-cake", "cat", "guitar", "rocket");
        CommandResult result = CommandLine.Run("search", "birthday cake", folder.Path, "--top", "3", "--no-index");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal([1, 2, 3], result.Lines.Select(line => line.GetProperty("rank").GetInt32()));
        Assert.Equal(folder["birthday-cake.png"], result.Lines[0].GetProperty("path").GetString());
        float[] query = model.Clip.EncodeText("birthday cake");
        Assert.All(result.Lines, line => Assert.Equal(
            Similarity.Cosine(query, model.Clip.EncodeImage(line.GetProperty("path").GetString()!)),
            line.GetProperty("score").GetSingle()));
        Assert.Equal(result.Lines.Select(Score).OrderDescending(), result.Lines.Select(Score));
    }

    [Fact]
    public void A_picture_finds_itself_first()
    {
        using TemporaryFolder folder = Pictures("cat", "dog");
        CommandResult result = CommandLine.Run("search", CommandLine.Cat, folder.Path);

        Assert.Equal(folder["cat.png"], result.Lines[0].GetProperty("path").GetString());
        Assert.Equal(1f, Score(result.Lines[0]), 1e-6f);
    }

    [Fact]
    public void A_table_in_a_pipe_is_plain_text()
    {
        using TemporaryFolder folder = Pictures("cat");
        CommandResult result = CommandLine.Run("search", "cat", folder.Path, "--format", "table");

        string[] lines = result.Output.Split('\n');
        Assert.Matches("^ +rank +score +picture$", lines[0]);
        Assert.Matches("^─+$", lines[1]);
        Assert.Matches($@"^ +1 +0\.\d\d\d +.*cat\.png$", lines[2]);
        Assert.Equal(4, lines.Length);
    }

    [Fact]
    public void The_page_carries_its_pictures_and_escapes_texts()
    {
        using TemporaryFolder folder = Pictures("cat", "dog");
        CommandResult result = CommandLine.Run("search", "<b>cat</b>", folder.Path, "--html", folder["page.html"], "--top", "1");

        Assert.Equal(0, result.ExitCode);
        string page = File.ReadAllText(folder["page.html"]);
        string best = result.Lines[0].GetProperty("path").GetString()!;
        Assert.Contains($"src=\"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(best))}\"", page);
        Assert.Contains("<h1>&lt;b&gt;cat&lt;/b&gt;</h1>", page);
        Assert.Contains("pictogram-mini", page);
        Assert.DoesNotContain("http", page);
        Assert.Single(page.Split("<figure>")[1..]);
        Assert.Equal(["cat.png", "dog.png", "page.html"], folder.Names);
    }

    [Fact]
    public void The_pages_pictures_open_their_files_and_paths_break_at_separators()
    {
        using TemporaryFolder folder = new();
        string picture = folder.Copy(CommandLine.Cat, "a & b/100% cat #1_fluffy.png");
        CommandLine.Run("search", "cat", folder.Path, "--html", folder["page.html"]);

        string page = File.ReadAllText(folder["page.html"]);
        string address = Regex.Match(page, "<figure><a href=\"([^\"]+)\"><img").Groups[1].Value;
        Assert.StartsWith("file:///", address);
        Assert.EndsWith("/a%20%26%20b/100%25%20cat%20%231_fluffy.png", address);
        Assert.Equal(picture, Path.GetFullPath(Uri.UnescapeDataString(address["file://".Length..])));
        Assert.Contains("a <wbr>&amp; <wbr>b/<wbr>100% <wbr>cat <wbr>#1_<wbr>fluffy<b>.png</b></a></div>", page);
    }

    [Theory]
    [InlineData("fitting pictures have 0.35 and more", "cat")]
    [InlineData("by cosine with pictogram-mini.</p>", "CAT.PNG")]
    public void The_page_says_what_a_good_score_of_a_text_is(string words, string query)
    {
        using TemporaryFolder folder = Pictures("cat", "dog");
        CommandLine.Run("search", query == "CAT.PNG" ? CommandLine.Cat : query, folder.Path, "--html", folder["page.html"]);
        Assert.Contains(words, File.ReadAllText(folder["page.html"]));
        Assert.Contains("A good score depends on the model", CommandLine.Run("search", "--help").Output.ReplaceLineEndings(" "));
    }

    [Fact]
    public void The_page_is_shown_where_that_is_asked_for()
    {
        using TemporaryFolder folder = Pictures("cat", "dog");
        List<string> shown = [];
        CommandResult Run(bool hasBrowser, params string[] args) => CommandLine.Run(args, (output, error) => new Shell(
            TextReader.Null, output, error)
        {
            Open = path =>
            {
                shown.Add(path);
                return hasBrowser;
            },
        });
        Assert.Equal("", Run(true, "search", "cat", folder.Path, "--html", folder["page.html"], "--open").Error);
        Run(true, "search", "cat", folder.Path, "--open");
        Run(true, "search", "cat", folder.Path, "--html", folder["other.html"]);
        Assert.Equal(folder["page.html"], shown[0]);
        Assert.Equal(2, shown.Count);
        Assert.Contains("<h1>cat</h1>", File.ReadAllText(shown[1]));
        File.Delete(shown[1]);
        Assert.Contains("no program", Run(false, "search", "cat", folder.Path, "--html", folder["page.html"], "--open").Error);
    }

    [Fact]
    public void The_next_command_is_the_last_line_for_people()
    {
        using TemporaryFolder folder = Pictures("cat");
        CommandResult result = CommandLine.Run(["search", "a cat", folder.Path], (output, error) => new Shell(TextReader.Null, output, error)
        {
            OutputIsTerminal = true,
            Width = 300,
        });
        Assert.EndsWith($"\nNext: pureclip search \"a cat\" {folder.Path} --open  (shows the pictures in a browser)\n", result.Output);
        Assert.Contains("\n\n1 picture is searchable. With this model, fitting pictures have 0.35", result.Output);
        string model = TestData.Weights("pictogram-mini");
        result = CommandLine.Run(["search", "--model", model, "--top=1", "--", "it's $5", folder.Path], (output, error) => new Shell(
            TextReader.Null, output, error)
        {
            OutputIsTerminal = true,
            Width = 1000,
        });
        Assert.Contains($"\nNext: pureclip search --model {model} --top 1 --open -- 'it'\\''s $5' {folder.Path}  (", result.Output);
    }

    [Fact]
    public void A_broken_picture_does_not_end_the_search()
    {
        using TemporaryFolder folder = Pictures("cat", "dog");
        string broken = folder.Write("broken.png", File.ReadAllBytes(CommandLine.Cat).AsSpan(0, 300));
        CommandResult result = CommandLine.Run("search", "cat", folder.Path);

        Assert.Equal((0, 2), (result.ExitCode, result.Lines.Length));
        Assert.StartsWith($"pureclip: {broken}: ", result.Error);
        Assert.Equal(result with { ExitCode = 1 }, CommandLine.Run("search", "cat", folder.Path, "--strict"));
        Assert.Equal((0, 2), (CommandLine.Run("search", "cat", folder.Path, "--no-index").ExitCode, result.Lines.Length));
        Assert.Equal(1, CommandLine.Run("search", "cat", folder.Path, "--no-index", "--strict").ExitCode);
    }

    [Fact]
    public void Only_pictures_that_could_be_read_are_counted()
    {
        using TemporaryFolder folder = Pictures("cat", "dog");
        folder.Write("broken.png", [1, 2, 3]);
        Assert.Contains(
            "none of 2 pictures reaches --min-score", CommandLine.Run("search", "cat", folder.Path, "--min-score", "0.99").Error);
        CommandLine.Run("search", "cat", folder.Path, "--html", folder["page.html"]);
        Assert.Contains("The best 2 of 2 pictures", File.ReadAllText(folder["page.html"]));
    }

    [Fact]
    public void A_minimum_that_was_not_given_is_not_to_blame()
    {
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.png", File.ReadAllBytes(CommandLine.Cat).AsSpan(0, 40));
        CommandResult result = CommandLine.Run("search", "cat", folder.Path, "--html", folder["page.html"]);
        result.AssertFails(1, broken);
        Assert.DoesNotContain("--min-score", result.Error);
        Assert.Equal(["broken.png"], folder.Names);
    }

    [Theory]
    [InlineData("missing/page.html", "does not exist")]
    [InlineData("", "is a folder")]
    public void A_page_that_cannot_be_written_is_an_error_before_the_work(string page, string reason)
    {
        using TemporaryFolder folder = Pictures("cat");
        CommandLine.Run("search", "cat", folder.Path, "--model", "not looked at", "--html", folder[page]).AssertFails(1, reason);
        Assert.Equal(["cat.png"], folder.Names);
    }

    [Fact]
    public void An_interruption_leaves_no_page()
    {
        using TemporaryFolder folder = Pictures("cat");
        using CancellationTokenSource interrupted = new();
        interrupted.Cancel();
        Assert.Equal(130, CommandLine.Run("", interrupted.Token, "search", "cat", folder.Path, "--html", folder["page.html"]).ExitCode);
        Assert.Equal(["cat.png"], folder.Names);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("text:")]
    public void An_empty_query_is_a_usage_error(string query)
    {
        using TemporaryFolder folder = Pictures("cat");
        CommandLine.Run("search", query, folder.Path).AssertFails(2, "search: ");
    }

    [Fact]
    public void An_empty_folder_name_is_told_as_such() =>
        CommandLine.Run("search", "cat", "").AssertFails(1, "a path cannot be empty");

    [Fact]
    public void A_folder_in_an_expression_is_the_mean_of_its_pictures()
    {
        using TemporaryFolder folder = Pictures("cat", "guitar", "rocket"), wanted = Pictures("guitar", "violin");
        CommandResult result = CommandLine.Run("search", "cake", "+", $"3:{wanted.Path}", folder.Path);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        float[] guitar = model.Clip.EncodeImage(wanted["guitar.png"]), violin = model.Clip.EncodeImage(wanted["violin.png"]);
        float[] mean = Normalized([.. guitar.Zip(violin, (a, b) => a + b)]);
        float[] query = [.. model.Clip.EncodeText("cake").Zip(mean, (a, b) => a + 3 * b)];
        Assert.All(result.Lines, line => Assert.Equal(
            Similarity.Cosine(query, model.Clip.EncodeImage(line.GetProperty("path").GetString()!)), Score(line), 1e-5f));
        Assert.Equal(folder["guitar.png"], result.Lines[0].GetProperty("path").GetString());
    }

    [Fact]
    public void A_folder_without_a_readable_picture_is_no_term()
    {
        using TemporaryFolder folder = Pictures("cat"), wanted = new();
        wanted.Write("broken.png", [1, 2, 3]);
        CommandLine.Run("search", "cake", "-", wanted.Path, folder.Path).AssertFails(1, wanted.Path, "none of this one can be read");
    }

    [Theory]
    [InlineData("\"birthday cake\"", "birthday", "cake")]
    [InlineData("\"birthday cake with candles\"", "birthday", "cake", "with", "candles")]
    [InlineData("\"2:beach + red car\"", "2:beach", "+", "red", "car")]
    public void Quotes_that_were_forgotten_are_offered(string quoted, params string[] words)
    {
        using TemporaryFolder folder = Pictures("cat");
        CommandResult result = CommandLine.Run(["search", .. words, folder.Path]);
        Assert.Equal((1, 1), (result.ExitCode, result.Lines.Length));
        Assert.Contains(quoted, result.Error);
        Assert.DoesNotContain("Quote", CommandLine.Run("search", "cat", folder.Path, folder["*.gif"]).Error);
    }

    [Fact]
    public void A_text_that_is_too_long_can_be_cut()
    {
        using TemporaryFolder folder = Pictures("cat");
        string text = string.Concat(Enumerable.Repeat("red ", 40));
        CommandLine.Run("search", text, folder.Path).AssertFails(1, "\"red red", "40 tokens", "--truncate");
        CommandLine.Run("search", "cat", "+", text, folder.Path).AssertFails(1, "\"red red", "--truncate");
        Assert.Equal(0, CommandLine.Run("search", text, folder.Path, "--truncate").ExitCode);
    }

    [Fact]
    public void A_folder_without_pictures_is_an_error()
    {
        using TemporaryFolder folder = new();
        CommandLine.Run("search", "cat", folder.Path).AssertFails(1, folder.Path, "no picture");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("many")]
    public void Top_is_a_positive_number(string top) => CommandLine.Run("search", "cat", ".", "--top", top).AssertFails(2, "--top", top);

    private static float[] Normalized(float[] vector)
    {
        float length = MathF.Sqrt(vector.Sum(number => number * number));
        return [.. vector.Select(number => number / length)];
    }

    private static float Score(JsonElement line) => line.GetProperty("score").GetSingle();

    private static TemporaryFolder Pictures(params string[] names)
    {
        TemporaryFolder folder = new();
        foreach (string name in names)
            folder.Copy(CommandLine.Picture(name), name + ".png");
        return folder;
    }
}
