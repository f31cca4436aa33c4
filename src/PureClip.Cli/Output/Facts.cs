using System.Globalization;
using System.Text.Json;
using PureClip.Cli.Arguments;
using Spectre.Console;

namespace PureClip.Cli.Output;

/// <summary>Named values, for a table of two columns or as fields of a JSON object.</summary>
internal sealed class Facts
{
    private const string Bytes = "_bytes";

    private readonly List<(string Name, string Text, Action<Utf8JsonWriter> Write)> _facts = [];

    /// <summary>Adds a text.</summary>
    public void Add(string name, string value) => _facts.Add((name, value, json => json.WriteText(name, value)));

    /// <summary>Adds a whole number.</summary>
    public void Add(string name, long value) =>
        _facts.Add((name, value.ToString("N0", CultureInfo.InvariantCulture), json => json.WriteNumber(name, value)));

    /// <summary>Adds a number.</summary>
    public void Add(string name, float value) =>
        _facts.Add((name, value.ToString(CultureInfo.InvariantCulture), json => json.WriteFloat(name, value)));

    /// <summary>Adds a size in bytes, shown in megabytes to people; the name is to end in "_bytes".</summary>
    public void AddBytes(string name, long value) =>
        _facts.Add((name, string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.0} MB"), json => json.WriteNumber(name, value)));

    /// <summary>Prints them.</summary>
    public void Print(Shell shell, OutputFormat format)
    {
        if (format == OutputFormat.JsonLines)
        {
            JsonLines.Write(shell.Out, WriteTo);
            return;
        }
        Table table = Tables.New("", "");
        table.ShowHeaders = false;
        AddTo(table);
        Tables.Write(shell.Out, shell.OutputIsTerminal, table);
    }

    /// <summary>Adds rows to a table.</summary>
    public void AddTo(Table table)
    {
        foreach ((string name, string text, _) in _facts)
            table.Add((name.EndsWith(Bytes, StringComparison.Ordinal) ? name[..^Bytes.Length] : name).Replace('_', ' '), text);
    }

    /// <summary>Writes the fields.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        foreach ((_, _, Action<Utf8JsonWriter> write) in _facts)
            write(json);
    }
}
