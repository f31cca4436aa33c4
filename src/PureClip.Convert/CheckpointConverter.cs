using System.Globalization;
using PureClip.Checkpoints;
using PureClip.Convert.Knowledge;
using PureClip.Convert.Mapping;
using PureClip.Convert.Onnx;
using PureClip.Convert.Output;
using PureClip.Convert.Reporting;
using PureClip.Convert.Resolution;
using PureClip.Files;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.Convert;

/// <summary>
/// Published CLIP checkpoints of any container to a directory in Hugging Face's layout, or in OpenCLIP's where transformers has no such
/// tower. Nothing of what is read is executed.
/// </summary>
/// <remarks>
/// Sources are mapped, so that memory does not grow with them, and must not shrink meanwhile: where another program cuts one, the system
/// ends the process, but on Windows, which does not allow it. See <see cref="MappedFile"/>.
/// </remarks>
public static class CheckpointConverter
{
    /// <summary>The factor of the cosines that every released CLIP ends its training with, as it is stored: ln 100.</summary>
    private const float UsualLogitScale = 4.6051702f;

    /// <summary>
    /// Converts a checkpoint. The result is written beside its place and renamed when it is complete and has been loaded once; where
    /// anything fails, nothing is left. The same source gives the same bytes.
    /// </summary>
    /// <param name="source">
    /// A checkpoint file (TorchScript, torch.save, safetensors, ONNX, GGUF), or a directory with one, whole or in shards.
    /// </param>
    /// <param name="destination">The directory to write.</param>
    /// <param name="options">How; null for what the source says.</param>
    /// <param name="progress">Told after every tensor.</param>
    /// <param name="cancellationToken">When set, nothing is left behind.</param>
    /// <exception cref="ArgumentException">An option has a value that is not allowed.</exception>
    /// <exception cref="ConversionException">An option decides what hinders the conversion.</exception>
    /// <exception cref="InvalidDataException">The source is damaged, contradictory, or no model that is supported.</exception>
    /// <exception cref="IOException">Something cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ConversionReport Convert(
        string source, string destination, ConversionOptions? options = null, IProgress<WriteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(destination);
        options ??= new();
        options.Validate();
        if (!Path.Exists(source))
            throw new FileNotFoundException($"There is no file or directory {source}.");
        ModelPlace place = PlaceOf(source);
        RequirePlace(destination, options.Overwrite, place.Path);
        using AtomicDirectory output = new(destination);
        // known at once if nothing can be written there
        using AtomicFile? reportFile = options.Report is string path ? new(output.PlaceOf(path)) : null;
        using SourceCheckpoint checkpoint = FamilyConversion.WithFurther(CheckpointOpener.OpenPath(place.Path), place);
        ConversionReport report = Convert(source, place, checkpoint, output.Path, options, progress, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (reportFile is not null)
            ReportJson.Write(reportFile.Stream, report);
        Commit(output, report, reportFile, isInside: reportFile is not null && output.Holds(options.Report!));
        return report;
    }

