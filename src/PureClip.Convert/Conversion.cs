using PureClip.Checkpoints;
using PureClip.Convert.Knowledge;
using PureClip.Convert.Mapping;
using PureClip.Convert.Output;
using PureClip.Convert.Reporting;
using PureClip.Convert.Resolution;
using PureClip.Convert.Tensors;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert;

/// <summary>From a checkpoint of any container to a Hugging Face directory, and a report of what was done.</summary>
internal static class Conversion
{
    /// <summary>The factor of the cosines that every released CLIP ends its training with, as it is stored: ln 100.</summary>
    private const float UsualLogitScale = 4.6051702f;

    /// <summary>Converts.</summary>
    /// <param name="options">What and how.</param>
    /// <param name="progress">Told after every tensor; may be null.</param>
    /// <param name="cancellation">When set, nothing is left behind.</param>
    /// <exception cref="InvalidDataException">The input is damaged, contradictory, or no model that is supported.</exception>
    /// <exception cref="IOException">Something cannot be read or written.</exception>
    public static ConversionReport Run(ConversionOptions options, IProgress<WriteProgress>? progress, CancellationToken cancellation)
    {
        if (!Path.Exists(options.Input))
            throw new FileNotFoundException($"There is no file or directory {options.Input}.");
        using OutputDirectory output = new(options.Output, options.Force, options.Input);
        using AtomicFile? reportFile = options.Report is string path ? new(output.PlaceOf(path)) : null; // known at once if nothing can be written there
        using SourceCheckpoint source = CheckpointOpener.OpenPath(options.Input);
        SourceNames names = SourceNames.Read(source);
        SourceFile[] files = [.. source.Files.Select(file => SourceFile.Of(file, cancellation))];
        ModelEvidence evidence = new(options.Input, source)
        {
            HasHuggingFaceNames = names.Dialect == Names.HuggingFace,
            Directory = DirectoryConfig.Find(options.Input),
            OpenAiModel = OpenAiModel(files),
        };
        ModelDescription model = ModelResolver.Resolve(SizeReader.Read(names), evidence, options.Overrides);
        TensorMap map = TensorMap.Create(names, model.Config);
        List<Decision> decisions = [.. model.Decisions];
        SupplyLogitScale(map, model.Config, decisions);

        WeightsFile weights = new(options.Dtype);
        weights.Write(Path.Combine(output.Path, SafetensorsSet.SingleFileName), map.Outputs, progress, cancellation);
        ConfigFile.Write(Path.Combine(output.Path, "config.json"), model, TorchName(map, options.Dtype), files);
        if (model.Config.Vision is not null)
            PreprocessorFile.Write(Path.Combine(output.Path, "preprocessor_config.json"), model.Preprocessing);
        if (model.Config.Text is TextConfig text)
            decisions.Add(new Decision("vocabulary", WriteTokenizer(output.Path, text, options, source), "", IsAssumed: false, "--vocab"));
        ReferenceResult? verification = Check(output.Path, options, cancellation, out string? packed);
        ConversionReport report = new()
        {
            Source = source,
            Files = files,
            Model = model,
            Decisions = decisions,
            Map = map,
            Weights = weights,
            Packed = packed,
            Verification = verification,
        };
        cancellation.ThrowIfCancellationRequested();
        if (reportFile is not null)
            ReportJson.Write(reportFile.Stream, report);
        Commit(output, report, reportFile, isInside: reportFile is not null && output.Holds(options.Report!));
        return report;
    }

    /// <summary>Makes the results appear: a report inside the directory together with it, any other last, when there is something to report.</summary>
    private static void Commit(OutputDirectory output, ConversionReport report, AtomicFile? reportFile, bool isInside)
    {
        if (isInside)
            reportFile?.Commit();
        if (report.WasWritten)
            output.Commit();
        if (!isInside)
            reportFile?.Commit();
    }

    private static string? OpenAiModel(SourceFile[] files) =>
        files is [SourceFile file] ? Trainings.OpenAiFiles.GetValueOrDefault(file.Sha256) : null;

    /// <summary>Opens the result as a user would, which proves that it is complete, packs it if that is wanted, and compares embeddings where there are some.</summary>
    private static ReferenceResult? Check(string directory, ConversionOptions options, CancellationToken cancellation, out string? packed)
    {
        using Clip clip = Clip.Load(directory);
        packed = options.Packed ? Path.GetFileName(clip.WritePacked(cancellation)) : null;
        return options.Reference is string reference ? ReferenceCheck.Run(clip, reference, options.Tolerance, cancellation) : null;
    }

    private static void SupplyLogitScale(TensorMap map, ClipConfig config, List<Decision> decisions)
    {
        if (map.HasLogitScale || config.Vision is null || config.Text is null)
            return;
        map.Outputs.Add(new OutputTensor(
            Names.LogitScale, Names.LogitScale, [], new ConstantTensor(Names.LogitScale, UsualLogitScale), 0));
        decisions.Add(new Decision("logit scale", "100", "what every released CLIP has", IsAssumed: true, null));
    }

    private static string WriteTokenizer(string output, TextConfig text, ConversionOptions options, SourceCheckpoint source) =>
        TokenizerOutput.Write(
            output, text, options.Vocabulary, Directory.Exists(options.Input) ? options.Input : null, source.Facts.Vocabulary);

    /// <summary>The type of most numbers, which is what transformers loads a model in.</summary>
    private static string TorchName(TensorMap map, DtypeChoice dtype)
    {
        NumberType most = map.Outputs.GroupBy(tensor => dtype.For(tensor.Source.Type)).MaxBy(group => group.Sum(static t => t.Count))!.Key;
        return most switch
        {
            NumberType.F64 => "float64",
            NumberType.F16 => "float16",
            NumberType.BF16 => "bfloat16",
            _ => "float32",
        };
    }
}
