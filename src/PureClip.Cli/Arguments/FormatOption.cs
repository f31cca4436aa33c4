using System.CommandLine;

namespace PureClip.Cli.Arguments;

/// <summary>How results are written.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>A NumPy array.</summary>
    Npy,

    /// <summary>A Parquet file.</summary>
    Parquet,

    /// <summary>Paths alone, one a line.</summary>
    Paths,

    /// <summary>Paths alone, a NUL byte behind each.</summary>
    NullPaths,
}

/// <summary>
/// <c>--format</c>, and where a command finds pictures <c>--paths</c> and <c>-0</c>: a table in a terminal and JSON Lines elsewhere, unless
/// the user says otherwise.
/// </summary>
internal sealed class FormatOption
{
    private const string Description = "table for people, jsonl (one JSON object a line) for programs. "
        + "[default: table in a terminal, jsonl in a pipe or a file]";

    private readonly Option<OutputFormat?> _format;
    private readonly Option<bool> _paths = Values.Flag("--paths", "Write paths alone, one a line.");
    private readonly Option<bool> _null = Values.Flag("--null", "Write paths alone, a NUL byte behind each, for xargs -0.");

    public FormatOption(Command command, bool npy = false, bool paths = false)
    {
        _format = npy
            ? Values.Choice("--format", Description + " npy is a NumPy array of float32, one row an embedding: "
                + "broken pictures have none, the others follow one another in order. parquet is a file of columns, as tables of data "
                + "are kept.",
                ("table", OutputFormat.Table), ("jsonl", OutputFormat.JsonLines), ("npy", OutputFormat.Npy),
                ("parquet", OutputFormat.Parquet))
            : Values.Choice("--format", Description, ("table", OutputFormat.Table), ("jsonl", OutputFormat.JsonLines));
        _null.Aliases.Add("-0");
        if (paths)
        {
            command.Add(_paths);
            command.Add(_null);
        }
        command.Add(_format);
    }

    /// <summary>Whether the user has chosen a format.</summary>
    public bool IsAsked(ParseResult line) => line.IsGiven(_format) || PathsOf(line) is not null;

    /// <summary>The format to use.</summary>
    /// <param name="line">What the user wrote.</param>
    /// <param name="shell">Whose standard output it is for.</param>
    /// <param name="file">The file that is written instead, or null; its ending counts where the user does not say.</param>
    /// <exception cref="UsageException">Two formats were asked for, or one that a terminal cannot show.</exception>
    public OutputFormat Of(ParseResult line, Shell shell, string? file = null)
    {
        OutputFormat? asked = line.GetValue(_format), paths = PathsOf(line);
        if (asked is not null && paths is not null)
            throw new UsageException("--paths and --null write paths alone; leave --format away.");
        bool EndsIn(string ending) => file?.EndsWith(ending, StringComparison.OrdinalIgnoreCase) ?? false;
        OutputFormat usual = EndsIn(".npy") ? OutputFormat.Npy
            : EndsIn(".parquet") ? OutputFormat.Parquet
            : file is null && shell.OutputIsTerminal ? OutputFormat.Table
            : OutputFormat.JsonLines;
        OutputFormat format = asked ?? paths ?? usual;
        if (format is OutputFormat.Npy or OutputFormat.Parquet && file is null && !shell.TakesBytes)
            throw new UsageException(
                $"{line.CommandResult.Command.Name}: {(format == OutputFormat.Npy ? "npy" : "parquet")} is not for a terminal; give "
                    + "--output FILE, or redirect standard output.");
        return format;
    }

    private OutputFormat? PathsOf(ParseResult line) =>
        line.IsGiven(_null) ? OutputFormat.NullPaths : line.IsGiven(_paths) ? OutputFormat.Paths : null;
}
