using System.Globalization;
using System.Text;
using System.Text.Json;
using PureClip.Cli.Arguments;

namespace PureClip.Cli.Output;

/// <summary>Where a column appears.</summary>
internal enum Shown
{
    /// <summary>In tables and in lines of JSON.</summary>
    Everywhere,

    /// <summary>In tables alone.</summary>
    InTables,

    /// <summary>In lines of JSON alone.</summary>
    InLines,
}

/// <summary>A value of a row: a text, a number, yes or no, a list, or rows of another report.</summary>
internal readonly struct Cell
{
    // Unlike null, which JSON can say.
    private static readonly object Nothing = new();

    private readonly object? _value;

    private Cell(object? value) => _value = value;

    /// <summary>What the row does not have: a field that is left away.</summary>
    public static Cell Absent { get; } = new(Nothing);

    /// <summary>Whether there is no such field.</summary>
    public bool IsAbsent => ReferenceEquals(_value, Nothing);

    /// <summary>Whether people expect it at the right of its column.</summary>
    public bool IsNumber => _value is long or float or double;

    /// <summary>Whether it is a whole number.</summary>
    public bool IsWhole => _value is long;

    /// <summary>The numbers, where it is a vector.</summary>
    public float[]? Vector => _value as float[];

    public static implicit operator Cell(string? value) => new(value);

    public static implicit operator Cell(long value) => new(value);

    public static implicit operator Cell(long? value) => new(value);

    public static implicit operator Cell(double value) => new(value);

    public static implicit operator Cell(float value) => new(value);

    public static implicit operator Cell(bool value) => new(value);

    public static implicit operator Cell(string[] value) => new(value);

    public static implicit operator Cell(long[] value) => new(value);

    public static implicit operator Cell(float[] value) => new(value);

    public static implicit operator Cell(Action<Utf8JsonWriter> value) => new(value);

    /// <summary>For people.</summary>
    /// <param name="format">How a number looks, with its unit: "0.0 %".</param>
    public string Text(string? format) => _value switch
    {
        string text => text,
        string[] texts => string.Join(' ', texts),
        long[] numbers => string.Join(' ', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))),
        bool yes => yes ? "yes" : "",
        IFormattable number => number.ToString(format, CultureInfo.InvariantCulture),
        _ => "",
    };

    /// <summary>For programs; a number that is not finite, which JSON cannot say, is null.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        switch (_value)
        {
            case string text: json.WriteTextValue(text); break;
            case long number: json.WriteNumberValue(number); break;
            case float number: WriteNumber(json, number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case bool yes: json.WriteBooleanValue(yes); break;
            case string[] texts: WriteArray(json, texts, json.WriteTextValue); break;
            case long[] numbers: WriteArray(json, numbers, json.WriteNumberValue); break;
            case float[] numbers: WriteArray(json, numbers, number => WriteNumber(json, number)); break;
            case Action<Utf8JsonWriter> rows: rows(json); break;
            default: json.WriteNullValue(); break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, float number)
    {
        if (float.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteNullValue();
    }

    private static void WriteArray<TItem>(Utf8JsonWriter json, TItem[] items, Action<TItem> write)
    {
        json.WriteStartArray();
        Array.ForEach(items, write);
        json.WriteEndArray();
    }
}

/// <summary>What stands above a column of a table.</summary>
/// <param name="Title">Its title.</param>
/// <param name="IsLast">Whether it stands behind those that are not.</param>
/// <param name="IsOnce">Whether what repeats the row above is left away.</param>
internal readonly record struct Heading(string Title, bool IsLast, bool IsOnce);

/// <summary>What every row says of one thing, declared once.</summary>
/// <param name="name">Its name in JSON, and in tables where <see cref="Title"/> is not given.</param>
/// <param name="value">Its value.</param>
/// <param name="format">How a table shows a number, with its unit.</param>
internal class Column<T>(string name, Func<T, Cell> value, string? format = null)
{
    /// <summary>What stands above it in a table.</summary>
    public string Title { get; init; } =
        (format == Facts.Megabytes ? name.Replace("_bytes", "", StringComparison.Ordinal) : name).Replace('_', ' ');

    /// <summary>What its texts are.</summary>
    public TextKind Kind { get; init; }

    /// <summary>Where it appears.</summary>
    public Shown Shown { get; init; }

    /// <summary>What a table shows where the value alone will not do; null for the value.</summary>
    public Func<T, string?>? Text { get; init; }

    /// <summary>Whether tables put it behind the others: what is long and of uneven length reads best there.</summary>
    public bool IsLast { get; init; }

    /// <summary>Whether tables leave it away where it repeats the row above.</summary>
    public bool IsOnce { get; init; }

    /// <summary>Its value in a row.</summary>
    public Cell Of(T row) => value(row);

    /// <summary>Its columns in a table: one, or those of its parts.</summary>
    public virtual Heading[] Headings => Shown == Shown.InLines ? [] : [new(Title, IsLast, IsOnce)];

    /// <summary>What a table shows of a row: a cell for each of its columns, on one line or more.</summary>
    public virtual IReadOnlyList<TableCell[]> Lines(T row)
    {
        if (Shown == Shown.InLines)
            return [];
        Cell cell = Of(row);
        return [[new(Text?.Invoke(row) ?? cell.Text(format), Kind, cell.IsNumber)]];
    }

    /// <summary>Writes the field, where the row has it.</summary>
    public void WriteTo(Utf8JsonWriter json, T row)
    {
        Cell cell = Shown == Shown.InTables ? Cell.Absent : Of(row);
        if (cell.IsAbsent)
            return;
        json.WritePropertyName(name);
        cell.WriteTo(json);
    }
}

/// <summary>
/// A column of parts: an array of objects in JSON; in a table a line for each, beside which the rest of the row stands once.
/// </summary>
internal sealed class Column<T, TPart>(string name, Func<T, IEnumerable<TPart>> parts, Report<TPart> report)
    : Column<T>(name, row => report.All(parts(row)))
{
    public override Heading[] Headings => Shown == Shown.InLines ? [] : report.Headings;

    public override IReadOnlyList<TableCell[]> Lines(T row) => Shown == Shown.InLines ? [] : [.. parts(row).SelectMany(report.Lines)];
}

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
    /// <returns>How many rows there were.</returns>
    public int Write(Shell shell, OutputFormat format, IEnumerable<T> rows, string? title = null, Stream? file = null)
    {
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
        table.Write(output, file is null ? shell.OutputWidth : null, title);
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
        table.Write(shell.Out, shell.OutputWidth);
        shell.Out.Flush();
    }
}
