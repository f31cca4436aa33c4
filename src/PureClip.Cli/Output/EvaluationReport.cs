using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Measuring;
using Spectre.Console;

namespace PureClip.Cli.Output;

/// <summary>How often attributes were found, as a table or as lines.</summary>
internal static class EvaluationReport
{
    /// <summary>Writes it.</summary>
    public static void Write(Shell shell, OutputFormat format, int words, IEnumerable<ConceptEvaluation.Row> rows)
    {
        if (format == OutputFormat.Table)
            WriteTable(shell, words, rows);
        else
            foreach (ConceptEvaluation.Row row in rows)
                WriteLine(shell, row);
    }

    private static void WriteTable(Shell shell, int words, IEnumerable<ConceptEvaluation.Row> rows)
    {
        Table table = Tables.New("pairs", "compared with the words", "#of", "#first", "#in the top 3");
        string? before = null;
        foreach (ConceptEvaluation.Row row in rows)
        {
            table.Add(row.Group == before ? "" : row.Group, row.Scoring, row.Of.ToString(CultureInfo.InvariantCulture), Text(row.First, row.FirstDeviation), Text(row.Top3, row.Top3Deviation));
            before = row.Group;
        }
        Tables.Write(shell.Out, shell.OutputIsTerminal, table);
        shell.Out.Write($"  among {words} words; another's without: mean ± standard deviation of {ConceptEvaluation.Shuffles} draws\n");
    }

    private static string Text(double count, double? deviation) => deviation is double sd
        ? string.Create(CultureInfo.InvariantCulture, $"{count:0.0} ± {sd:0.0}")
        : count.ToString("0", CultureInfo.InvariantCulture);

    private static void WriteLine(Shell shell, ConceptEvaluation.Row row) => JsonLines.Write(shell.Out, json =>
    {
        json.WriteText("group", row.Group);
        json.WriteText("scoring", row.Scoring);
        json.WriteNumber("of", row.Of);
        json.WriteNumber("first", row.First);
        json.WriteNumber("top3", row.Top3);
        if (row.FirstDeviation is double first && row.Top3Deviation is double top3)
        {
            json.WriteNumber("first_sd", first);
            json.WriteNumber("top3_sd", top3);
        }
    });
}
