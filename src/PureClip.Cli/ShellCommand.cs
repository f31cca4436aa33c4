using System.CommandLine;

namespace PureClip.Cli;

/// <summary>One command of the program: its arguments and options are declared by its constructor, its work is <see cref="Run"/>.</summary>
internal abstract class ShellCommand : Command
{
    protected ShellCommand(Shell shell, string name, string description, params Example[] examples)
        : base(name, description)
    {
        Shell = shell;
        Examples = examples;
        SetAction(line =>
        {
            Run(line);
            return shell.ExitCode;
        });
    }

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
