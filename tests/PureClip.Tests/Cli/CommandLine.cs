using System.Text.RegularExpressions;
using PureClip.Cli;
using PureClip.Search;

namespace PureClip.Tests.Cli;

/// <summary>Runs a command line in this process, as a shell with redirected streams would.</summary>
internal static partial class CommandLine
{
    /// <summary>A picture that is there.</summary>
    public static string Cat { get; } = Picture("cat");

    /// <summary>A picture of the gallery.</summary>
    public static string Picture(string name) => TestData.PathOf($"gallery/{name}.png");

    /// <summary>Runs a command line.</summary>
    public static CommandResult Run(params string[] args) => RunWithInput("", args);

    /// <summary>Runs a command line with something on standard input.</summary>
    public static CommandResult RunWithInput(string input, params string[] args) => Run(input, CancellationToken.None, args);

    /// <summary>Runs a command line that may be interrupted.</summary>
    public static CommandResult Run(string input, CancellationToken cancellation, params string[] args) => Run(args,
        (output, error) => new Shell(new StringReader(input), output, error) { Cancellation = cancellation });

    /// <summary>Runs a command line in a shell of the caller's making.</summary>
    public static CommandResult Run(string[] args, Func<TextWriter, TextWriter, Shell> shell)
    {
        using StringWriter output = new(), error = new();
        int exitCode = Program.Run(args, shell(output, error));
        CommandResult result = new(exitCode, output.ToString(), error.ToString());
        Assert.DoesNotContain("   at ", result.Error); // a stack trace
        Assert.DoesNotContain("this should not have happened", result.Error);
        Assert.DoesNotContain("(Parameter '", result.Error);
        Assert.DoesNotContain(Word().Matches(result.Error), word => NamesOfCode.Contains(word.Value));
        return result;
    }

    /// <summary>
    /// Names of the library's types and members that are words of code alone: whoever types commands knows none of them.
    /// </summary>
    private static readonly HashSet<string> NamesOfCode =
    [
        .. new[] { typeof(Clip), typeof(EmbeddingIndex) }
            .SelectMany(type => type.Assembly.GetExportedTypes())
            .SelectMany(type => type.GetMembers().Select(member => member.Name).Append(type.Name))
            .Where(name => CamelCase().IsMatch(name) && name is not "HuggingFace"),
    ];

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"^I?[A-Z][a-z0-9]+([A-Z][a-z0-9]+)+$")]
    private static partial Regex CamelCase();
}
