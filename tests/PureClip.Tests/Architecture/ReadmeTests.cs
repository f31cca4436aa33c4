using System.CommandLine;
using System.Text.RegularExpressions;
using PureClip.Cli;

namespace PureClip.Tests.Architecture;

/// <summary>What the READMEs show is what happens. With PURECLIP_APPROVE=1 the outputs in them are rewritten.</summary>
public sealed partial class ReadmeTests
{
    private const string FromTheClone = "dotnet run -c Release --project src/PureClip.Cli -- ";

    private const string Installed = "pureclip ";

    private const int MostWords = 1500;

    // What the examples write, in the order in which they need one another's.
    private static readonly string[] Written = ["gallery.index", "kinds.safetensors", "hat.json"];

    private static readonly Readme Root = new(""), Library = new("src/PureClip"), Model = new("src/PureClip.Models.Pictogram");

    private static readonly ReadmeProgram Index = new(Library, ["PureClip", "PureClip.Search"], Source("ReadmeIndexExample"));

    [Fact]
    public void Commands_print_what_the_readmes_show()
    {
        foreach (Readme readme in Readme.All)
        {
            Array.ForEach(Written, Delete);
            readme.Check(text => ConsoleBlock().Replace(text, block => CommandIn(block.Groups[1].Value) is string command
                ? $"```console\n{block.Groups[1].Value}\n{Output(command)}```"
                : block.Value));
        }
        Array.ForEach(Written, Delete);
        Index.Check(OutputOf(ReadmeIndexExample.Run));
        Array.ForEach(Written, Delete);
    }

    [Fact]
    public void Commands_without_output_are_commands()
    {
        RootCommand root = Program.Root([], new(TextReader.Null, TextWriter.Null, TextWriter.Null, "pureclip"));
        string[] lines = [.. Readme.All.SelectMany(readme => ShellBlock().Matches(readme.Text))
            .SelectMany(block => block.Groups[1].Value.Split('\n')).Select(CommandIn).OfType<string>()];
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Empty(root.Parse(Words(line)).Errors.Select(error => $"{line}: {error.Message}")));
    }

    [Fact]
    public void Every_command_stands_in_the_command_lines_readme()
    {
        string text = new Readme("src/PureClip.Cli").Text;
        Assert.DoesNotContain(Program.Commands.Select(command => command.Name), name => !text.Contains($"`{name}", StringComparison.Ordinal));
    }

    [Fact]
    public void The_program_that_searches_a_folder_is_the_tested_one()
    {
        Delete("photos.index");
        new ReadmeProgram(Root, ["PureClip", "PureClip.Models", "PureClip.Search"], Source("ReadmeFolderExample"))
            .Check(OutputOf(ReadmeFolderExample.Run));
        Delete("photos.index");
    }

    [Fact]
    public void The_first_program_is_the_tested_one() =>
        new ReadmeProgram(Library, ["PureClip", "PureClip.Models"], Source("ReadmeFirstExample")).Check(OutputOf(ReadmeFirstExample.Run));

    [Fact]
    public void The_program_of_the_shipped_model_is_the_tested_one() =>
        new ReadmeProgram(Model, ["PureClip", "PureClip.Models"], Source("ReadmePictogramExample"))
            .Check(OutputOf(ReadmePictogramExample.Run));

    [Fact]
    public void The_program_with_labels_is_the_tested_one() =>
        new ReadmeProgram(Library, ["PureClip", "PureClip.Labels"], Source("ReadmeExample")).Check(OutputOf(ReadmeExample.Run));

    [Fact]
    public void Files_and_folders_that_the_readmes_link_to_exist() => Assert.All(Readme.All, readme => Assert.Empty(
        Link().Matches(readme.Text).Select(match => match.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
                && !Path.Exists(Path.Combine(TestData.Root, readme.Folder, target)))
            .Select(target => $"{readme.Folder}/README.md: {target}")));

    [Fact]
    public void Headings_that_the_readmes_link_to_exist() => Assert.All(Readme.All, readme => Assert.Empty(
        Link().Matches(readme.Text).Select(match => match.Groups[1].Value.Split('#'))
            .Where(target => target.Length == 2 && !target[0].Contains("://", StringComparison.Ordinal)
                && !HeadingsOf(Path.Combine(TestData.Root, readme.Folder, target[0].Length > 0 ? target[0] : "README.md")).Contains(target[1]))
            .Select(target => $"{readme.Folder}/README.md: {target[0]}#{target[1]}")));

    [Fact]
    public void Every_project_has_a_readme() => Assert.All(
        Readme.FoldersIn("src").Where(folder => Directory.GetFiles(Path.Combine(TestData.Root, folder), "*.csproj").Length > 0),
        folder => Assert.True(File.Exists(new Readme(folder).FilePath), $"{folder} has no README.md."));

    [Fact]
    public void The_first_page_is_read_in_minutes() =>
        Assert.InRange(Root.Text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length, 1, MostWords - 1);

    /// <summary>What comes behind the program's name; null where a line is none of the program.</summary>
    private static string? CommandIn(string line)
    {
        string command = line.TrimStart('$', ' ').Split(" # ")[0].TrimEnd();
        return command.StartsWith(FromTheClone, StringComparison.Ordinal) ? command[FromTheClone.Length..]
            : command.StartsWith(Installed, StringComparison.Ordinal) ? command[Installed.Length..]
            : null;
    }

    private static string[] Words(string commandLine) =>
        [.. Word().Matches(commandLine).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Value)];

    private static string Output(string commandLine)
    {
        StringWriter output = new() { NewLine = "\n" }, errors = new();
        int code = Program.Run([.. Words(commandLine), "--format", "table"], TextReader.Null, output, errors, CancellationToken.None);
        Assert.True(code == 0, $"{commandLine}: exit code {code}, {errors}");
        return output.ToString();
    }

    private static string OutputOf(Action<TextWriter> program)
    {
        StringWriter output = new() { NewLine = "\n" };
        program(output);
        return output.ToString();
    }

    /// <summary>As pages name them: small letters, hyphens for spaces, no other marks.</summary>
    private static HashSet<string> HeadingsOf(string path) => [.. Heading().Matches(File.ReadAllText(path))
        .Select(match => Mark().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'))];

    private static string Source(string name) => $"PureClip.Tests/Architecture/{name}.cs";

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        File.Delete(path);
    }

    [GeneratedRegex("```console\n([^\n]+)\n(?:[^`]*\n)?```")]
    private static partial Regex ConsoleBlock();

    [GeneratedRegex("```sh\n([^`]*)```")]
    private static partial Regex ShellBlock();

    [GeneratedRegex("\"([^\"]*)\"|[^ ]+")]
    private static partial Regex Word();

    [GeneratedRegex("\\]\\(([^)]+)\\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?m)^#+ (.+?)\r?$")]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex Mark();
}
