using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using PureClip.Cli.Output;

namespace PureClip.Cli;

/// <summary>What a command talks to: results go to <see cref="Out"/>, everything else to standard error.</summary>
/// <param name="input">Standard input.</param>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="name">The program's name, with which its messages begin.</param>
internal sealed class Shell(TextReader input, TextWriter output, TextWriter error, string name = "pureclip")
{
    /// <summary>Columns of a terminal that does not say how many it has.</summary>
    public const int UsualWidth = 80;

    private ProgressLine? _progress;
    private bool _hasFailed;
    private int _missing, _read;

    /// <summary>The program's name.</summary>
    public string Name => name;

    /// <summary>The command that runs: messages recommend options of it alone.</summary>
    public Command? Command { get; set; }

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

    /// <summary>Columns of the terminal, 0 or more.</summary>
    public int Width { get; init; } = UsualWidth;

    /// <summary>Whether the terminal obeys escape sequences.</summary>
    public bool ObeysEscapes { get; init; } = true;

    /// <summary>Columns of standard output; null where it is no terminal, so that a line stays a line.</summary>
    public int? OutputWidth => OutputIsTerminal ? Width : null;

    /// <summary>Set when the user interrupts.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>
    /// Whether the command ends in its own time when the user interrupts, because it keeps what it has; the second interruption ends it at
    /// once all the same.
    /// </summary>
    public bool EndsItself { get; set; }

    /// <summary>How long <c>bench</c> measures each cell; tests have less patience.</summary>
    public TimeSpan BenchTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Environment variables; null for what is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Asks the terminal something and gives its answer; null where there is none. Nobody is asked unless this is given.</summary>
    public Func<string, string?> AskTerminal { get; set; } = static _ => null;

    /// <summary>How waiting is done, where another side asks for it; tests do not wait.</summary>
    public Func<TimeSpan, CancellationToken, Task> Delay { get; init; } = Task.Delay;

    /// <summary>Bytes that are free for the user on the disk of a folder; what cannot be told is no hindrance.</summary>
    public Func<string, long> FreeBytes { get; init; } = static folder =>
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    };

    /// <summary>Shows a file with the program that the user's desktop has for it, and tells whether there is one.</summary>
    public Func<string, bool> Open { get; init; } = static path =>
    {
        try
        {
            using Process? shown = Process.Start(new ProcessStartInfo(path) { UseShellExecute = true });
            return true; // null where a program that runs already shows it
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            return false;
        }
    };

    /// <summary>
    /// 0, or 1 once a failure was reported. Pictures that could not be read are one where no other could, or where the user is strict; one
    /// that a limit refused always is.
    /// </summary>
    public int ExitCode => _hasFailed || (_missing > 0 && (IsStrict || _read == 0)) ? Cli.ExitCode.Failure : Cli.ExitCode.Success;

    /// <summary>Whether each picture that cannot be read is a failure.</summary>
    public bool IsStrict { get; set; }

    /// <summary>Names of folders that are passed over.</summary>
    public IReadOnlyList<string> ExcludedFolders { get; set; } = [];

    /// <summary>Whether hidden files and folders are looked at, too.</summary>
    public bool IncludesHidden { get; set; }

    /// <summary>Whether pictures were looked at already for being photographs.</summary>
    public bool HasLookedForPhotographs { get; set; }

    /// <summary>Whether cameras' raw files are shown by the previews inside.</summary>
    public bool ShowsPreviews { get; set; }

    /// <summary>Pictures that the user has not named: a folder or a glob stands for them.</summary>
    public HashSet<string> Found { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether standard output may get what is no text.</summary>
    public bool TakesBytes => !OutputIsTerminal && output is StreamWriter;

    /// <summary>Standard output for what is no text.</summary>
    public Stream OutputBytes()
    {
        output.Flush();
        return ((StreamWriter)output).BaseStream;
    }

    /// <summary>Reports something that could not be done; the command goes on and ends with exit code 1.</summary>
    public void Fail(string message)
    {
        _hasFailed = true;
        Note(message);
    }

    /// <summary>The command ends with exit code 1; why, its results say.</summary>
    public void FailQuietly() => _hasFailed = true;

    /// <summary>
    /// Reports a picture that could not be read; the others are an answer without it, unless raising a limit would have it read.
    /// </summary>
    public void Miss(string path, Exception reason)
    {
        _missing++;
        _hasFailed |= Failures.IsLimit(reason);
        Note(Failures.About(path, reason, Command));
    }

    /// <summary>Counts pictures that could be used.</summary>
    public void Count(int pictures) => _read += pictures;

    /// <summary>A message on standard error.</summary>
    public void Note(string message)
    {
        _progress?.Erase();
        string speaker = name + ": ";
        foreach (string line in TextLines.Wrap(speaker + TextLines.One(message), ErrorIsTerminal ? Width : null, indent: speaker.Length))
            error.Write(line + "\n");
        error.Flush();
    }

    /// <summary>A message for whoever looks on; programs that read standard error do not get it.</summary>
    public void Hint(string message)
    {
        if (ErrorIsTerminal)
            Note(message);
    }

    /// <summary>What has come of it, in words, for people: below the table, in a terminal.</summary>
    public void Summarize(string sentences)
    {
        if (OutputIsTerminal)
            Say("\n" + sentences);
    }

    /// <summary>The last line of a command, for people: what to type next.</summary>
    /// <param name="command">It.</param>
    /// <param name="meaning">What it does, as the end of "COMMAND ...".</param>
    public void Next(string command, string meaning)
    {
        if (OutputIsTerminal)
            Say($"\nNext: {command}  ({meaning})");
    }

    /// <summary>A sentence for people on standard output, beside a table.</summary>
    /// <param name="sentence">It; blanks in front of it stand before each of its lines.</param>
    public void Say(string sentence)
    {
        foreach (string line in TextLines.Wrap(sentence, OutputWidth, indent: sentence.Length - sentence.TrimStart(' ').Length))
            output.Write(line + "\n");
        output.Flush();
    }

    /// <summary>Shows how far long work has come, where somebody looks and nothing else is printed meanwhile.</summary>
    /// <param name="total">How much there is to do.</param>
    /// <param name="unit">Of what, in the plural.</param>
    /// <param name="streams">Whether results appear on standard output while the work goes on.</param>
    public ProgressLine StartProgress(int total, string unit, bool streams) =>
        _progress = new ProgressLine(ErrorIsTerminal && ObeysEscapes && !(streams && OutputIsTerminal) ? error : null, total, unit, Width);
}

/// <summary>What the program tells the shell that started it.</summary>
internal static class ExitCode
{
    /// <summary>Everything was done.</summary>
    public const int Success = 0;

    /// <summary>An input or the model could not be used; the rest was done where that makes sense.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted: 128 + SIGINT, as shells have it.</summary>
    public const int Cancelled = 130;
}
