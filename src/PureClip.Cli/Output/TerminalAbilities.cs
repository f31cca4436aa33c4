using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PureClip.Cli.Output;

/// <summary>What a terminal can show, and how large a character is in it.</summary>
/// <param name="Protocol">How it takes pictures.</param>
/// <param name="CellWidth">Pixels of a character across.</param>
/// <param name="CellHeight">Pixels of a character down.</param>
internal readonly partial record struct TerminalAbilities(GraphicsProtocol Protocol, int CellWidth = 10, int CellHeight = 20)
{
    // XTWINOPS 16, the size of a character, then DA1, which every terminal answers, so that there is an end to wait for.
    private const string Question = "\u001b[16t\u001b[c";

    private static readonly string[] KittyPrograms = ["kitty", "ghostty", "WezTerm"];

    private static readonly string[] SixelTerminals = ["foot", "mlterm", "yaft", "contour"];

    /// <summary>Finds out: what names itself in the environment is known, others are asked.</summary>
    /// <param name="variable">Environment variables.</param>
    /// <param name="ask">Sends a question to the terminal and gives what it answers; null where it does not, or none is there.</param>
    public static TerminalAbilities Find(Func<string, string?> variable, Func<string, string?> ask)
    {
        string term = variable("TERM") ?? "", program = variable("TERM_PROGRAM") ?? "";
        if (term is "dumb" or "linux")
            return new(GraphicsProtocol.None);
        bool isShared = variable("TMUX") is { Length: > 0 } || term.StartsWith("screen", StringComparison.Ordinal);
        if (!isShared && (variable("KITTY_WINDOW_ID") is { Length: > 0 } || term is "xterm-kitty" or "xterm-ghostty"
            || KittyPrograms.Contains(program)))
            return new(GraphicsProtocol.Kitty);
        bool isSixel = !isShared && SixelTerminals.Any(name => term.StartsWith(name, StringComparison.Ordinal));
        string answer = term.Length > 0 ? ask(Question) ?? "" : "";
        Match attributes = Attributes().Match(answer), size = CellSize().Match(answer);
        if (!isSixel && !(attributes.Success && attributes.Groups[1].Value.Split(';').Contains("4"))) // 4: sixel graphics
            return new(GraphicsProtocol.None);
        return size.Success && Number(size.Groups[1]) is > 0 and var height && Number(size.Groups[2]) is > 0 and var width
            ? new(GraphicsProtocol.Sixel, width, height)
            : new(GraphicsProtocol.Sixel);

        static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Asks the terminal that controls this process. It has a fifth of a second to begin, and each byte that follows as long again; while it
    /// is asked it shows nothing of what it answers.
    /// </summary>
    public static string? AskTerminal(string question)
    {
        const string Terminal = "/dev/tty";
        if (OperatingSystem.IsWindows() || !File.Exists(Terminal) || Stty("-g") is not { Length: > 0 } before)
            return null;
        try
        {
            if (Stty("-icanon -echo min 0 time 2") is null)
                return null;
            using FileStream terminal = new(Terminal, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            terminal.Write(Encoding.ASCII.GetBytes(question));
            StringBuilder answer = new();
            byte[] letter = new byte[1];
            while (answer.Length < 256 && terminal.Read(letter) == 1)
            {
                answer.Append((char)letter[0]);
                if (Attributes().IsMatch(answer.ToString()))
                    break;
            }
            return answer.ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
        finally
        {
            Stty(before);
        }
    }

    /// <summary>Reads or changes the terminal's settings; null where that cannot be done.</summary>
    private static string? Stty(string arguments)
    {
        try
        {
            using Process? stty = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"stty {arguments} </dev/tty 2>/dev/null"])
            {
                RedirectStandardOutput = true,
            });
            string output = stty?.StandardOutput.ReadToEnd().Trim() ?? "";
            stty?.WaitForExit();
            return stty?.ExitCode == 0 ? output : null;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\x1b\[\?([0-9;]+)c")]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\x1b\[6;([0-9]{1,4});([0-9]{1,4})t")]
    private static partial Regex CellSize();
}
