using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using PureClip.Cli.Output;

namespace PureClip.Cli;

/// <summary>
/// What a program does around its commands: signals, streams, the rules of the line, exit codes, and every error said once.
/// </summary>
internal static class Host
{
    // Work looks at the interruption every few milliseconds; what does not, such as a disk that fails to answer, is left where it is.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(0.8);

    /// <summary>
    /// Runs a program with the process's own streams, until it ends or the user interrupts it: within a second, whatever it is at, unless it
    /// ends itself. Files are written so that any moment will do.
    /// </summary>
    /// <param name="name">The program's name, with which its messages begin.</param>
    /// <param name="run">The program.</param>
    /// <returns>The exit code.</returns>
    public static int Start(string name, Func<Shell, int> run)
    {
        using CancellationTokenSource interrupt = new();
        Shell? shell = null;
        void Interrupt(PosixSignalContext signal)
        {
            signal.Cancel = !interrupt.IsCancellationRequested; // the second time the system ends the program at once
            if (shell?.EndsItself != true)
                new Thread(EndSoon) { IsBackground = true }.Start();
            interrupt.Cancel();
        }
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using TextWriter output = StandardStreams.OpenOutput();
        using TextWriter error = StandardStreams.OpenError();
        shell = new(StandardStreams.OpenInput(), output, error, name)
        {
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Width = StandardStreams.Columns(),
            ObeysEscapes = StandardStreams.ObeyEscapes(),
            Cancellation = interrupt.Token,
        };
        return run(shell);
    }

    private static void EndSoon()
    {
        Thread.Sleep(LongestFarewell);
        Environment.Exit(ExitCode.Cancelled);
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="commands">What it may say.</param>
    /// <param name="args">Its words.</param>
    /// <param name="shell">Where results and messages go.</param>
    /// <returns>The exit code.</returns>
    public static int Run(RootCommand commands, string[] args, Shell shell)
    {
        // A text may begin with '@', which would otherwise mean a file with arguments.
        ParserConfiguration rules = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult line = commands.Parse(WithEmptyValues(AskingForHelp(commands, args)), rules);
        Command command = line.CommandResult.Command;
        try
        {
            bool isWrong = line.Action is ParseErrorAction;
            if ((isWrong || line.Action == command.Action) && UnknownWord(line) is string unknown)
                return Usage(shell, command, [unknown]);
            if (isWrong)
                return Usage(shell, command, line.Errors.Select(error => error.Message));
            int exitCode = line.Invoke(new InvocationConfiguration
            {
                Output = shell.Out,
                Error = shell.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // Start listens to signals itself
            });
            shell.Out.Flush();
            return exitCode;
        }
        catch (UsageException e)
        {
            return Usage(shell, command, [e.Message]);
        }
        catch (OperationCanceledException)
        {
            shell.Note("interrupted; nothing was left half-written.");
            return ExitCode.Cancelled;
        }
        catch (Exception e) when (Failures.IsBrokenPipe(e))
        {
            return shell.ExitCode;
        }
        catch (Exception e)
        {
            shell.Fail(Failures.Describe(e, shell.Command));
            return ExitCode.Failure;
        }
    }

    /// <summary><c>help</c> and <c>help search</c> as people type them.</summary>
    private static string[] AskingForHelp(RootCommand commands, string[] args) =>
        commands.Subcommands.Count > 0 && args is ["help", ..] ? [.. args.Skip(1).Take(1), "--help"] : args;

    /// <summary>
    /// What to say of a word that is neither command nor option, as one sentence with what may have been meant; null where there is none.
    /// </summary>
    private static string? UnknownWord(ParseResult line)
    {
        Command command = line.CommandResult.Command;
        if ((UnknownOption(line) ?? line.UnmatchedTokens.FirstOrDefault(IsOption)) is string option)
        {
            string[] known = [.. command.Options.Where(known => !known.Hidden).Select(known => known.Name)];
            return $"There is no option '{option}'.{DidYouMean(option, known)} "
                + "(A text that begins with a dash goes behind '--'.)";
        }
        return command.Subcommands.Count > 0 && line.UnmatchedTokens is [string word, ..]
            ? $"There is no command '{word}'.{DidYouMean(word, command.Subcommands.Select(known => known.Name))}"
            : null;
    }

    private static string DidYouMean(string typed, IEnumerable<string> known) =>
        Spelling.Nearest(typed.Split('=')[0], known) is string meant ? $" Did you mean '{meant}'?" : "";

    private static bool IsOption(string word) => word is ['-', '-' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z'), ..];

    /// <summary><c>--text=</c> as two arguments: the parser sees no value there and would take the next argument for it.</summary>
    private static List<string> WithEmptyValues(string[] args)
    {
        List<string> separated = [];
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--")
                return [.. separated, .. args[i..]];
            bool hasEmptyValue = args[i].StartsWith("--", StringComparison.Ordinal) && args[i].IndexOfAny(['=', ':']) == args[i].Length - 1;
            separated.AddRange(hasEmptyValue ? [args[i][..^1], ""] : [args[i]]);
        }
        return separated;
    }

    /// <summary>
    /// The parser takes what looks like an option and is none for an argument, where a command takes any number of these.
    /// </summary>
    private static string? UnknownOption(ParseResult line)
    {
        IEnumerable<Token> behindDashes = line.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash);
        HashSet<Token> literal = new(behindDashes, ReferenceEqualityComparer.Instance);
        return line.CommandResult.Command.Arguments
            .SelectMany(argument => line.GetResult(argument)?.Tokens ?? [])
            .Where(token => !literal.Contains(token))
            .FirstOrDefault(token => IsOption(token.Value))?.Value;
    }

    private static int Usage(Shell shell, Command command, IEnumerable<string> messages)
    {
        foreach (string message in messages)
            shell.Note(message);
        string name = command is RootCommand ? shell.Name : $"{shell.Name} {command.Name}";
        shell.Error.Write($"Try '{name} --help'.\n");
        shell.Error.Flush();
        return ExitCode.Usage;
    }
}
