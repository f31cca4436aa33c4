using Spectre.Console;
using Spectre.Console.Rendering;

namespace PureClip.Cli.Output;

/// <summary>Tables for people: coloured and as wide as the window in a terminal, plain and as wide as their content elsewhere.</summary>
internal static class Tables
{
    // Nothing is wrapped in a file or a pipe, so that a line stays a line.
    private const int WidthOfAFile = 10_000;

    /// <summary>A table; a column whose title begins with '#' holds numbers and is aligned to the right.</summary>
    public static Table New(params ReadOnlySpan<string> titles)
    {
        Table table = new() { Border = TableBorder.Simple };
        foreach (string title in titles)
        {
            TableColumn column = new(new Text(title.TrimStart('#'), new Style(decoration: Decoration.Bold)));
            table.AddColumn(title.StartsWith('#') ? column.RightAligned() : column);
        }
        return table;
    }

    /// <summary>Adds a row of plain texts.</summary>
    public static void Add(this Table table, params ReadOnlySpan<string> cells)
    {
        IRenderable[] row = new IRenderable[cells.Length];
        for (int i = 0; i < row.Length; i++)
            row[i] = new Text(OneLine.Of(cells[i]));
        table.AddRow(row);
    }

    /// <summary>Prints a table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="isTerminal">Whether that is a terminal.</param>
    /// <param name="table">What to print.</param>
    public static void Write(TextWriter output, bool isTerminal, Table table)
    {
        using StringWriter rendered = new();
        AnsiConsoleSettings settings = new() { Out = new AnsiConsoleOutput(isTerminal ? output : rendered), Interactive = InteractionSupport.No };
        if (!isTerminal)
            (settings.Ansi, settings.ColorSystem) = (AnsiSupport.No, ColorSystemSupport.NoColors);
        IAnsiConsole console = AnsiConsole.Create(settings);
        console.Profile.Capabilities.Unicode = true;
        console.Profile.Width = isTerminal ? Math.Max(40, Console.WindowWidth) : WidthOfAFile;
        console.Write(table);
        if (!isTerminal)
            output.Write(Plain(rendered.ToString()));
        output.Flush();
    }

    /// <summary>Without the blanks that fill up lines and the empty lines around the table.</summary>
    private static string Plain(string rendered)
    {
        IEnumerable<string> lines = rendered.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd());
        return string.Join('\n', lines).Trim('\n') + "\n";
    }
}
