using System.CommandLine;
using PureClip.Files;

namespace PureClip.Cli.Arguments;

/// <summary><c>--html</c> and <c>--open</c>: results as a page to look at.</summary>
internal sealed class PageOptions
{
    private readonly Option<string?> _html = Values.Text("--html", "FILE",
        "Also write a page with these pictures that any browser shows, without other files and without a network.");

    private readonly Option<bool> _open = Values.Flag("--open",
        "Show the page in a browser; without --html it lies in the temporary folder.");

    private readonly Shell _shell;

    public PageOptions(ShellCommand command)
    {
        _shell = command.Shell;
        command.Add(_html);
        command.Add(_open);
    }

    /// <summary>The page's file; null where none is wanted.</summary>
    public string? PathOf(ParseResult line) => line.GetValue(_html)
        ?? (line.GetValue(_open) ? Path.Combine(Path.GetTempPath(), $"pureclip-{Environment.UserName}.html") : null);

    /// <summary>Begins the page's file; null where none is wanted.</summary>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public AtomicFile? Begin(ParseResult line) => PathOf(line) is string path ? new(path) : null;

    /// <summary>Shows the page that was written, or says how.</summary>
    public void Show(ParseResult line)
    {
        string path = Path.GetFullPath(PathOf(line)!);
        if (!line.GetValue(_open))
            _shell.Hint($"the page is in {path}; --open shows it.");
        else if (!_shell.Open(path))
            _shell.Note($"the page is in {path}; no program was found that shows it.");
    }
}
