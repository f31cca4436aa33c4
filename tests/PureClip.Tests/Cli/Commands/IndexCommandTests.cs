using System.Text.Json;
using System.Text.Json.Nodes;
using PureClip.Search;

namespace PureClip.Tests.Cli.Commands;

public sealed class IndexCommandTests(ShippedModel model) : IClassFixture<ShippedModel>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Index => _folder["photos.index"];

    [Fact]
    public void A_folder_becomes_an_index_with_the_librarys_vectors_and_relative_paths()
    {
        Fill("cat", "dog", "sub/guitar");
        AssertResult(Run(), added: 3);
        using EmbeddingIndex index = EmbeddingIndex.Open(Index);
        index.RequireSpace(model.Clip.Space, VectorKinds.All);
        Assert.Equal(("pictogram-mini", VectorType.F16), (index.Space.ModelName, index.VectorType));
        Assert.Equal(["photos/cat.png", "photos/dog.png", "photos/sub/guitar.png"], Keys(index));
        AssertVector(index, "photos/cat.png", "cat");
        AssertVector(index, "photos/sub/guitar.png", "guitar");
        Assert.Equal(new FileInfo(_folder["photos/cat.png"]).LastWriteTimeUtc, index[0].Modified);
    }

    [Fact]
    public void Only_what_has_changed_is_computed_again()
    {
        Fill("cat", "dog", "rocket", "house");
        Run();
        AssertResult(Run(), unchanged: 4);

        File.SetLastWriteTimeUtc(_folder["photos/cat.png"], DateTime.UtcNow.AddDays(-1)); // touched
        _folder.Copy(CommandLine.Picture("guitar"), "photos/dog.png"); // another content
        File.Move(_folder["photos/rocket.png"], _folder["photos/moved.png"]);
        File.Copy(_folder["photos/house.png"], _folder["photos/copied.png"]);
        AssertResult(Run(), added: 2, updated: 2, reused: 3, unchanged: 1, removed: 1);

        using EmbeddingIndex index = EmbeddingIndex.Open(Index);
        AssertVector(index, "photos/cat.png", "cat");
        AssertVector(index, "photos/dog.png", "guitar");
        AssertVector(index, "photos/moved.png", "rocket");
        AssertVector(index, "photos/copied.png", "house");
        Assert.False(index.TryFind("photos/rocket.png", out _));
        AssertResult(Run(), unchanged: 5);
    }

    [Fact]
    public void Only_vanished_files_of_the_folders_given_are_removed_unless_all_are_asked_for()
    {
        Fill("cat", "dog");
        _folder.Copy(CommandLine.Picture("house"), "other/house.png");
        _folder.Copy(CommandLine.Picture("guitar"), "other/guitar.png");
        Run("--", _folder["other"]);
        File.Delete(_folder["photos/dog.png"]);
        File.Delete(_folder["other/house.png"]);
        AssertResult(Run(), unchanged: 1, removed: 1, entries: 3);
        AssertResult(CommandLine.Run("index", "--index", Index, "--prune"), removed: 1, entries: 2);
    }

    [Fact]
    public void A_folder_without_any_picture_keeps_its_entries_for_its_disk_may_be_missing()
    {
        Fill("cat");
        Run();
        File.Delete(_folder["photos/cat.png"]);
        CommandResult result = Run();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no picture in this folder", result.Error);
        Assert.Equal(1, Facts(CommandLine.Run("index", "--index", Index)).GetProperty("entries").GetInt32());
    }

    [Fact]
    public void Broken_pictures_are_listed_at_the_end_and_their_old_vectors_go()
    {
        Fill("cat", "dog");
        Run();
        _folder.Write("photos/dog.png", "no picture any more"u8);
        _folder.Write("photos/text.jpg", "none either"u8);
        CommandResult result = Run();
        Assert.Equal(0, result.ExitCode);
        AssertFacts(result, unchanged: 1, broken: 2, entries: 1);
        string[] errors = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, errors.Length);
        Assert.StartsWith($"pureclip: {_folder["photos/dog.png"]}: ", errors[0]);
        Assert.StartsWith($"pureclip: {_folder["photos/text.jpg"]}: ", errors[1]);
    }

    [Fact]
    public void Another_model_and_another_type_are_refused()
    {
        Fill("cat");
        EmbeddingIndexWriter.Create(Index, new("ffff", 256) { ModelName = "another-model" }, VectorType.F32).Dispose();
        Run().AssertFails(1, "another-model (ffff)", $"pictogram-mini ({model.Clip.Fingerprint})");
        Directory.Delete(Index, recursive: true);
        AssertResult(Run("--type", "int8"), added: 1);
        Run("--type", "f32").AssertFails(1, "stores int8", "Leave --type away");
        AssertResult(Run("--type", "int8"), unchanged: 1);
    }

    [Theory]
    [InlineData("exif=off", "--no-exif")]
    [InlineData("fast-decode=on", "--fast-decode")]
    [InlineData("tolerant=on", "--tolerant")]
    [InlineData("previews=on", "--previews")]
    [InlineData("background=#ff0080", "--background", "#FF0080")]
    [InlineData("order=resize-first", "--parity", "openai")]
    [InlineData("crop=floor", "--parity", "huggingface")]
    [InlineData("weights=int8", "--weights", "int8")]
    public void Other_rules_than_the_indexs_are_refused_both_ways_and_change_nothing(string rule, params string[] options)
    {
        Fill("cat");
        AssertResult(Run(), added: 1);
        Fill("dog");
        AssertRefused(options, VectorSpace.UsualPictureLine, rule);
        AssertResult(Run(), added: 1, unchanged: 1);

        Directory.Delete(Index, recursive: true);
        CommandResult made = Run(options);
        AssertResult(made, added: 2);
        Assert.Contains(rule, Facts(made).GetProperty("preparation").GetString());
        AssertRefused([], rule, VectorSpace.UsualPictureLine);
        AssertResult(Run(options), unchanged: 2);

        void AssertRefused(string[] asked, string before, string now)
        {
            (string, string)[] files = FilesOfTheIndex();
            Run(asked).AssertFails(
                1, $"{Index}: this index was made with [", before, "but [", now, "Use the rules with which it was made, or make another.");
            Assert.Equal(files, FilesOfTheIndex());
        }
    }

    [Fact]
    public void The_same_rules_asked_for_in_another_way_are_the_same()
    {
        Fill("cat");
        AssertResult(Run("--parity", "openai"), added: 1);
        AssertResult(Run("--no-exif", "--parity", "openai", "--max-pixels", "1000000"), unchanged: 1);
    }

    [Fact]
    public void Usual_rules_are_recorded_and_not_worth_a_line()
    {
        Fill("cat");
        Assert.False(Facts(Run()).TryGetProperty("preparation", out _));
        using EmbeddingIndex index = EmbeddingIndex.Open(Index);
        Assert.Equal("exif=on, background=none, order=rgb-first, crop=half-to-even, weights=as-stored", index.Space.PictureLine);
    }

    [Fact]
    public void An_index_from_before_there_were_rules_is_accepted_and_says_those_of_what_is_added()
    {
        Fill("cat");
        Run();
        string path = Path.Combine(Index, "index.json");
        JsonObject header = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        Assert.True(header.Remove("preparation") & header.Remove("texts") & header.Remove("checksum"));
        File.WriteAllText(path, header.ToJsonString());

        AssertResult(Run(), unchanged: 1); // nothing was made, so nothing is known
        AssertResult(Run("--no-exif"), unchanged: 1);
        Fill("dog");
        AssertResult(Run("--no-exif"), added: 1, unchanged: 1);
        Run().AssertFails(1, "exif=off", "exif=on");
        AssertResult(Run("--no-exif"), unchanged: 2);
    }

    [Fact]
    public void A_damaged_record_of_the_rules_is_refused()
    {
        Fill("cat");
        Run();
        string path = Path.Combine(Index, "index.json");
        JsonObject header = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        header["preparation"] = 7;
        header.Remove("checksum");
        File.WriteAllText(path, header.ToJsonString());
        Run().AssertFails(1, path, "\"preparation\" is no text", "make the index anew");
    }

    [Fact]
    public void A_second_process_is_told_that_one_is_at_work()
    {
        Fill("cat");
        using EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(Index, model.Clip.Space);
        Run().AssertFails(1, "another process is writing to this index");
    }

    [Fact]
    public void A_folder_of_pictures_is_not_taken_for_an_index()
    {
        Fill("cat");
        string photos = _folder["photos"];
        CommandLine.Run("index", photos, "--index", photos).AssertFails(1, "holds other files");
        CommandLine.Run("index", "--index", photos).AssertFails(1, "there is no index", "pureclip index FOLDER");
        Assert.Equal(["cat.png"], Directory.GetFiles(photos).Select(Path.GetFileName));
    }

    [Fact]
    public void An_interrupted_run_keeps_its_state_and_says_how_to_go_on()
    {
        Fill("cat", "dog");
        Run();
        Fill("house");
        CommandResult result = CommandLine.Run("", new CancellationToken(canceled: true), "index", _folder["photos"], "--index", Index);
        Assert.Equal(130, result.ExitCode);
        AssertResult(Run(), added: 1, unchanged: 2);
    }

    [Fact]
    public void Compacting_gives_the_space_of_replaced_entries_back()
    {
        Fill("cat", "dog");
        Run();
        File.SetLastWriteTimeUtc(_folder["photos/cat.png"], DateTime.UtcNow.AddDays(-1));
        Assert.Equal(1, Facts(Run()).GetProperty("dead_rows").GetInt32());
        JsonElement facts = Facts(CommandLine.Run("index", "--index", Index, "--compact"));
        Assert.Equal((0, 2), (facts.GetProperty("dead_rows").GetInt32(), facts.GetProperty("entries").GetInt32()));
        AssertResult(Run(), unchanged: 2);
    }

    [Fact]
    public void What_was_verified_is_said()
    {
        Fill("cat", "dog");
        Assert.False(Facts(Run()).TryGetProperty("verified", out _));
        Assert.Equal(2, Facts(CommandLine.Run("index", "--index", Index, "--verify")).GetProperty("verified").GetInt32());
        File.SetLastWriteTimeUtc(_folder["photos/cat.png"], DateTime.UtcNow.AddDays(-1));
        Assert.Equal(3, Facts(Run("--verify")).GetProperty("verified").GetInt32()); // with the one that was replaced
        GarbleVectors();
        CommandLine.Run("index", "--index", Index, "--verify").AssertFails(1, "rows 0 to 1 are not what was written");
    }

    [Fact]
    public void Folders_whose_pictures_are_gone_are_named_with_what_became_of_their_entries()
    {
        Fill("cat", "disk/dog", "old/house");
        Run();
        Directory.Delete(_folder["photos/disk"], recursive: true);
        Directory.Delete(_folder["photos/old"], recursive: true);
        Directory.CreateDirectory(_folder["photos/disk"]);
        CommandResult result = Run();
        AssertFacts(result, unchanged: 1, removed: 1, entries: 2);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"{_folder["photos/disk"]}: no picture is to be seen there any more, and its 1 entry stays", result.Error);
        Assert.Contains($"{_folder["photos/old"]}: this folder is gone, and 1 entry with it.", result.Error);
        Assert.Equal(1, Facts(Run("--prune")).GetProperty("removed").GetInt32());
    }

    [Fact]
    public void Verifying_names_what_is_damaged_in_log_and_vectors_at_once()
    {
        Fill("cat");
        Run();
        Fill("dog");
        Run();
        GarbleVectors();
        string log = Assert.Single(Directory.GetFiles(Index, "entries-*"));
        byte[] entries = File.ReadAllBytes(log);
        entries[^1] ^= 1;
        File.WriteAllBytes(log, entries);
        CommandLine.Run("index", "--index", Index, "--verify").AssertFails(1, "commit 2, at byte", "rows 0 to 0 are not what was written");
        CommandLine.Run("search", "cat", "--index", Index).AssertFails(1, "The index is damaged");
    }

    [Fact]
    public void Pruning_compacting_and_verifying_are_done_though_a_folder_has_no_picture()
    {
        Fill("cat", "dog", "house");
        Run();
        Directory.CreateDirectory(_folder["empty"]);
        AssertDone(RunOnNothing(), null);

        File.Delete(_folder["photos/dog.png"]);
        AssertDone(RunOnNothing("--verify"), facts => Assert.Equal((3, 3), (Number(facts, "verified"), Number(facts, "entries"))));
        AssertDone(RunOnNothing("--compact"), facts => Assert.Equal((0, 3), (Number(facts, "removed"), Number(facts, "entries"))));
        AssertDone(
            RunOnNothing("--prune"),
            facts => Assert.Equal((1, 2, 1), (Number(facts, "removed"), Number(facts, "entries"), Number(facts, "dead_rows"))));
        AssertDone(RunOnNothing("--compact"), facts => Assert.Equal((0, 2), (Number(facts, "dead_rows"), Number(facts, "entries"))));
        GarbleVectors();
        RunOnNothing("--verify").AssertFails(1, "no picture in this folder", "are not what was written");

        CommandResult RunOnNothing(params string[] more) => CommandLine.Run(["index", _folder["empty"], "--index", Index, .. more]);

        static int Number(JsonElement facts, string name) => facts.GetProperty(name).GetInt32();

        static void AssertDone(CommandResult result, Action<JsonElement>? check)
        {
            Assert.Equal(1, result.ExitCode);
            Assert.Contains("no picture in this folder", result.Error);
            if (check is null)
                Assert.Empty(result.Output);
            else
                check(Facts(result));
        }
    }

    [Fact]
    public void The_table_shows_the_facts()
    {
        Fill("cat");
        string words = CommandLine.Run("index", _folder["photos"], "--index", Index, "--format", "table").Output;
        Assert.Equal("1 picture is searchable (1 new).\n", words);
        string table = CommandLine.Run("index", "--index", Index, "--format", "table").Output;
        Assert.Contains("pictogram-mini", table);
        Assert.Matches("entries +1\n", table);
    }

    public void Dispose() => _folder.Dispose();

    private void Fill(params string[] pictures)
    {
        foreach (string picture in pictures)
            _folder.Copy(CommandLine.Picture(Path.GetFileName(picture)), $"photos/{picture}.png");
    }

    private (string Name, string Content)[] FilesOfTheIndex() =>
        [.. Directory.GetFiles(Index).Order(StringComparer.Ordinal).Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file))))];

    private void GarbleVectors()
    {
        string path = Assert.Single(Directory.GetFiles(Index, "vectors-*"));
        byte[] vectors = File.ReadAllBytes(path);
        vectors[0] ^= 1;
        File.WriteAllBytes(path, vectors);
    }

    private CommandResult Run(params string[] more) =>
        CommandLine.Run(["index", _folder["photos"], "--index", Index, "--threads", "1", .. more]);

    private static JsonElement Facts(CommandResult result) => Assert.Single(result.Lines);

    private static void AssertResult(
        CommandResult result, int added = 0, int updated = 0, int reused = 0, int unchanged = 0, int removed = 0, int? entries = null)
    {
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        AssertFacts(result, added, updated, reused, unchanged, removed, broken: 0, entries);
    }

    private static void AssertFacts(
        CommandResult result, int added = 0, int updated = 0, int reused = 0, int unchanged = 0, int removed = 0, int broken = 0,
        int? entries = null)
    {
        JsonElement facts = Facts(result);
        Assert.Equal(
            (added, updated, reused, unchanged, removed, broken, entries ?? added + updated + unchanged),
            (Number("added"), Number("updated"), Number("reused"), Number("unchanged"), Number("removed"), Number("broken"),
                Number("entries")));
        int Number(string name) => facts.GetProperty(name).GetInt32();
    }

    private static IEnumerable<string> Keys(EmbeddingIndex index) =>
        Enumerable.Range(0, index.Count).Select(index.KeyOf).Order(StringComparer.Ordinal);

    private void AssertVector(EmbeddingIndex index, string key, string picture)
    {
        Assert.True(index.TryFind(key, out int entry));
        float[] stored = new float[index.Width];
        index.CopyVector(entry, stored);
        float[] exact = model.Clip.EncodeImage(CommandLine.Picture(picture));
        for (int i = 0; i < stored.Length; i++)
            Assert.Equal((float)(Half)exact[i], stored[i]);
    }
}
