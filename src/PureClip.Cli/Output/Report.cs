using System.Text;
using System.Text.Json;
using PureClip.Cli.Arguments;

namespace PureClip.Cli.Output;

/// <summary>
/// Rows of one kind: a table for people, a line of JSON each for programs, an array, or nothing but paths, all from the same columns.
/// </summary>
internal sealed class Report<T>(params Column<T>[] columns)
{
    /// <summary>The columns of the table, in order of declaration.</summary>
    public Heading[] Headings { get; } = [.. columns.SelectMany(column => column.Headings)];

    /// <summary>
    /// Writes rows; lines and paths as they come, a table and an array when all are there. Nothing is written where there is none.
    /// </summary>
    /// <param name="shell">Whose standard output it goes to.</param>
    /// <param name="format">What it becomes.</param>
    /// <param name="rows">The rows, perhaps computed one after the other.</param>
    /// <param name="title">What a table has above it.</param>
    /// <param name="file">Where it goes instead.</param>
    /// <param name="facts">What is true of all rows, for formats that have a place for it.</param>
    /// <returns>How many rows there were.</returns>
    public int Write(
        Shell shell, OutputFormat format, IEnumerable<T> rows, string? title = null, Stream? file = null,
        IReadOnlyList<(string Name, string Value)>? facts = null)
    {
        if (format == OutputFormat.Parquet)
            return WriteParquet(file ?? shell.OutputBytes(), rows, facts ?? [], shell.Cancellation);
        if (format == OutputFormat.Npy)
            return NpyWriter.WriteRows(file ?? shell.OutputBytes(), rows.Select(Vector));
        using StreamWriter? text = file is null ? null : new(file, new UTF8Encoding(false), leaveOpen: true);
        TextWriter output = text ?? shell.Out;
        int count = 0;
        int[] order = [.. Enumerable.Range(0, Headings.Length).OrderBy(i => Headings[i].IsLast)];
        TextTable table = new([.. order.Select(i => Headings[i].Title)]);
        TableCell[]? above = null;
        foreach (T row in rows)
        {
            count++;
            if (format == OutputFormat.Table)
                foreach (TableCell[] line in Lines(row))
                {
                    table.Add([.. order.Select(i => Headings[i].IsOnce && line[i] == above?[i] ? new TableCell("") : line[i])]);
                    above = line;
                }
            else if (format == OutputFormat.JsonLines)
                JsonLines.Write(output, json => WriteFields(json, row));
            else
                output.Write(PathOf(row) + (format == OutputFormat.NullPaths ? '\0' : '\n'));
        }
        bool isTerminal = file is null && shell.OutputIsTerminal;
        table.Write(output, isTerminal ? shell.Width : null, isBold: isTerminal && shell.ObeysEscapes, title);
        output.Flush();
        return count;
    }

    /// <summary>Rows as a value: an array of objects.</summary>
    public Action<Utf8JsonWriter> All(IEnumerable<T> rows) => json =>
    {
        json.WriteStartArray();
        foreach (T row in rows)
            One(row)(json);
        json.WriteEndArray();
    };

    /// <summary>A row as a value: an object.</summary>
    public Action<Utf8JsonWriter> One(T row) => json =>
    {
        json.WriteStartObject();
        WriteFields(json, row);
        json.WriteEndObject();
    };

    /// <summary>What a table shows of a row: the columns side by side, as many lines as the highest has.</summary>
    public IEnumerable<TableCell[]> Lines(T row)
    {
        (int Width, IReadOnlyList<TableCell[]> Lines)[] blocks = [.. columns.Select(column => (column.Headings.Length, column.Lines(row)))];
        int height = blocks.Max(block => block.Lines.Count);
        for (int i = 0; i < height; i++)
            yield return [.. blocks.SelectMany(block => i < block.Lines.Count ? block.Lines[i] : Blank(block.Width))];
    }

    private static TableCell[] Blank(int width) => [.. Enumerable.Repeat(new TableCell(""), width)];

    private void WriteFields(Utf8JsonWriter json, T row)
    {
        foreach (Column<T> column in columns)
            column.WriteTo(json, row);
    }

    private int WriteParquet(
        Stream file, IEnumerable<T> rows, IReadOnlyList<(string Name, string Value)> facts, CancellationToken cancellation)
    {
        Column<T>[] stored = [.. columns.Where(column => column.Shown != Shown.InTables)];
        return ParquetTable.Write(
            file, [.. stored.Select(column => column.Name)], rows.Select(row => Array.ConvertAll(stored, column => column.Of(row))), facts,
            cancellation);
    }

    private string PathOf(T row) => Array.Find(columns, column => column.Kind == TextKind.Path)!.Of(row).Text(null);

    private float[] Vector(T row) => columns.Select(column => column.Of(row).Vector).OfType<float[]>().First();
}

/// <summary>Named values: a list of two columns, or the fields of one JSON object.</summary>
internal sealed class Facts
{
    /// <summary>How a number of bytes looks; its name loses "_bytes" for people.</summary>
    public const string Megabytes = "0,,.0 MB";

    private readonly List<Column<Facts>> _facts = [];

    /// <summary>Adds a value; what is absent is not added.</summary>
    /// <param name="name">Its name in JSON; blanks instead of underscores in a list.</param>
    /// <param name="value">The value.</param>
    /// <param name="format">How a list shows a number, with its unit; null for whole numbers in groups of three digits, others as they
    /// are.</param>
    /// <param name="kind">What a text is.</param>
    /// <param name="shown">Where it appears.</param>
    public void Add(string name, Cell value, string? format = null, TextKind kind = TextKind.Words, Shown shown = Shown.Everywhere)
    {
        if (!value.IsAbsent)
            _facts.Add(new(name, _ => value, format ?? (value.IsWhole ? "N0" : null)) { Kind = kind, Shown = shown });
    }

    /// <summary>Prints them.</summary>
    /// <param name="shell">Where to.</param>
    /// <param name="format">A table, or a line of JSON.</param>
    /// <param name="headings">What stands above the two columns; null for nothing.</param>
    public void Write(Shell shell, OutputFormat format, string[]? headings = null)
    {
        if (format == OutputFormat.JsonLines)
        {
            JsonLines.Write(shell.Out, json => _facts.ForEach(fact => fact.WriteTo(json, this)));
            return;
        }
        TextTable table = new(headings);
        foreach (Column<Facts> fact in _facts)
            foreach (TableCell[] line in fact.Lines(this))
                table.Add(new TableCell(fact.Title), line[0] with { IsNumber = false });
        table.Write(shell.Out, shell.OutputWidth, isBold: shell.OutputIsTerminal && shell.ObeysEscapes);
        shell.Out.Flush();
    }
}
