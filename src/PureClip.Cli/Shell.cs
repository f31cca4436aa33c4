using PureClip.Cli.Output;

namespace PureClip.Cli;

/// <summary>What a command talks to: results go to <see cref="Out"/>, everything else to standard error.</summary>
internal sealed class Shell(TextReader input, TextWriter output, TextWriter error)
{
    private ProgressLine? _progress;

    /// <summary>Standard input.</summary>
    public TextReader In => input;

    /// <summary>Standard output: results and nothing else.</summary>
    public TextWriter Out => output;

    /// <summary>Standard error.</summary>
    public TextWriter Error => error;

    /// <summary>Whether a person looks at standard output.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether a person looks at standard error.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Set when the user interrupts.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>How long <c>bench</c> measures each cell; tests have less patience.</summary>
    public TimeSpan BenchTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>0, or 1 once a failure was reported.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Reports something that could not be done; the command goes on and ends with exit code 1.</summary>
    public void Fail(string message)
    {
        ExitCode = Cli.ExitCode.Failure;
        Note(message);
    }

    /// <summary>One line on standard error.</summary>
    public void Note(string message)
    {
        _progress?.Erase();
        error.Write($"pureclip: {OneLine.Of(message)}\n");
        error.Flush();
    }

    /// <summary>Shows how far long work has come, where somebody looks and nothing else is printed meanwhile.</summary>
    /// <param name="total">How much there is to do.</param>
    /// <param name="unit">Of what, in the plural.</param>
    /// <param name="streams">Whether results appear on standard output while the work goes on.</param>
    public ProgressLine StartProgress(int total, string unit, bool streams) =>
        _progress = new ProgressLine(ErrorIsTerminal && !(streams && OutputIsTerminal) ? error : null, total, unit);
}
