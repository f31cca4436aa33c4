using System.CommandLine;
using PureClip.Cli.Output;
using PureClip.Convert;
using PureClip.Files;

namespace PureClip.Cli.Converting;

/// <summary>A conversion with what a program does around it: progress, and the next step where a setting would help.</summary>
internal static class Conversion
{
    private const int BytesPerMegabyte = 1_000_000;

    /// <summary>Converts as a command line asks for, and prints the report.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(ParseResult line, ConversionArguments arguments, Shell shell)
    {
        string output = arguments.OutputOf(line);
        ConversionReport report = Convert(arguments.InputOf(line), output, arguments.OptionsOf(line), shell);
        ReportText.Write(shell.Out, report, output);
        return report.WasWritten ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Converts a checkpoint, showing how far it is.</summary>
    /// <exception cref="InvalidDataException">It cannot be converted; the message names the option that would help.</exception>
    public static ConversionReport Convert(string input, string output, ConversionOptions options, Shell shell)
    {
        using ProgressLine progress = shell.StartProgress(0, "MB", streams: false);
        try
        {
            return CheckpointConverter.Convert(input, output, options, new DirectProgress<WriteProgress>(written =>
            {
                progress.Total = (int)(written.BytesTotal / BytesPerMegabyte);
                progress.Report((int)(written.BytesWritten / BytesPerMegabyte));
            }), shell.Cancellation);
        }
        catch (ConversionException e)
        {
            throw new InvalidDataException($"{e.Message} {ConversionArguments.NextStep(e.Setting)}", e);
        }
    }
}
