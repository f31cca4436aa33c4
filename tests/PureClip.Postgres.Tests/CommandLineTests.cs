using System.Text.Json;

namespace PureClip.Postgres.Tests;

/// <summary><c>pureclip index --to</c> and <c>search --from</c>: what is printed is what an index on disk prints.</summary>
[Collection(DatabaseTests.Name)]
public sealed class CommandLineTests : IDisposable
{
    private readonly TestSchema _schema = new();
    private readonly TemporaryFolder _folder = new();

    private string Table => $"{_schema.Name}.pictures";

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder.Dispose();
        _schema.Dispose();
    }

    [DatabaseFact]
    public void Indexing_and_searching_print_what_they_print_with_an_index_on_disk()
    {
        foreach (string name in (string[])["cat", "dog", "rocket", "guitar", "cupcake", "coral"])
            _folder.Copy(CommandLine.Picture(name), $"photos/{name}.png");
        _folder.Write("photos/broken.png", "no picture"u8);
        string photos = _folder["photos"];
        string[] to = ["--to", TestDatabase.Shared.Address, "--table", Table], from = ["--from", .. to[1..]];
        string[] disk = ["--index", _folder["disk.index"]];

        CommandResult expected = CommandLine.Run(["index", photos, .. disk]), made = CommandLine.Run(["index", photos, .. to]);
        Assert.Equal(expected.ExitCode, made.ExitCode);
        Assert.Equal(expected.Error, made.Error);
        AssertSameFacts(expected.Output, made.Output);
        AssertSameFacts(CommandLine.Run(["index", photos, .. disk]).Output, CommandLine.Run(["index", photos, .. to]).Output);
        AssertSameFacts(CommandLine.Run(["index", .. disk]).Output, CommandLine.Run(["index", .. to]).Output);

        foreach (string[] query in (string[][])[["a cat"], ["a cat", "--top", "3"], ["something sweet", "+", "a cat"],
            [CommandLine.Cat, "--min-score", "0.5"], ["a cat", "--format", "table"], ["a cat", photos, "--paths"],
            ["a cat", Path.Combine(photos, "dog.png")], ["a cat", _folder.Path + "/none"]])
        {
            CommandResult onDisk = CommandLine.Run(["search", .. query, .. disk]), inTable = CommandLine.Run(["search", .. query, .. from]);
            Assert.Equal(onDisk.ExitCode, inTable.ExitCode);
            Assert.Equal(Rounded(onDisk.Output), Rounded(inTable.Output));
        }

        File.Delete(Path.Combine(photos, "dog.png"));
        CommandResult pruned = CommandLine.Run(["index", "--prune", .. to]);
        Assert.Equal(1, JsonDocument.Parse(pruned.Output).RootElement.GetProperty("removed").GetInt32());
        Assert.DoesNotContain("secret", pruned.Output + made.Output + made.Error);
    }

    [DatabaseFact]
    public void What_cannot_be_is_said_with_the_next_step()
    {
        string[] from = ["--from", TestDatabase.Shared.Address, "--table", Table], to = ["--to", .. from[1..]];
        CommandResult missing = CommandLine.Run(["search", "a cat", .. from]);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("there is no such table of vectors", missing.Error);
        Assert.Contains($"'pureclip index FOLDER --to ", missing.Error);
        Assert.DoesNotContain("secret", missing.Error);
        Assert.Equal(0, CommandLine.Run(["index", CommandLine.Cat, .. to]).ExitCode);
        CommandResult refused = CommandLine.Run(["index", CommandLine.Cat, .. to, "--no-exif"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("exif=off", refused.Error);
        CommandResult relative = CommandLine.Run(["index", CommandLine.Cat, .. to, "--root", TestData.Root]);
        Assert.Equal(1, relative.ExitCode);
        Assert.Contains("paths stand in full", relative.Error);
    }

    [Fact]
    public void A_wrong_command_line_is_told_before_anything_is_asked()
    {
        Usage(["index", "photos", "--to", "mysql"], "--to 'mysql' is no database");
        Usage(["index", "photos", "--to", "postgres://a:s3cret@host:x/"], "cannot be read");
        Usage(["index", "photos", "--table", "a"], "--table is of a table in a database; name that with --to");
        Usage(["search", "cat", "--root", "a"], "--root is of a table in a database; name that with --from");
        Usage(["index", CommandLine.Cat, "--to", "postgres", "--index", "x"], "--index is for an index on disk");
        Usage(["index", CommandLine.Cat, "--to", "postgres", "--type", "f32"], "--type is for an index on disk");
        Usage(["search", "cat", "--from", "postgres", "--no-index"], "--no-index is for an index on disk");
        Usage(["search", "cat", "--from", "postgres", "--table", "a.b.c"], "SCHEMA.TABLE");

        static void Usage(string[] line, string said)
        {
            CommandResult result = CommandLine.Run(line);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains(said, result.Error);
            Assert.DoesNotContain("s3cret", result.Error);
        }
    }

    [Fact]
    public void A_server_that_is_not_there_is_one_sentence()
    {
        CommandResult result = CommandLine.Run("index", "--to", "postgres:Host=127.0.0.1;Port=1;Username=anna;Password=s3cret;Database=photos");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("pureclip: postgres://anna@127.0.0.1:1/photos (pureclip.pictures): no server answers there", result.Error);
        Assert.DoesNotContain("s3cret", result.Error);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
    }

    /// <summary>All members but where it lies and how many bytes it takes there.</summary>
    private static void AssertSameFacts(string disk, string table)
    {
        static Dictionary<string, string> Facts(string line) => JsonDocument.Parse(line).RootElement.EnumerateObject()
            .Where(fact => fact.Name is not ("index" or "stored_bytes" or "dead_rows"))
            .ToDictionary(fact => fact.Name, fact => fact.Value.GetRawText());
        Assert.Equal(Facts(disk), Facts(table));
        Assert.Equal(
            JsonDocument.Parse(disk).RootElement.EnumerateObject().Select(fact => fact.Name),
            JsonDocument.Parse(table).RootElement.EnumerateObject().Select(fact => fact.Name));
    }

    private static string Rounded(string text) =>
        System.Text.RegularExpressions.Regex.Replace(text, @"(?<=""score"":)[0-9.eE-]+", number =>
            double.Parse(number.Value, System.Globalization.CultureInfo.InvariantCulture).ToString("F4", System.Globalization.CultureInfo.InvariantCulture));
}
