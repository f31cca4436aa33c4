using System.Globalization;
using System.Text.Json;
using PureClip.Cli.Arguments;
using PureClip.Labels;
using Spectre.Console;

namespace PureClip.Cli.Output;

/// <summary>What came of a training.</summary>
/// <param name="Pictures">What was learnt from.</param>
/// <param name="Probe">The result.</param>
/// <param name="Other">What the other method would have given.</param>
/// <param name="File">Where the result was stored.</param>
internal sealed record ProbeReport(LabelledEmbeddings Pictures, TrainedProbe Probe, TrainedProbe Other, string File)
{
    private const int WorstPairs = 5;

    private ValidatedSetting Best => Probe.Classifier.Validation!.Value;

    private ValidatedSetting BestOfOther => Other.Classifier.Validation!.Value;

    /// <summary>Prints it.</summary>
    public void Write(Shell shell, OutputFormat format)
    {
        if (format == OutputFormat.Table)
            WriteTables(shell);
        else
            JsonLines.Write(shell.Out, WriteFields);
    }

    private void WriteTables(Shell shell)
    {
        Table classes = Tables.New("class", "#pictures");
        foreach ((string label, int size) in Pictures.Labels.Zip(Pictures.Sizes))
            classes.Add(label, size.ToString(CultureInfo.InvariantCulture));
        Table settings = Tables.New(NameOfSetting(Probe), "#accuracy", "#± standard error", "#log-loss", "");
        foreach (ValidatedSetting setting in Probe.Settings)
            settings.Add(setting.Value.ToString("0.###e-0", CultureInfo.InvariantCulture), Percent(setting.Accuracy), Percent(setting.StandardError),
                setting.LogLoss.ToString("0.000", CultureInfo.InvariantCulture), setting == Best ? "chosen" : "");
        Tables.Write(shell.Out, shell.OutputIsTerminal, classes);
        Tables.Write(shell.Out, shell.OutputIsTerminal, settings);
        foreach (string sentence in Sentences())
            shell.Out.Write(sentence + "\n");
    }

    private IEnumerable<string> Sentences()
    {
        yield return $"{NameOf(Probe)}: {Percent(Best.Accuracy)} ± {Percent(Best.StandardError)} right, cross-validated in {Probe.Folds} parts; "
            + $"{NameOf(Other)}: {Percent(BestOfOther.Accuracy)} ± {Percent(BestOfOther.StandardError)}.";
        yield return Advice();
        if (Pictures.Sizes.Max() > 2 * Pictures.Sizes.Min())
            yield return $"The largest class has {Pictures.Sizes.Max()} pictures, the smallest {Pictures.Sizes.Min()}: accuracy speaks mostly of large classes"
                + (Probe.Classifier.Kind == ClassifierKind.LinearProbe ? ", and they are expected to be frequent later on too." : ".");
        foreach (Confusion confusion in Probe.Confusions.Take(WorstPairs))
            yield return $"  {confusion.Count} of {confusion.Of} \"{OneLine.Of(confusion.Label)}\" were taken for \"{OneLine.Of(confusion.TakenFor)}\"";
        yield return $"Stored in {OneLine.Of(File)}.";
    }

    /// <summary>Differences within one standard error of the difference are no differences.</summary>
    private string Advice()
    {
        double difference = Best.Accuracy - BestOfOther.Accuracy, error = double.Hypot(Best.StandardError, BestOfOther.StandardError);
        if (difference < -error)
            return $"--method {WordOf(Other)} is the better one here.";
        if (difference > error)
            return $"--method {WordOf(Probe)} is the better one here.";
        return "That is a tie: with fewer than ten pictures a class --method prototype is the safer choice, since it fits fewer numbers; with more, logistic.";
    }

    private void WriteFields(Utf8JsonWriter json)
    {
        json.WriteStartArray("classes");
        foreach ((string label, int size) in Pictures.Labels.Zip(Pictures.Sizes))
        {
            json.WriteStartObject();
            json.WriteText("label", label);
            json.WriteNumber("pictures", size);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("method", WordOf(Probe));
        json.WriteNumber("folds", Probe.Folds);
        WriteNumbers(json, Best);
        json.WriteStartArray("settings");
        foreach (ValidatedSetting setting in Probe.Settings)
        {
            json.WriteStartObject();
            WriteNumbers(json, setting);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("other");
        json.WriteString("method", WordOf(Other));
        WriteNumbers(json, BestOfOther);
        json.WriteEndObject();
        WriteConfusions(json);
        json.WriteText("output", File);
    }

    private void WriteConfusions(Utf8JsonWriter json)
    {
        json.WriteStartArray("confusions");
        foreach (Confusion confusion in Probe.Confusions)
        {
            json.WriteStartObject();
            json.WriteText("label", confusion.Label);
            json.WriteText("taken_for", confusion.TakenFor);
            json.WriteNumber("count", confusion.Count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, ValidatedSetting setting)
    {
        foreach ((string name, double number) in setting.Numbers)
            json.WriteNumber(name, number);
    }

    private static string NameOf(TrainedProbe probe) => probe.Classifier.Kind == ClassifierKind.LinearProbe ? "logistic regression" : "prototypes";

    private static string WordOf(TrainedProbe probe) => probe.Classifier.Kind == ClassifierKind.LinearProbe ? "logistic" : "prototype";

    private static string NameOfSetting(TrainedProbe probe) => probe.Classifier.Kind == ClassifierKind.LinearProbe ? "lambda" : "scale";

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);
}
