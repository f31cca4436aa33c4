using System.Formats.Tar;
using System.Text.Json;

namespace PureClip.Tests.Cli;

/// <summary>What an index takes beside folders: lists of files, and tar files.</summary>
public sealed class IndexInputsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\n", "")]
    [InlineData("\n", "\n\n")]
    [InlineData("\r\n", "\r\n")]
    [InlineData("\0", "\0")]
    public void Paths_are_taken_from_a_list_and_from_standard_input(string separator, string end)
    {
        string list = string.Join(separator, CommandLine.Cat, CommandLine.Picture("dog"), CommandLine.Cat) + end;
        Assert.Equal(2, Added(CommandLine.RunWithInput(list, "index", "--files", "-", "--index", _folder["a.index"])));
        Assert.Equal(2, Added(CommandLine.Run("index", "--files", _folder.Write("list", System.Text.Encoding.UTF8.GetBytes(list)), "--index", _folder["b.index"])));
    }

    [Fact]
    public void Names_may_have_newlines_and_look_like_globs()
    {
        string odd = _folder.Copy(CommandLine.Cat, "photos/a\nb.png"), glob = _folder.Copy(CommandLine.Picture("dog"), "photos/[x].png");
        CommandResult result = CommandLine.RunWithInput($"{odd}\0{glob}\0", "index", "--files", "-", "--index", _folder["a.index"]);
        Assert.Equal(2, Added(result));
        result = CommandLine.Run("search", "a cat", "--index", _folder["a.index"], "-0", "--top", "1");
        Assert.Equal(odd, Path.GetFullPath(result.Output.TrimEnd('\0')));
        CommandLine.RunWithInput(_folder["photos/*.png"] + "\n", "index", "--files", "-", "--index", _folder["b.index"])
            .AssertFails(1, "photos/*.png: there is no such file or folder");
    }

    [Fact]
    public void A_list_with_a_missing_file_indexes_the_others_and_fails()
    {
        CommandResult result = CommandLine.RunWithInput(
            $"{CommandLine.Cat}\n{_folder["gone.png"]}\n", "index", CommandLine.Picture("dog"), "--files", "-", "--index", _folder["a.index"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"pureclip: {_folder["gone.png"]}: there is no such file or folder.\n", result.Error);
        Assert.Equal(2, result.Lines[0].GetProperty("added").GetInt32());
        CommandLine.Run("index", "--files", _folder["no list"], "--index", _folder["a.index"]).AssertFails(1, "no list: there is no such file");
        CommandLine.Run("index", "--files", _folder.Path, "--index", _folder["a.index"]).AssertFails(1, "is a folder");
        CommandLine.Run("index", "--files", "", "--index", _folder["a.index"]).AssertFails(2, "cannot be empty");
        Assert.Equal((0, ""), (CommandLine.RunWithInput("", "index", "--files", "-", "--index", _folder["c.index"]).ExitCode, ""));
    }

    [Fact]
    public void Pictures_in_tar_files_are_found_shown_and_looked_for()
    {
        string tar = _folder["shard-0.tar"], index = _folder["a.index"];
        using (FileStream file = File.Create(tar))
        using (TarWriter writer = new(file))
        {
            foreach (string name in new[] { "cat", "dog" })
            {
                writer.WriteEntry(CommandLine.Picture(name), $"{name}.png");
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{name}.txt") { DataStream = new MemoryStream("a text"u8.ToArray()) });
            }
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link.png") { LinkName = "cat.png" });
        }
        CommandResult made = CommandLine.Run("index", _folder["*.tar"], "--index", index);
        Assert.Equal((0, "pureclip: Passed over in tar files: 1 x link.\n"), (made.ExitCode, made.Error));
        Assert.Equal(2, Added(made));
        Assert.Equal(
            "2 pictures are searchable (2 as before). Passed over in tar files: 1 x link.\n",
            CommandLine.Run("index", tar, "--index", index, "--format", "table").Output);

        CommandResult found = CommandLine.Run("search", "a cat", "--index", index, "--html", _folder["page.html"]);
        Assert.Equal(0, found.ExitCode);
        Assert.Equal(tar + "!cat.png", Path.GetFullPath(found.Lines[0].GetProperty("path").GetString()!));
        string page = File.ReadAllText(_folder["page.html"]);
        Assert.Equal(2, page.Split("src=\"data:image/png;base64,").Length - 1);
        Assert.Contains("shard-0.tar\"", page); // the link leads to what a browser can show

        // As a query, alone and by what is indexed of the tar file.
        CommandResult like = CommandLine.Run("search", tar + "!dog.png", tar, "--index", index);
        Assert.Equal(1f, like.Lines[0].GetProperty("score").GetSingle(), 3);
        Assert.EndsWith("!dog.png", like.Lines[0].GetProperty("path").GetString());
        Assert.Equal(2, like.Lines.Length);

        File.Delete(tar);
        CommandResult gone = CommandLine.Run("search", "a cat", "--index", index, "--html", _folder["none.html"]);
        Assert.Contains("this file is gone since it was indexed", gone.Error);
        CommandLine.Run("index", tar, "--index", index).AssertFails(1, "there is no such file");
    }

    [Fact]
    public void Commands_that_take_no_tar_files_say_what_does()
    {
        string tar = _folder.Write("a.tar", new byte[1024]);
        CommandLine.Run("embed", tar).AssertFails(1, "a.tar", "'pureclip index ");
        CommandResult empty = CommandLine.Run("index", tar, "--index", _folder["a.index"]);
        Assert.Equal((0, ""), (empty.ExitCode, empty.Error));
        Assert.Equal(0, Added(empty));
        CommandResult cut = CommandLine.Run("index", _folder.Write("b.tar", new byte[300]), "--index", _folder["a.index"]);
        Assert.Equal(1, cut.ExitCode);
        Assert.Contains("b.tar: the tar file ", cut.Error);
    }

    private static int Added(CommandResult result)
    {
        Assert.Equal(0, result.ExitCode);
        JsonElement facts = Assert.Single(result.Lines);
        return facts.GetProperty("added").GetInt32();
    }
}
