using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PureClip.Cli;

/// <summary>The usual help, then examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly Example[] FirstSteps =
    [
        new("pureclip search \"birthday cake\" photos", "Find pictures by describing them"),
        new("pureclip classify photo.png --labels cat,dog,house", "What is in it?"),
        new("pureclip embed photos --format npy --output photos.npy", "Vectors for a program of your own"),
    ];

    /// <summary>Help for whoever looks for help and has made a mistake elsewhere in the line.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        bool isOverview = parseResult.CommandResult.Command is not ShellCommand;
        output.Write("Examples:\n");
        foreach (Example example in parseResult.CommandResult.Command is ShellCommand command ? command.Examples : FirstSteps)
            output.Write($"  {example.Line}\n      {example.Meaning}.\n");
        if (isOverview)
            output.Write("\n'pureclip COMMAND --help' tells more. Exit codes: 0 done, 1 an input or the model could not be used, 2 wrong command line.\n");
        return ExitCode.Success;
    }
}
