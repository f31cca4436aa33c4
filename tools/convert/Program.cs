using System.CommandLine;
using PureClip.Cli;
using PureClip.Cli.Converting;

namespace PureClip.Convert.Tool;

/// <summary>The program: <c>pureclip convert</c> on its own, for those who import weights and need nothing else.</summary>
internal static class Program
{
    private const string Name = "pureclip-convert";

    public static int Main(string[] args) => Host.Start(Name, shell => Run(args, shell));

    /// <summary>Runs a command line with redirected streams.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation) =>
        Run(args, new Shell(TextReader.Null, output, error, Name) { Cancellation = cancellation });

    private static int Run(string[] args, Shell shell)
    {
        RootCommand command = new(ConversionArguments.Summary);
        command.Directives.Clear();
        ConversionArguments arguments = new(command);
        command.SetAction(line => Conversion.Run(line, arguments, shell));
        return Host.Run(command, args, shell);
    }
}
