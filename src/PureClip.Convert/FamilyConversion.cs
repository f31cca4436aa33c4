using PureClip.Checkpoints;
using PureClip.Convert.Mapping;
using PureClip.Convert.Output;
using PureClip.Convert.Resolution;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert;

/// <summary>
/// Models that are more than CLIP's own two towers. What they are, no shapes tell: the configuration beside the weights does, and so it stays
/// as it is, with the tokenizer's files, in the layout in which it was published. The weights become one safetensors file under that layout's
/// names, whatever their container, wrappers and types were.
/// </summary>
internal static class FamilyConversion
{
    // What published directories have beside their weights.
    private static readonly string[] Configurations =
        ["config.json", "open_clip_config.json", "preprocessor_config.json", "processor_config.json", "config_sentence_transformers.json"];

    private static readonly string[] Tokenizers =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt",
        "spiece.model", "sentencepiece.bpe.model", "tokenizer.model", "sentence_bert_config.json",
    ];

    /// <summary>Whether a model is converted so.</summary>
    /// <param name="directory">The configuration beside the weights; null where there is none.</param>
    public static bool Takes(ModelDirectory? directory) => directory is not null
        && (directory.Config.Vision is VisionTransformerConfig { IsPlain: false } or FastVitConfig or ConvNextConfig
            || directory.Config.Text is { IsPlain: false }
            || directory.HasOwnTokenizer
            || (directory.Config.Text is not null && !Tokenization.Tokenizers.IsClip(directory.TokenizerPath)));

    /// <summary>
    /// What the tensors tell of a model beside its configuration; of Apple's MobileCLIP, which is published without one, all of it.
    /// </summary>
    /// <param name="directory">The configuration beside the weights; null where there is none.</param>
    /// <param name="names">The weights' tensors.</param>
    /// <param name="place">Where they are.</param>
    public static ModelDirectory? Fit(ModelDirectory? directory, SourceNames names, ModelPlace place)
    {
        Dictionary<string, long[]> shapes = names.ByName.ToDictionary(
            static tensor => tensor.Key, static tensor => tensor.Value.Shape.ToArray(), StringComparer.Ordinal);
        if (directory is not null)
            return directory with { Config = MobileClipSizes.Fit(directory.Config, shapes) };
        string folder = Directory.Exists(place.Path) ? place.Path : Path.GetDirectoryName(Path.GetFullPath(place.Path)) ?? "";
        return MobileClipSizes.Read(shapes) is ClipConfig config
            ? MobileClipConfig.New(folder, config, place.Path,
                [
                    $"No configuration: sizes are the tensors', heads have 64 numbers, pictures {config.Vision!.ImageSize} pixels, and texts "
                    + $"are {(config.Text!.IsCausal ? "" : "not ")}causal, as in what Apple publishes of this kind.",
                ])
            : null;
    }

    /// <summary>The model as its configuration describes it.</summary>
    /// <param name="directory">The configuration.</param>
    /// <param name="options">What was asked for.</param>
    /// <exception cref="ConversionException">What was asked for is for the configuration to say.</exception>
    public static ModelDescription Describe(ModelDirectory directory, ConversionOptions options)
    {
        string file = NameOf(directory);
        Refuse(options.Architecture, ConversionSetting.Architecture, "the architecture");
        Refuse(options.Gelu, ConversionSetting.Gelu, "the GELU");
        Refuse(options.VisionHeads, ConversionSetting.VisionHeads, "the vision tower's heads");
        Refuse(options.TextHeads, ConversionSetting.TextHeads, "the text tower's heads");
        Decisions decisions = new();
        decisions.Note("architecture", "as configured", file, isAssumed: false);
        foreach (string assumption in directory.Assumptions)
            decisions.Note("configuration", assumption, file, isAssumed: true);
        return new(null, directory.Config, directory.Preprocessing, directory.TextCleaning, decisions.Taken);

        void Refuse<T>(T? asked, ConversionSetting setting, string what)
        {
            if (asked is not null)
                throw new ConversionException($"{file} says {what} of this model, which is no plain CLIP. Correct it there.", setting);
        }
    }

    /// <summary>Copies what stands beside the weights.</summary>
    /// <param name="output">The directory of the result.</param>
    /// <param name="directory">The source's configuration.</param>
    /// <param name="vocabulary">The directory with the tokenizer that the user named; null for the source's own.</param>
    /// <returns>Where the tokenizer came from, for people; null where there is no text tower.</returns>
    public static string? Copy(string output, ModelDirectory directory, string? vocabulary)
    {
        if (directory.Layout != ModelLayout.MobileClip)
            Copy(directory.Path, output, Configurations);
        else if (MobileClipConfig.Find(directory.Path) is string apple)
            Copy(directory.Path, output, [Path.GetFileName(apple)]);
        else
            MobileClipFile.Write(Path.Combine(output, MobileClipConfig.UsualName), directory.Config);
        if (directory.Config.Text is null)
            return null;
        string[] copied = Copy(vocabulary ?? directory.TokenizerPath, output, Tokenizers);
        return copied.Length > 0
            ? $"{string.Join(", ", copied)} of the {(vocabulary is null ? "input" : "given")} directory"
            : "CLIP's own, which the library brings";
    }

    /// <summary>A checkpoint with the tensors that its directory has in further files.</summary>
    /// <param name="source">The checkpoint; what is returned disposes its files.</param>
    /// <param name="place">Where it is.</param>
    public static SourceCheckpoint WithFurther(SourceCheckpoint source, ModelPlace place)
    {
        IReadOnlyList<string> further = [];
        try
        {
            further = DirectoryConfig.Find(place)?.FurtherWeights ?? [];
        }
        catch (InvalidDataException)
        {
            // whoever reads on says why
        }
        if (further.Count == 0)
            return source;
        SourceCheckpoint[] all = [source, .. further.Select(SafetensorsCheckpoint.Open)];
        SourceCheckpoint joined = new(
            source.Container, [.. all.SelectMany(static one => one.Files)], [.. all.SelectMany(static one => one.Tensors)])
        {
            Facts = source.Facts,
        };
        joined.Metadata.AddRange(source.Metadata);
        joined.Notes.AddRange(source.Notes);
        return joined;
    }

    /// <summary>Writes a model of sentence-transformers: the encoder at its root, the dense layer in its own folder, and their list.</summary>
    /// <param name="output">The directory of the result.</param>
    /// <param name="directory">The source's configuration.</param>
    /// <param name="dense">The source's file with the dense layer.</param>
    /// <param name="tensors">All of the result.</param>
    /// <param name="weights">Who writes.</param>
    /// <param name="progress">Told after every tensor.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    public static void WriteModules(
        string output, ModelDirectory directory, string dense, IReadOnlyList<OutputTensor> tensors, WeightsFile weights,
        IProgress<WriteProgress>? progress, CancellationToken cancellation)
    {
        string folder = Path.GetRelativePath(directory.Path, Path.GetDirectoryName(dense)!);
        if (folder.StartsWith("..", StringComparison.Ordinal))
            Problem.InvalidData($"{dense} lies outside of {directory.Path}. Give the directory that has both, with its modules.json.");
        foreach (string path in Directory.EnumerateDirectories(directory.Path))
            if (File.Exists(Path.Combine(path, ModelPlace.HuggingFaceConfigName)))
            {
                Directory.CreateDirectory(Path.Combine(output, Path.GetFileName(path)));
                Copy(path, Path.Combine(output, Path.GetFileName(path)), [ModelPlace.HuggingFaceConfigName]);
            }
        Copy(directory.Path, output, ["modules.json"]);
        // Under the names that they have there, which sentence-transformers looks for.
        ILookup<bool, OutputTensor> byPlace = tensors.Select(static tensor => tensor with { Name = tensor.Source.Name })
            .ToLookup(static tensor => tensor.Canonical.StartsWith("text.projection", StringComparison.Ordinal));
        weights.Write(Path.Combine(output, SafetensorsSet.SingleFileName), [.. byPlace[false]], progress, cancellation);
        weights.Write(Path.Combine(output, folder, SafetensorsSet.SingleFileName), [.. byPlace[true]], progress, cancellation);
    }

    /// <summary>The name of the weight file in the source's layout.</summary>
    public static string WeightsName(ModelDirectory directory) =>
        directory.Layout == ModelLayout.OpenClip ? OpenClipFile.WeightsName : SafetensorsSet.SingleFileName;

    private static string NameOf(ModelDirectory directory) => directory.Layout switch
    {
        ModelLayout.OpenClip => ModelPlace.OpenClipConfigName,
        ModelLayout.MobileClip => Path.GetFileName(MobileClipConfig.Find(directory.Path)) ?? "the weights",
        _ => ModelPlace.HuggingFaceConfigName,
    };

    private static string[] Copy(string from, string to, string[] names)
    {
        string[] there = [.. names.Where(name => File.Exists(Path.Combine(from, name)))];
        foreach (string name in there) // the bytes alone: not the mode of a read-only file, not a link
            File.WriteAllBytes(Path.Combine(to, name), File.ReadAllBytes(Path.Combine(from, name)));
        return there;
    }
}
