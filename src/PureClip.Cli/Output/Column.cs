using System.Globalization;
using System.Text.Json;

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

    /// <summary>What it is: a text, a number, a time, yes or no, a list; null where there is nothing.</summary>
    public object? Value => IsAbsent ? null : _value;

    public static implicit operator Cell(string? value) => new(value);

    public static implicit operator Cell(long value) => new(value);

    public static implicit operator Cell(long? value) => new(value);

    public static implicit operator Cell(double value) => new(value);

    public static implicit operator Cell(float value) => new(value);

    public static implicit operator Cell(bool value) => new(value);

    public static implicit operator Cell(DateTime value) => new(value);

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
        DateTime time => time.ToString("u", CultureInfo.InvariantCulture),
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
            case DateTime time: json.WriteStringValue(time); break;
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
    /// <summary>Its name in JSON, and in files of columns.</summary>
    public string Name => name;

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
