using System.Reflection;
using System.Text.RegularExpressions;
using PureClip.Cli;

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
        AssertRecommendsWhatThereIs(args, result.Error);
        return result;
    }

    /// <summary>
    /// Names of the library's types and members that are words of code alone: whoever types commands knows none of them.
    /// </summary>
    private static readonly HashSet<string> NamesOfCode =
    [
        .. new[] { "Files", "Core", "Collections", "Convert", "Generation", "Generation.AI", "Training", "Conditioning", "ImageSharp" }
            .SelectMany(name => Assembly.Load("PureClip." + name).GetExportedTypes())
            .SelectMany(type => type.GetMembers().Select(member => member.Name).Append(type.Name))
            .Where(name => CamelCase().IsMatch(name) && name is not "HuggingFace"),
    ];

    /// <summary>Every option that a message names is one of the command that said it, or of the command that is named with it.</summary>
    private static void AssertRecommendsWhatThereIs(string[] args, string error)
    {
        string command = args.FirstOrDefault(word => OptionsByCommand.ContainsKey(word), "");
        string text = Commands().Replace(error, named =>
        {
            Assert.All(Options().Matches(named.Value), option => AssertIsOption(named.Groups[1].Value, option.Value));
            return "";
        });
        if (command.Length > 0)
            Assert.All(Options().Matches(text), option => Assert.True(
                args.Any(word => word.Contains(option.Value, StringComparison.Ordinal)) || IsOption(command, option.Value),
                $"{command} has no {option.Value}, but says: {error}"));

        static void AssertIsOption(string command, string option) => Assert.True(
            !OptionsByCommand.ContainsKey(command) || IsOption(command, option), $"{command} has no {option}.");
        static bool IsOption(string command, string option) => option == "--help" || OptionsByCommand[command].Contains(option);
    }

    private static readonly Dictionary<string, HashSet<string>> OptionsByCommand = Program.Commands.ToDictionary(
        command => command.Name,
        command => command.Make(new Shell(TextReader.Null, TextWriter.Null, TextWriter.Null)).Options.Select(option => option.Name).ToHashSet());

    // A command line within a message: to its quotation mark's twin, or to the end of the line.
    [GeneratedRegex(@"pureclip ([a-z-]+)[^'\n]*")]
    private static partial Regex Commands();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*")]
    private static partial Regex Options();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"^I?[A-Z][a-z0-9]+([A-Z][a-z0-9]+)+$")]
    private static partial Regex CamelCase();
}
