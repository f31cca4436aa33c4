using System.CommandLine;

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
            Run(line);
            return shell.ExitCode;
        });
    }

    /// <summary>What its help shows below the options, a paragraph each.</summary>
    public IReadOnlyList<string> Details { get; }

    /// <summary>What its help shows last.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Where results and messages go.</summary>
    protected Shell Shell { get; }

    /// <summary>Does the work; what it could not do goes to <see cref="Shell.Fail"/> or is thrown.</summary>
    protected abstract void Run(ParseResult line);
}

/// <summary>A command line that teaches.</summary>
/// <param name="Line">What to type.</param>
/// <param name="Meaning">What it does.</param>
internal readonly record struct Example(string Line, string Meaning);
