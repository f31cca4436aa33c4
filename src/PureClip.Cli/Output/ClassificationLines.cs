using System.Text.Json;
using PureClip.Cli.Labelling;
using PureClip.Labels;

namespace PureClip.Cli.Output;

/// <summary>Judged pictures as JSON Lines, with all labels.</summary>
internal sealed class ClassificationLines(TextWriter output, LabelJudge judge)
{
    /// <summary>Writes a picture.</summary>
    public void Write(string path, IReadOnlyList<JudgedLabel> labels) => JsonLines.Write(output, json =>
    {
        json.WriteText("input", path);
        if (judge.Question == Question.WhichIfAny)
            json.WriteTextOrNull("verdict", labels.FirstOrDefault(label => label.Holds)?.Label);
        else if (judge.Question == Question.WhetherEach)
            json.WriteTexts("verdict", labels.Where(label => label.Holds).Select(label => label.Label));
        json.WriteStartArray("labels");
        foreach (JudgedLabel label in labels)
            Write(json, label);
        json.WriteEndArray();
        json.WriteTexts("templates", judge.Templates);
    });

    private static void Write(Utf8JsonWriter json, JudgedLabel label)
    {
        json.WriteStartObject();
        json.WriteText("label", label.Label);
        if (label.Probability is float probability)
            json.WriteFloat("probability", probability);
        if (label.Score is LabelScore score)
        {
            json.WriteFloat("z", (float)score.ZScore);
            json.WriteNumber("p", score.PValue);
            json.WriteNumber("p_adjusted", score.AdjustedPValue);
        }
        json.WriteEndObject();
    }
}
