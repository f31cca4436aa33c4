using System.Globalization;
using PureClip.Cli.Labelling;
using PureClip.Labels;
using Spectre.Console;

namespace PureClip.Cli.Output;

/// <summary>Judged pictures for people: the best labels of each.</summary>
internal sealed class ClassificationTable(LabelJudge judge)
{
    private const int LabelsInATable = 5;

    private const string None = "none of these";

    private readonly Table _table = judge.Question switch
    {
        Question.Which => Tables.New("picture", "label", "#probability"),
        Question.WhichIfAny => Tables.New("picture", "answer", "label", "#probability", "#z", "#p"),
        _ when judge.HasProbabilities => Tables.New("picture", "holds", "label", "#probability", "#z", "#p"),
        _ => Tables.New("picture", "holds", "label", "#z", "#p"),
    };

    /// <summary>Adds a picture.</summary>
    public void Add(string path, IReadOnlyList<JudgedLabel> labels)
    {
        // Whatever holds is shown, and a few more to see what nearly did.
        int shown = Math.Min(labels.Count, Math.Max(LabelsInATable, labels.Count(label => label.Holds)));
        for (int i = 0; i < shown; i++)
            _table.Add([i == 0 ? path : "", .. Cells(labels, i)]);
    }

    /// <summary>Prints what was added.</summary>
    public void Write(TextWriter output, bool isTerminal)
    {
        if (_table.Rows.Count == 0)
            return;
        if (judge.Templates.Count > 0)
            _table.Title = new TableTitle(Markup.Escape("prompts: " + string.Join(", ", judge.Templates.Select(template => $"\"{template}\""))));
        Tables.Write(output, isTerminal, _table);
    }

    private string[] Cells(IReadOnlyList<JudgedLabel> labels, int i)
    {
        JudgedLabel label = labels[i];
        string probability = label.Probability?.ToString("0.0 %", CultureInfo.InvariantCulture) ?? "";
        return judge.Question switch
        {
            Question.Which => [label.Label, probability],
            Question.WhichIfAny => [i > 0 ? "" : label.Holds ? label.Label : None, label.Label, probability, .. Calibrated(label.Score, score => score.AdjustedPValue)],
            _ => [label.Holds ? "yes" : "", label.Label, .. judge.HasProbabilities ? [probability] : Array.Empty<string>(), .. Calibrated(label.Score, score => score.PValue)],
        };
    }

    private static string[] Calibrated(LabelScore? score, Func<LabelScore, double> p) => score is LabelScore known
        ? [known.ZScore.ToString("0.0", CultureInfo.InvariantCulture), p(known).ToString(p(known) < 0.001 ? "0e-0" : "0.000", CultureInfo.InvariantCulture)]
        : ["", ""];
}
