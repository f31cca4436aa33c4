using PureClip.Cli;
using PureClip.Search;

namespace PureClip.Tests.Cli.Commands;

/// <summary>A search of a folder keeps what it has computed.</summary>
public sealed class KeptIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new(), _caches = new();

    public KeptIndexTests()
    {
        foreach (string name in new[] { "cat", "dog", "guitar", "rocket", "birthday-cake" })
            _folder.Copy(CommandLine.Picture(name), $"photos/{name}.png");
        _folder.Copy(CommandLine.Picture("violin"), "photos/music/violin.png");
    }

    private string Photos => _folder["photos"];

    private string[] Kept => Directory.Exists(_caches["indexes"]) ? Directory.GetDirectories(_caches["indexes"]) : [];

    public void Dispose()
    {
        _folder.Dispose();
        _caches.Dispose();
    }

    [Fact]
    public void A_second_search_of_a_folder_computes_nothing()
    {
        CommandResult first = Run("search", "birthday cake", Photos);
        string index = Assert.Single(Kept);
        long bytes = new DirectoryInfo(index).EnumerateFiles().Sum(file => file.Length);
        // Files that cannot be decoded any more, of the same size and time: were they read, they would be missed.
        foreach (string picture in PictureFiles.Below(Photos))
        {
            DateTime time = File.GetLastWriteTimeUtc(picture);
            File.WriteAllBytes(picture, new byte[new FileInfo(picture).Length]);
            File.SetLastWriteTimeUtc(picture, time);
        }
        CommandResult second = Run("search", "birthday cake", Photos);

        Assert.Equal((0, ""), (second.ExitCode, second.Error));
        Assert.Equal(first.Output, second.Output);
        Assert.Equal(bytes, new DirectoryInfo(index).EnumerateFiles().Sum(file => file.Length));
    }

    [Fact]
    public void What_is_kept_gives_the_scores_of_what_is_computed()
    {
        Run("search", "cat", Photos);
        (string, float)[] Hits(CommandResult result) =>
            [.. result.Lines.Select(line => (line.GetProperty("path").GetString()!, line.GetProperty("score").GetSingle()))];
        (string Path, float Score)[] kept = Hits(Run("search", "cat", Photos)), computed = Hits(Run("search", "cat", Photos, "--no-index"));
        Assert.Equal(computed.Select(hit => hit.Path), kept.Select(hit => hit.Path));
        Assert.All(kept.Zip(computed), pair => Assert.Equal(pair.Second.Score, pair.First.Score, 1e-6f));
    }

    [Fact]
    public void What_has_changed_is_brought_up_to_date()
    {
        Run("search", "cat", Photos);
        _folder.Copy(CommandLine.Picture("house"), "photos/house.png");
        File.Delete(_folder["photos/cat.png"]);
        string[] found = [.. Run("search", "house", Photos).Lines.Select(line => Path.GetFileName(line.GetProperty("path").GetString()!))];
        Assert.Equal("house.png", found[0]);
        Assert.DoesNotContain("cat.png", found);
        Assert.Equal(6, found.Length);
    }

    [Fact]
    public void Without_an_index_nothing_is_kept()
    {
        Assert.Equal(6, Run("search", "cat", Photos, "--no-index").Lines.Length);
        Assert.Empty(Kept);
        Assert.Equal(["photos"], _folder.Names);
    }

    [Fact]
    public void A_folder_below_uses_what_was_kept_above()
    {
        Run("search", "cat", Photos);
        CommandResult below = Run("search", "cat", Path.Combine(Photos, "music"));
        Assert.Single(Kept);
        Assert.EndsWith("violin.png", below.Lines.Single().GetProperty("path").GetString());
    }

    [Fact]
    public void An_index_that_knows_the_folder_is_used_and_others_are_left_alone()
    {
        Run("index", Photos, "--index", _folder["pureclip.index"]);
        Assert.Equal(6, Run("search", "cat", Photos).Lines.Length);
        Assert.Empty(Kept);

        _folder.Copy(CommandLine.Picture("house"), "elsewhere/house.png");
        Assert.Single(Run("search", "cat", _folder["elsewhere"]).Lines);
        Assert.Single(Kept);
        using FolderIndex made = FolderIndex.Open(_folder["pureclip.index"]);
        Assert.Equal(6, made.Index.Count);
    }

    [Fact]
    public void Other_rules_have_an_index_of_their_own()
    {
        Run("search", "cat", Photos);
        Assert.Equal(0, Run("search", "cat", Photos, "--parity", "openai").ExitCode);
        Assert.Equal(2, Kept.Length);
    }

    [Fact]
    public void A_damaged_index_is_made_anew()
    {
        Run("search", "cat", Photos);
        File.WriteAllText(Path.Combine(Kept[0], "index.json"), "{");
        CommandResult again = Run("search", "cat", Photos);
        Assert.Equal((0, 6), (again.ExitCode, again.Lines.Length));
        using EmbeddingIndex index = EmbeddingIndex.Open(Kept.Single());
        Assert.Equal(6, index.Count);
    }

    [Fact]
    public void Folders_can_be_left_out_and_hidden_ones_taken_in()
    {
        _folder.Copy(CommandLine.Picture("house"), "photos/.hidden/house.png");
        _folder.Copy(CommandLine.Picture("airplane"), "photos/music/deep/airplane.png");
        string[] Found(params string[] options) => [.. Run(["search", "cat", Photos, .. options]).Lines
            .Select(line => Path.GetFileName(line.GetProperty("path").GetString()!)).Order(StringComparer.Ordinal)];

        Assert.Equal(7, Found().Length);
        Assert.DoesNotContain("violin.png", Found("--exclude-dir", "music"));
        Assert.DoesNotContain("airplane.png", Found("--exclude-dir", "music"));
        Assert.Equal(Found("--exclude-dir", "music"), Found("--exclude-dir", "m?s*", "--no-index"));
        Assert.Equal(Found("--exclude-dir", "music"), Found("--exclude-dir", "x", "--exclude-dir", "music"));
        Assert.Contains("house.png", Found("--include-hidden"));
        Assert.Equal(["violin.png"], Run("search", "cat", Path.Combine(Photos, "**", "*.png"), "--exclude-dir", "deep").Lines
            .Select(line => Path.GetFileName(line.GetProperty("path").GetString()!)).Where(name => name is "violin.png" or "airplane.png"));
        Run("search", "cat", Photos, "--exclude-dir", "a/b").AssertFails(2, "--exclude-dir", "a/b");
    }

    [Fact]
    public void Several_folders_and_files_are_one_search()
    {
        string house = _folder.Copy(CommandLine.Picture("house"), "house.png");
        _folder.Copy(CommandLine.Picture("airplane"), "more/airplane.png");
        CommandResult found = Run("search", "cat", Photos, _folder["more"], house, Path.Combine(Photos, "music"));
        Assert.Equal(8, found.Lines.Length);
        Assert.Equal(2, Kept.Length);
        float[] scores = [.. found.Lines.Select(line => line.GetProperty("score").GetSingle())];
        Assert.Equal(scores.OrderDescending(), scores);
    }

    [Fact]
    public void The_place_is_said_once_to_people_and_never_to_programs()
    {
        Assert.Contains("are kept in", InTerminal("search", "cat", Photos).Error);
        Assert.DoesNotContain("are kept in", InTerminal("search", "cat", Photos).Error);
        Assert.Equal("", Run("search", "cat", _folder["photos/music"], "--parity", "openai").Error);
    }

    [Fact]
    public void Where_nothing_can_be_kept_everything_is_computed()
    {
        string file = _caches.Write("taken", "a file"u8);
        CommandResult found = CommandLine.Run(["search", "cat", Photos], (output, error) => new Shell(TextReader.Null, output, error)
        {
            Variable = name => name == "PURECLIP_CACHE" ? file : null,
        });
        Assert.Equal((0, 6), (found.ExitCode, found.Lines.Length));
        Assert.Contains("no index can be kept there", found.Error);
    }

    private CommandResult Run(params string[] args) => Run(args, isTerminal: false);

    private CommandResult InTerminal(params string[] args) => Run(args, isTerminal: true);

    private CommandResult Run(string[] args, bool isTerminal) => CommandLine.Run(args, (output, error) => new Shell(
        TextReader.Null, output, error)
    {
        ErrorIsTerminal = isTerminal,
        Variable = name => name == "PURECLIP_CACHE" ? _caches.Path : null,
    });
}
