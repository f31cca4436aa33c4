using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;

namespace PureClip.Cli;

/// <summary>One command of the program: its arguments and options are declared by its constructor, its work is <see cref="Run"/>.</summary>
internal abstract class ShellCommand : Command
{
    /// <param name="shell">Where results and messages go.</param>
    /// <param name="name">What the user types.</param>
    /// <param name="summary">One sentence, for the list of commands.</param>
    /// <param name="details">What else there is to know, for the command's own help.</param>
    /// <param name="examples">Command lines that teach.</param>
    protected ShellCommand(Shell shell, string name, string summary, string[] details, params Example[] examples)
        : base(name, summary)
    {
        Shell = shell;
        Details = details;
        Examples = examples;
        SetAction(line =>
        {
            shell.Command = this;
            Before?.Invoke(line);
            Run(line);
            return shell.ExitCode;
        });
    }

    /// <summary>What options that hold for the whole command do before its work.</summary>
    public event Action<ParseResult>? Before;

    /// <summary>What its help shows below the options, a paragraph each.</summary>
    public IReadOnlyList<string> Details { get; }

    /// <summary>What its help shows last.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Where results and messages go.</summary>
    public Shell Shell { get; }

    /// <summary>The command line as it was typed, without passwords, with an option more.</summary>
    protected string Typed(ParseResult line, string more)
    {
        List<string> words = [Shell.Name, .. line.Tokens.Select(token => Failures.Quoted(PostgresOption.WithoutPassword(token.Value)))];
        int behind = line.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).Count() + 1; // what follows "--" is no option
        words.Insert(behind, more);
        return string.Join(' ', words);
    }

    /// <summary>Does the work; what it could not do goes to <see cref="Shell.Fail"/> or is thrown.</summary>
    protected abstract void Run(ParseResult line);
}

/// <summary>A command line that teaches.</summary>
/// <param name="Line">What to type.</param>
/// <param name="Meaning">What it does.</param>
internal readonly record struct Example(string Line, string Meaning);

/// <summary>The usual help, then examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    /// <summary>What help needs at least: a column of options beside one that explains.</summary>
    public const int Narrowest = 40;

    private const int WidestText = 100;

    private static readonly Example[] FirstSteps =
    [
        new("pureclip search \"birthday cake\" photos", "Find pictures by describing them"),
        new("pureclip classify photo.png --labels cat,dog,house", "Which of three things is in it"),
        new("pureclip embed photos --format npy --output photos.npy", "Vectors for a program of your own"),
    ];

    /// <summary>Help for whoever looks for help and has made a mistake elsewhere in the line.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        ShellCommand? command = parseResult.CommandResult.Command as ShellCommand;
        foreach (string paragraph in command?.Details ?? [])
            WriteWrapped(output, paragraph);
        output.Write("Examples:\n");
        foreach (Example example in command?.Examples ?? FirstSteps)
            output.Write($"  {example.Line}\n      {example.Meaning}\n");
        if (command is null)
            output.Write("\n'pureclip COMMAND --help' tells more.\n"
                + "Exit codes: 0 done, be it without some pictures that could not be read (1 with --strict, or where one\n"
                + "is larger than --max-pixels or --max-bytes); 1 an input or the model could not be used; 2 wrong command line;\n"
                + "130 interrupted.\n");
        return ExitCode.Success;
    }

    private void WriteWrapped(TextWriter output, string paragraph)
    {
        foreach (string line in TextLines.Wrap(paragraph, Math.Min(usual.MaxWidth, WidestText)))
            output.Write(line + "\n");
        output.Write('\n');
    }
}
