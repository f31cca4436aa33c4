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
}

/// <summary><c>--format</c>: a table in a terminal and JSON Lines elsewhere, unless the user says otherwise.</summary>
internal sealed class FormatOption
{
    private const string Description = "table for people, jsonl (one JSON object a line) for programs. "
        + "[default: table in a terminal, jsonl in a pipe or a file]";

    private readonly Option<OutputFormat?> _option;

    public FormatOption(Command command, bool npy = false)
    {
        _option = npy
            ? Values.Choice("--format", Description + " npy is a NumPy array of float32, one row an embedding: "
                + "broken pictures have none, the others follow one another in order.",
                ("table", OutputFormat.Table), ("jsonl", OutputFormat.JsonLines), ("npy", OutputFormat.Npy))
            : Values.Choice("--format", Description, ("table", OutputFormat.Table), ("jsonl", OutputFormat.JsonLines));
        command.Add(_option);
    }

    /// <summary>The format to use on standard output.</summary>
    public OutputFormat Of(ParseResult line, Shell shell) =>
        Explicit(line) ?? (shell.OutputIsTerminal ? OutputFormat.Table : OutputFormat.JsonLines);

    /// <summary>What the user asked for, or null.</summary>
    public OutputFormat? Explicit(ParseResult line) => line.GetValue(_option);
}
