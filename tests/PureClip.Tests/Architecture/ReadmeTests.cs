using System.Text.RegularExpressions;
using PureClip.Cli;

namespace PureClip.Tests.Architecture;

/// <summary>What the README shows is what happens. With PURECLIP_APPROVE=1 the outputs in it are rewritten.</summary>
public sealed partial class ReadmeTests
{
    private const string Run = "$ dotnet run -c Release --project src/PureClip.Cli -- ";

    // What the examples write, in the order in which they need one another's.
    private static readonly string[] Written = ["gallery.index", "kinds.safetensors", "hat.json"];

    private static readonly ReadmeProgram Example = new(["PureClip", "PureClip.Labels"], "PureClip.Tests/Architecture/ReadmeExample.cs");
    private static readonly ReadmeProgram IndexExample = new(["PureClip", "PureClip.Search"], "PureClip.Tests/Architecture/ReadmeIndexExample.cs");

    [Fact]
    public void Commands_and_the_program_that_uses_their_index_print_what_the_readme_shows()
    {
        Array.ForEach(Written, Delete);
        Readme.Check(text => ConsoleBlock().Replace(text, block => block.Groups[1].Value.StartsWith(Run, StringComparison.Ordinal)
            ? $"```console\n{block.Groups[1].Value}\n{Output(block.Groups[1].Value[Run.Length..])}```"
            : block.Value));
        Readme.Check(text => IndexExample.Rewrite(text, OutputOf(ReadmeIndexExample.Run)));
        Array.ForEach(Written, Delete);
    }

    [Fact]
    public void The_example_is_the_tested_one_and_prints_what_the_readme_shows() => Readme.Check(text => Example.Rewrite(text, OutputOf(ReadmeExample.Run)));

    [Fact]
    public void Files_and_folders_that_the_readme_links_to_exist()
    {
        string[] missing = [.. Link().Matches(File.ReadAllText(Readme.FilePath)).Select(m => m.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#') && !Path.Exists(Path.Combine(TestData.Root, target)))];
        Assert.Empty(missing);
    }

    private static string Output(string commandLine)
    {
        string[] arguments = [.. Word().Matches(commandLine).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Value), "--format", "table"];
        StringWriter output = new() { NewLine = "\n" }, errors = new();
        int code = Program.Run(arguments, TextReader.Null, output, errors, CancellationToken.None);
        Assert.True(code == 0, $"{commandLine}: exit code {code}, {errors}");
        return output.ToString();
    }

    private static string OutputOf(Action<TextWriter> program)
    {
        StringWriter output = new() { NewLine = "\n" };
        program(output);
        return output.ToString();
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        File.Delete(path);
    }

    [GeneratedRegex("```console\n([^\n]+)\n(?:[^`]*\n)?```")]
    private static partial Regex ConsoleBlock();

    [GeneratedRegex("\"([^\"]*)\"|[^ ]+")]
    private static partial Regex Word();

    [GeneratedRegex("\\]\\(([^)]+)\\)")]
    private static partial Regex Link();
}
