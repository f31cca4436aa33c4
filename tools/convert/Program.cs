using PureClip.Cli;
using PureClip.Cli.Output;
using PureClip.Files;

namespace PureClip.Convert.Tool;

/// <summary>The program: from the command line to a conversion.</summary>
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
        ConvertCommand command = new();
        command.SetAction(line => Convert(command.InputOf(line), command.OutputOf(line), command.OptionsOf(line), shell));
        return Host.Run(command, args, shell);
    }

    private static int Convert(string input, string output, ConversionOptions options, Shell shell)
    {
        const int BytesPerMegabyte = 1_000_000;
        ConversionReport report;
        using (ProgressLine progress = shell.StartProgress(0, "MB", streams: false))
            try
            {
                report = CheckpointConverter.Convert(input, output, options, new DirectProgress<WriteProgress>(written =>
                {
                    progress.Total = (int)(written.BytesTotal / BytesPerMegabyte);
                    progress.Report((int)(written.BytesWritten / BytesPerMegabyte));
                }), shell.Cancellation);
            }
            catch (ConversionException e)
            {
                throw new InvalidDataException($"{e.Message} {ConvertCommand.NextStep(e.Setting)}", e);
            }
        ReportText.Write(shell.Out, report, output);
        return report.WasWritten ? ExitCode.Success : ExitCode.Failure;
    }
}