    /// <summary>Lists what a checkpoint of any container holds, whether or not it can be converted.</summary>
    /// <param name="source">A checkpoint file, or a directory with one, whole or in shards.</param>
    /// <exception cref="InvalidDataException">The source is damaged, or of a container that is not supported.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CheckpointContents Inspect(string source)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (!Path.Exists(source))
            throw new FileNotFoundException($"There is no file or directory {source}.");
        using SourceCheckpoint checkpoint = CheckpointOpener.OpenPath(PlaceOf(source).Path);
        return new(
            checkpoint.Container,
            [.. checkpoint.Files.Select(static file => file.Path)],
            [.. checkpoint.Tensors.Select(static t => new ForeignTensor(t.Name, t.Type, t.Shape.ToArray(), t.StoredAs))],
            checkpoint.Metadata,
            checkpoint.Notes);
    }

    private static ConversionReport Convert(
        string path, ModelPlace place, SourceCheckpoint source, string output, ConversionOptions options,
            IProgress<WriteProgress>? progress,
        CancellationToken cancellation)
    {
        ModelDirectory? directory = DirectoryConfig.Find(place);
        SourceNames names = SourceNames.Read(source, FamilyConversion.Takes(directory));
        directory = FamilyConversion.Fit(directory, names, place);
        bool isFamily = FamilyConversion.Takes(directory);
        SourceFile[] files = [.. source.Files.Select(file => SourceFile.Of(file, cancellation))];
        ModelEvidence evidence = new(path, source)
        {
            IsOfTransformers = names.Dialect == Names.HuggingFace || names.Dialect == Names.ClipCpp, // which clip.cpp converts
            Directory = directory,
            OpenAiModel = OpenAiModel(files),
        };
        ModelDescription model = isFamily
            ? FamilyConversion.Describe(directory!, options)
            : ModelResolver.Resolve(SizeReader.Read(names), evidence, options);
        TensorMap map = TensorMap.Create(
            names, model.Config, isFamily, remedy: source.Container == OnnxCheckpoint.Container ? OnnxCheckpoint.Remedy : "");
        List<Decision> decisions = [.. model.Decisions, .. names.Decisions];
        SupplyScalars(map, model.Config, evidence, decisions);

        WeightsFile weights = new(options.Weights);
        bool isOpenClip = !isFamily && map.Target != Names.HuggingFace, isTransformers = !isFamily && !isOpenClip;
        string weightsName = isFamily ? FamilyConversion.WeightsName(directory!)
            : isOpenClip ? OpenClipFile.WeightsName
            : SafetensorsSet.SingleFileName;
        if (directory?.FurtherWeights is [string dense])
            FamilyConversion.WriteModules(output, directory, dense, map.Outputs, weights, progress, cancellation);
        else
            weights.Write(Path.Combine(output, weightsName), map.Outputs, progress, cancellation);
        if (isFamily && FamilyConversion.Copy(output, directory!, options.Vocabulary) is string copied)
            decisions.Add(new Decision("vocabulary", copied, "", IsAssumed: false, ConversionSetting.Vocabulary));
        if (isOpenClip)
            OpenClipFile.Write(Path.Combine(output, OpenClipFile.Name), model, files);
        else if (isTransformers)
            ConfigFile.Write(Path.Combine(output, "config.json"), model, TorchName(map, options.Weights), files);
        if (isTransformers && model.Config.Vision is not null)
            PreprocessorFile.Write(Path.Combine(output, "preprocessor_config.json"), model.Preprocessing);
        WrittenTokenizer? tokenizer = null;
        if (!isFamily && model.Config.Text is TextConfig text)
        {
            tokenizer = WriteTokenizer(output, text, options, place.TokenizerPath, evidence);
            decisions.Add(new Decision("vocabulary", tokenizer.Value.From, "", IsAssumed: false, ConversionSetting.Vocabulary));
        }
        SourceModel expected = SourceModel.Of(
            place, source, model, tokenizer?.Files, isFamily && options.Vocabulary is null ? directory : null, options, cancellation);
        ReferenceResult? verification = Check(output, expected, options, cancellation, out SourceComparison comparison, out string? packed);
        return new()
        {
            Container = source.Container,
            Files = files,
            Metadata = source.Metadata,
            Notes = [.. source.Notes, .. files.Select(file => file.Sha256).Select(PublishedModels.FindWeights).OfType<PublishedModel>()
                .Select(Publication)],
            Architecture = model.Architecture,
            Config = model.Config,
            Decisions = decisions,
            Used = map.Used,
            Ignored = map.Ignored,
            Written = map.Outputs.Count,
            TypeChanges = weights.TypeChanges,
            Rounding = [.. weights.Errors],
            Packed = packed,
            Comparison = comparison,
            Verification = verification,
        };
    }

    /// <summary>Where in a directory the model is, as the library finds it; a file is where it is.</summary>
    private static ModelPlace PlaceOf(string source) => Directory.Exists(source) ? ModelPlace.Find(source) : new(source, source);

    /// <summary>Nothing is replaced that nobody asked to replace, that is no model, or that holds the source itself.</summary>
    private static void RequirePlace(string destination, bool overwrite, string source)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        if (!Directory.Exists(target))
            return;
        if (!overwrite)
            throw new ConversionException($"{destination} exists. Choose another name.", ConversionSetting.Overwrite);
        bool isModel = File.Exists(Path.Combine(target, "config.json")) || File.Exists(Path.Combine(target, OpenClipFile.Name))
            || MobileClipConfig.Find(target) is not null || !Directory.EnumerateFileSystemEntries(target).Any();
        if (!isModel)
            throw new IOException($"{destination} exists and is no model directory (it has no config.json), so that it is not replaced.");
        string input = Path.GetFullPath(source);
        if (input == target || input.StartsWith(target + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new IOException($"{destination} holds the input {source} itself and is not replaced. Choose another name.");
    }

    /// <summary>
    /// Makes the results appear: a report inside the directory together with it, any other last, when there is something to report.
    /// </summary>
    private static void Commit(AtomicDirectory output, ConversionReport report, AtomicFile? reportFile, bool isInside)
    {
        if (isInside)
            reportFile?.Commit();
        if (report.WasWritten)
            output.Commit();
        if (!isInside)
            reportFile?.Commit();
    }

    private static string Publication(PublishedModel model) =>
        $"These are the weights of {model.Name} as {model.Repository} publishes them; licence: {model.Licence}.";

    private static string? OpenAiModel(SourceFile[] files) =>
        files is [SourceFile file] ? Trainings.OpenAiFiles.GetValueOrDefault(file.Sha256) : null;

    /// <summary>
    /// Opens the result as a user would, which proves that it is complete, compares it with its source, packs it if that is wanted, and
    /// compares embeddings where there are some.
    /// </summary>
    private static ReferenceResult? Check(
        string directory, SourceModel expected, ConversionOptions options, CancellationToken cancellation,
        out SourceComparison comparison, out string? packed)
    {
        using Clip clip = Clip.Load(directory);
        comparison = expected.Compare(clip, cancellation);
        packed = options.Packed ? Path.GetFileName(clip.WritePacked(cancellation)) : null;
        return options.Reference is string reference ? ReferenceCheck.Run(clip, reference, options.Tolerance, cancellation) : null;
    }

    /// <summary>
    /// A format that has no place for the scale says nothing of the model, and every released CLIP ends its training with 100. Weights that
    /// could have one and have not get what the library gives them: that with which their configuration begins a training. So it is with
    /// what is added to scaled cosines, which is 0 for most and not stored then.
    /// </summary>
    private static void SupplyScalars(TensorMap map, ClipConfig config, ModelEvidence evidence, List<Decision> decisions)
    {
        ClipConfig stated = evidence.Directory?.Config ?? config;
        if (!map.Has(Names.LogitBias) && stated.InitialLogitBias != 0)
        {
            map.AddConstant(Names.LogitBias, stated.InitialLogitBias);
            decisions.Add(new Decision(
                "logit bias", stated.InitialLogitBias.ToString("0.##", CultureInfo.InvariantCulture),
                "that with which a training begins, as the configuration says", IsAssumed: true));
        }
        if (map.Has(Names.LogitScale) || config.Vision is null || config.Text is null)
            return;
        bool hasNoPlace = evidence.Source.Facts.LogitScaleMissing;
        bool isSiglip = config.Vision is VisionTransformerConfig { ReadAt: VisionReadOut.AttentionHead, Projection: VisionProjection.None };
        if (hasNoPlace && isSiglip)
            decisions.Add(new Decision(
                "logit bias", "none", "graphs of single towers have no scale and no bias: a SigLIP's vectors are right without them, its "
                + "probabilities are not. The graph of both towers has both", IsAssumed: true));
        float stored = hasNoPlace ? UsualLogitScale : stated.InitialLogitScale;
        map.AddConstant(Names.LogitScale, stored);
        decisions.Add(new Decision(
            "logit scale", MathF.Exp(stored).ToString("0.##", CultureInfo.InvariantCulture),
            hasNoPlace ? "what every released CLIP has" : "that with which a training begins, as transformers has it", IsAssumed: true));
    }

    /// <summary>OpenCLIP's own tokenizer, which its directories need not bring, spells start and end otherwise than OpenAI's.</summary>
    private static WrittenTokenizer WriteTokenizer(
        string output, TextConfig text, ConversionOptions options, string path, ModelEvidence evidence) =>
        TokenizerOutput.Write(
            output, text, options.Vocabulary, Directory.Exists(path) ? path : null,
            evidence.Directory?.Layout == ModelLayout.OpenClip ? SpecialTokenSpelling.OpenClip : SpecialTokenSpelling.OpenAI,
            evidence.Source.Facts.Vocabulary);

    /// <summary>The type of most numbers, which is what transformers loads a model in.</summary>
    private static string TorchName(TensorMap map, WeightType? type)
    {
        NumberType most = map.Outputs.GroupBy(tensor => WeightsFile.TypeFor(type, tensor.Source.Type))
            .MaxBy(group => group.Sum(static t => t.Count))!.Key;
        return most switch
        {
            NumberType.F64 => "float64",
            NumberType.F16 => "float16",
            NumberType.BF16 => "bfloat16",
            _ => "float32",
        };
    }
}

/// <summary>What a checkpoint holds.</summary>
/// <param name="Container">The container in a few words.</param>
/// <param name="Files">The files that tensors are read from.</param>
/// <param name="Tensors">The tensors, in the container's order and words.</param>
/// <param name="Metadata">What the container says about itself: versions, producers, key values.</param>
/// <param name="Notes">What was left out or assumed, a sentence each.</param>
public sealed record CheckpointContents(
    string Container, IReadOnlyList<string> Files, IReadOnlyList<ForeignTensor> Tensors,
    IReadOnlyList<KeyValuePair<string, string>> Metadata, IReadOnlyList<string> Notes);

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Name">Its name in the container.</param>
/// <param name="Type">The type of its numbers, once the container's packing has been undone.</param>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="StoredAs">How the container stores the numbers where that differs, such as "Q4_0"; else null.</param>
public sealed record ForeignTensor(string Name, NumberType Type, IReadOnlyList<long> Shape, string? StoredAs);
