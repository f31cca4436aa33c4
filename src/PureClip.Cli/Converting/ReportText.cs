using System.Globalization;
using PureClip.Convert;
using PureClip.Model;

namespace PureClip.Cli.Converting;

/// <summary>A report as a page of text.</summary>
internal static class ReportText
{
    private const int MostIgnored = 12;

    /// <summary>Writes the page.</summary>
    public static void Write(TextWriter output, ConversionReport report, string directory)
    {
        output.Write($"Source        {report.Container}\n");
        foreach (SourceFile file in report.Files)
            output.Write(Text($"              {file.Name}, {file.Bytes:N0} bytes\n              SHA-256 {file.Sha256}\n"));
        WriteArchitecture(output, report);
        WriteDecisions(output, report.Decisions);
        WriteTensors(output, report);
        WriteErrors(output, report.Rounding);
        if (report.Packed is string packed)
            output.Write($"Packed        {packed}, for this machine's processor\n");
        foreach (string note in report.Notes)
            output.Write($"Note          {note}\n");
        WriteComparison(output, report.Comparison);
        if (report.Verification is ReferenceResult verification)
            WriteVerification(output, verification);
        output.Write(report.WasWritten ? $"Written       {directory}\n" : "Nothing was written.\n");
    }

    private static void WriteArchitecture(TextWriter output, ConversionReport model)
    {
        output.Write(Text($"Architecture  {model.Architecture ?? "of no known name"}, embeddings of {model.Config.EmbeddingWidth}\n"));
        if (model.Config.Vision is VisionTransformerConfig vision)
            output.Write(
                Text($"  vision      {Describe(vision.Transformer)}, pictures of {vision.ImageSize}, patches of {vision.PatchSize}\n"));
        if (model.Config.Vision is ResNetConfig resNet)
        {
            output.Write(Text($"  vision      ResNet of width {resNet.Width}, blocks {resNet.Blocks}, {resNet.Heads} heads, "));
            output.Write(Text($"pictures of {resNet.ImageSize}\n"));
        }
        if (model.Config.Text is TextConfig text)
            output.Write(Text($"  text        {Describe(text.Transformer)}, {text.ContextLength} tokens of {text.VocabularySize}\n"));
    }

    private static string Describe(TransformerConfig config) =>
        Text($"width {config.Width}, {config.Layers} layers, {config.Heads} heads, MLP {config.MlpWidth}, {config.Gelu} GELU");

    private static void WriteDecisions(TextWriter output, IReadOnlyList<Decision> decisions)
    {
        output.Write("Decisions\n");
        int width = decisions.Count == 0 ? 0 : decisions.Max(static d => d.What.Length);
        foreach (Decision decision in decisions)
        {
            string from = decision.From.Length == 0
                ? "" : decision.IsAssumed ? $"  ASSUMED from {decision.From}"
                : $"  from {decision.From}";
            string otherwise = decision.IsAssumed && (ConversionArguments.OptionOf(decision.Setting) ?? decision.Place) is string option
                ? $"; decide with {option}"
                : "";
            output.Write($"  {decision.What.PadRight(width)}  {decision.Value}{from}{otherwise}\n");
        }
    }

    private static void WriteTensors(TextWriter output, ConversionReport report)
    {
        IReadOnlyList<IgnoredTensor> ignored = report.Ignored;
        output.Write(Text($"Tensors       {report.Used.Count} used, {ignored.Count} ignored, {report.Written} written\n"));
        foreach ((string change, int count) in report.TypeChanges)
            output.Write(Text($"  {count,5}       {change}\n"));
        foreach (IgnoredTensor tensor in ignored.Take(MostIgnored))
            output.Write($"  ignored     {tensor.Name}: {tensor.Reason}\n");
        if (ignored.Count > MostIgnored)
            output.Write(Text($"  ignored     {ignored.Count - MostIgnored} more; --report FILE lists all\n"));
    }

    private static void WriteErrors(TextWriter output, IReadOnlyList<RoundingError> errors)
    {
        if (errors.Count == 0)
            return;
        output.Write("Change of type      largest error  mean error\n");
        foreach (RoundingError error in errors)
            output.Write(Text($"  {error.Group,-17} {error.Largest,13:0.00e+00} {error.Mean,11:0.00e+00}\n"));
    }

    private static void WriteComparison(TextWriter output, SourceComparison comparison)
    {
        output.Write(Text($"Compared      with the source: {comparison.Texts} texts have the same ids, "));
        output.Write(Text($"{comparison.Pictures} pictures the same pixels, "));
        output.Write(comparison.Vectors > 0
            ? Text($"{comparison.Vectors} of them the same vectors\n")
            : "vectors were not compared\n");
    }

    private static void WriteVerification(TextWriter output, ReferenceResult result)
    {
        string verdict = result.HasPassed ? "passed" : "FAILED";
        string place = result.LargestAt.Length > 0 ? $" at '{result.LargestAt}'" : "";
        output.Write(Text($"Verification  {verdict}: {result.Pictures} pictures and {result.Texts} texts, "));
        output.Write(Text($"largest difference {result.Largest:0.00e+00} (allowed {result.Tolerance:0.00e+00}){place}\n"));
        if (result.OtherIds > 0)
            output.Write(Text(
                $"              {result.OtherIds} of the texts have other ids by this model's own tokenizer; the reference's were used\n"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
