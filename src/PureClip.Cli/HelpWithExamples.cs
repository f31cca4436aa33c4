using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PureClip.Cli;

/// <summary>The usual help, then examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private const int NarrowestText = 40, WidestText = 100;

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
                + "Exit codes: 0 done, 1 an input or the model could not be used, 2 wrong command line, 130 interrupted.\n");
        return ExitCode.Success;
    }

    private void WriteWrapped(TextWriter output, string paragraph)
    {
        int width = Math.Clamp(usual.MaxWidth, NarrowestText, WidestText), column = 0;
        foreach (string word in paragraph.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > width)
            {
                output.Write('\n');
                column = 0;
            }
            output.Write(column == 0 ? word : " " + word);
            column += word.Length + (column == 0 ? 0 : 1);
        }
        output.Write("\n\n");
    }
}
