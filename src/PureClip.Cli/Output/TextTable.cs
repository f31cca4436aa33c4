namespace PureClip.Cli.Output;

/// <summary>A cell of a table for people.</summary>
/// <param name="Text">What it shows.</param>
/// <param name="Kind">Where its lines may end.</param>
/// <param name="IsNumber">Whether it is aligned to the right, as its whole column is.</param>
internal readonly record struct TableCell(string Text, TextKind Kind = TextKind.Words, bool IsNumber = false);

/// <summary>
/// A table for people: in a terminal as wide as the window at most, elsewhere as wide as its content, so that a line stays a line. Columns
/// that do not fit get narrower and their cells higher; where even words do not fit, lines go over the edge.
/// </summary>
/// <param name="headings">A title for each column; null for a list that needs none.</param>
internal sealed class TextTable(IReadOnlyList<string>? headings)
{
    private const int Margin = 2, Gap = 3;

    private const string Bold = "\u001b[1m", Plain = "\u001b[0m";

    private readonly List<TableCell[]> _rows = [];

    /// <summary>Adds a row, with a cell for each column.</summary>
    public void Add(params TableCell[] cells) => _rows.Add([.. cells.Select(cell => cell with { Text = TextLines.One(cell.Text) })]);

    /// <summary>Prints what was added; nothing where that is no row.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="columns">How wide that is; null where it is no terminal.</param>
    /// <param name="isBold">Whether headings are bold there.</param>
    /// <param name="title">What stands above; null for nothing.</param>
    public void Write(TextWriter output, int? columns, bool isBold = false, string? title = null)
    {
        if (_rows.Count == 0)
            return;
        int[] widths = Widths(columns is int most ? most - Edges : int.MaxValue);
        int width = widths.Sum() + Edges;
        if (title is not null)
            WriteTitle(output, title, width, columns);
        if (headings is not null)
        {
            WriteRow(output, widths, [.. headings.Select(heading => new TableCell(heading))], isBold);
            output.Write(new string('─', Math.Min(width, columns ?? width)) + "\n");
        }
        foreach (TableCell[] row in _rows)
            WriteRow(output, widths, row, isBold: false);
    }

    private int Count => _rows[0].Length;

    private int Edges => 2 * Margin + Gap * (Count - 1);

    private bool IsNumber(int column) => _rows.Exists(row => row[column].IsNumber);

    /// <summary>What every column would like, or where that is too much, what it must have and a fair share of the rest.</summary>
    private int[] Widths(int available)
    {
        int[] wanted = new int[Count], least = new int[Count];
        for (int i = 0; i < wanted.Length; i++)
        {
            IEnumerable<TableCell> cells = _rows.Select(row => row[i]);
            if (headings is not null)
                cells = cells.Append(new(headings[i]));
            wanted[i] = cells.Max(cell => TextLines.Columns(cell.Text));
            least[i] = cells.Max(cell => TextLines.LeastColumns(cell.Text, cell.Kind));
        }
        if (wanted.Sum() <= available)
            return wanted;

        // Those that want little more get it all; what they leave is shared by the others.
        int rest = Math.Max(0, available - least.Sum()), sharers = Count;
        foreach (int i in Enumerable.Range(0, Count).OrderBy(i => wanted[i] - least[i]))
        {
            int more = Math.Min(wanted[i] - least[i], rest / sharers--);
            least[i] += more;
            rest -= more;
        }
        return least;
    }

    private void WriteTitle(TextWriter output, string title, int width, int? columns)
    {
        foreach (string line in TextLines.Wrap(TextLines.One(title), columns))
            output.Write(new string(' ', Math.Max(0, (width - TextLines.Columns(line)) / 2)) + line + "\n");
        output.Write('\n');
    }

    private void WriteRow(TextWriter output, int[] widths, TableCell[] row, bool isBold)
    {
        string[][] cells = [.. row.Select((cell, i) => TextLines.Wrap(cell.Text, widths[i], cell.Kind).ToArray())];
        int height = cells.Max(lines => lines.Length);
        for (int i = 0; i < height; i++)
        {
            string line = new string(' ', Margin) + string.Join(new string(' ', Gap), cells.Select((lines, column) =>
                Aligned(i < lines.Length ? lines[i] : "", widths[column], IsNumber(column), isBold)));
            output.Write(line.TrimEnd(' ') + "\n");
        }
    }

    private static string Aligned(string text, int width, bool isNumber, bool isBold)
    {
        string blanks = new(' ', Math.Max(0, width - TextLines.Columns(text)));
        string shown = isBold && text.Length > 0 ? Bold + text + Plain : text;
        return isNumber ? blanks + shown : shown + blanks;
    }
}
