using System.Text.Json;
using PureClip.Convert.Output;

namespace PureClip.Convert.Reporting;

/// <summary>A report as JSON, with all names.</summary>
internal static class ReportJson
{
    /// <summary>Writes the report.</summary>
    public static void Write(Stream stream, ConversionReport report) => JsonOutput.Write(stream, json =>
    {
        json.WriteString("container", report.Container);
        WriteAll(json, "files", report.Files, file =>
        {
            json.WriteString("name", file.Name);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteString("sha256", file.Sha256);
        });
        WriteAll(json, "metadata", report.Metadata, pair =>
        {
            json.WriteString("key", pair.Key);
            json.WriteString("value", pair.Value);
        });
        json.WriteString("architecture", report.Architecture);
        WriteAll(json, "decisions", report.Decisions, decision => WriteDecision(json, decision));
        WriteTexts(json, "notes", report.Notes);
        WriteTexts(json, "used", report.Used);
        WriteAll(json, "ignored", report.Ignored, tensor =>
        {
            json.WriteString("name", tensor.Name);
            json.WriteString("reason", tensor.Reason);
        });
        json.WriteStartObject("types");
        foreach ((string change, int count) in report.TypeChanges)
            json.WriteNumber(change, count);
        json.WriteEndObject();
        WriteAll(json, "rounding", report.Rounding, error =>
        {
            json.WriteString("group", error.Group);
            json.WriteNumber("largest", error.Largest);
            json.WriteNumber("mean", error.Mean);
        });
        json.WriteStartObject("comparison");
        json.WriteNumber("texts", report.Comparison.Texts);
        json.WriteNumber("pictures", report.Comparison.Pictures);
        json.WriteNumber("vectors", report.Comparison.Vectors);
        json.WriteEndObject();
        if (report.Verification is ReferenceResult result)
            WriteVerification(json, result);
        json.WriteBoolean("written", report.WasWritten);
    });

    private static void WriteDecision(Utf8JsonWriter json, Decision decision)
    {
        json.WriteString("what", decision.What);
        json.WriteString("value", decision.Value);
        json.WriteString("from", decision.From);
        json.WriteBoolean("assumed", decision.IsAssumed);
        json.WriteString("override", decision.Setting == ConversionSetting.None ? decision.Place : decision.Setting.ToString());
    }

    private static void WriteVerification(Utf8JsonWriter json, ReferenceResult result)
    {
        json.WriteStartObject("verification");
        json.WriteBoolean("passed", result.HasPassed);
        json.WriteNumber("pictures", result.Pictures);
        json.WriteNumber("texts", result.Texts);
        json.WriteNumber("texts_with_other_ids", result.OtherIds);
        if (float.IsFinite(result.Largest))
            json.WriteNumber("largest_difference", result.Largest);
        json.WriteString("largest_difference_at", result.LargestAt);
        json.WriteNumber("tolerance", result.Tolerance);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteAll<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> fields)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            fields(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
