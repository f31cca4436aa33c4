using System.CommandLine;

namespace PureClip.Cli.Arguments;

/// <summary><c>--files</c>: paths from a list, as <c>find</c> writes them.</summary>
internal sealed class FileListOption
{
    private const string StandardInput = "-";

    // Ten million paths of a hundred bytes.
    private const long MostBytes = 1L << 30;

    private readonly Option<string?> _list = Values.Text("--files", "LIST",
        "Also take the paths that a file lists, or standard input where it is '-': one a line, or a NUL byte behind each, as "
            + "'find -print0' writes them. They are relative to the current folder, and no globs.");

    private readonly Shell _shell;

    public FileListOption(ShellCommand command)
    {
        _shell = command.Shell;
        command.Add(_list);
    }

    /// <summary>Whether there is a list.</summary>
    public bool IsGiven(ParseResult line) => line.IsGiven(_list);

    /// <summary>The paths; none where there is no list.</summary>
    /// <exception cref="FileNotFoundException">There is no such list.</exception>
    /// <exception cref="InvalidDataException">It is far too large to be one.</exception>
    public string[] Of(ParseResult line) => line.GetValue(_list) switch
    {
        null => [],
        StandardInput => Split(_shell.In.ReadToEnd()),
        "" => throw new UsageException("--files: the name of a list cannot be empty; is a variable not set?"),
        string path => Split(Read(path)),
    };

    /// <summary>Paths hold no NUL: where there is one, lines may be parts of names.</summary>
    internal static string[] Split(string list) => list.Contains('\0')
        ? list.Split('\0', StringSplitOptions.RemoveEmptyEntries)
        : [.. list.Split('\n').Select(static line => line.EndsWith('\r') ? line[..^1] : line).Where(static line => line.Length > 0)];

    private static string Read(string path)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException($"{path} is a folder; name it as it is, without --files.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: there is no such file.");
        return new FileInfo(path).Length <= MostBytes
            ? File.ReadAllText(path)
            : throw new InvalidDataException(
                $"{path} has more than {MostBytes} bytes, the most that a list may have. Is it the right file?");
    }
}
