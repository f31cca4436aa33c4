using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using PureClip.Convert.Reporting;

namespace PureClip.Convert;

/// <summary>The program: from the command line to a conversion, and from whatever happens there to an exit code.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        using CancellationTokenSource interrupt = new();
        void Interrupt(PosixSignalContext signal)
        {
            signal.Cancel = !interrupt.IsCancellationRequested; // the second time the system ends the program at once
            interrupt.Cancel();
        }
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        return Run(args, Console.Out, Console.Error, showProgress: !Console.IsErrorRedirected, interrupt.Token);
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="args">Its words.</param>
    /// <param name="output">Where the report goes.</param>
    /// <param name="error">Where messages and progress go.</param>
    /// <param name="showProgress">Whether somebody looks at the messages.</param>
    /// <param name="cancellation">Set when the user interrupts.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error, bool showProgress, CancellationToken cancellation)
    {
        ConvertCommand command = new();
        command.SetAction(line => Convert(command, line, output, error, showProgress, cancellation));
        ParseResult parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        try
        {
            if (parsed.Action is not ParseErrorAction)
                return parsed.Invoke(new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null, // Main listens to signals itself
                });
            foreach (System.CommandLine.Parsing.ParseError problem in parsed.Errors)
                error.Write($"pureclip-convert: {problem.Message}\n");
            error.Write("Try 'pureclip-convert --help'.\n");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            error.Write("pureclip-convert: interrupted; nothing was left half-written.\n");
            return ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            bool isExpected = e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException;
            error.Write($"pureclip-convert: {(isExpected ? "" : $"this should not have happened: {e.GetType().Name}: ")}{e.Message}\n");
            return ExitCode.Failure;
        }
    }

    private static int Convert(
        ConvertCommand command, ParseResult line, TextWriter output, TextWriter error, bool showProgress, CancellationToken cancellation)
    {
        ConversionOptions options = command.Read(line);
        ConversionReport report;
        using (ProgressBar? progress = showProgress ? new ProgressBar(error) : null)
            report = Conversion.Run(options, progress, cancellation);
        ReportText.Write(output, report, options.Output);
        return report.WasWritten ? ExitCode.Success : ExitCode.Failure;
    }
}
