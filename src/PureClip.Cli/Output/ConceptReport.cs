using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Concepts;
using Spectre.Console;

namespace PureClip.Cli.Output;

/// <summary>The words nearest to a concept, with what chance would give.</summary>
/// <param name="Words">Best first.</param>
/// <param name="Significance">Of each word.</param>
/// <param name="Chance">What chance was taken to be.</param>
/// <param name="Draws">How many random directions.</param>
/// <param name="Unrelated">How many unrelated pictures they were made of.</param>
internal sealed record ConceptReport(WordScore[] Words, WordSignificance[] Significance, NullKind Chance, int Draws, int Unrelated)
{
    /// <summary>A p-value for people.</summary>
    public static string Text(double p) => p.ToString(p < 0.0995 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>Writes a table or lines.</summary>
    public void Write(Shell shell, OutputFormat format)
    {
        if (format == OutputFormat.Table)
            WriteTable(shell);
        else
            WriteLines(shell);
    }

    private void WriteTable(Shell shell)
    {
        Table table = Tables.New("#rank", "#score", "#p", "#p, any word", "word");
        for (int i = 0; i < Words.Length; i++)
            table.Add($"{i + 1}", Words[i].Score.ToString("0.000", CultureInfo.InvariantCulture), Text(Significance[i].P), Text(Significance[i].FamilyWiseP), Words[i].Word);
        Tables.Write(shell.Out, shell.OutputIsTerminal, table);
        shell.Out.Write($"  chance: {Description()}, {Draws} draws\n"); // a caption would be wrapped to the width of the table
    }

    private void WriteLines(Shell shell)
    {
        for (int i = 0; i < Words.Length; i++)
        {
            int index = i;
            JsonLines.Write(shell.Out, json =>
            {
                json.WriteNumber("rank", index + 1);
                json.WriteText("word", Words[index].Word);
                json.WriteFloat("score", Words[index].Score);
                json.WriteNumber("p", Significance[index].P);
                json.WriteNumber("p_any_word", Significance[index].FamilyWiseP);
                json.WriteText("chance", Name());
                json.WriteNumber("draws", Draws);
            });
        }
    }

    private string Name() => Chance switch
    {
        NullKind.SwappedPairs => "swapped-pairs",
        NullKind.UnrelatedPictures => "unrelated-pictures",
        _ => "random-directions",
    };

    private string Description() => Chance switch
    {
        NullKind.SwappedPairs => "the same pairs, swapped at random",
        NullKind.UnrelatedPictures => $"differences of {Unrelated} unrelated pictures",
        _ => "random directions (give --unrelated FOLDER for a stricter test)",
    };
}
