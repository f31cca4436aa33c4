using System.CommandLine;
using System.Globalization;
using PureClip.Checkpoints;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip inspect</c>: what is in a model directory or a weight file, and what becomes of it.</summary>
internal sealed class InspectCommand : ShellCommand
{
    private static readonly Report<TensorRow> Tensors = new(
        new("kind", _ => "tensor") { Shown = Shown.InLines },
        new("name", row => row.Tensor.Name) { Title = "tensor", Kind = TextKind.Name },
        new("dtype", row => row.Tensor.Type.Name()) { Title = "type" },
        new("shape", row => row.Tensor.Shape.ToArray()) { Text = row => string.Join(" × ", row.Tensor.Shape) },
        new("bytes", row => row.Tensor.ByteLength) { Shown = Shown.InLines },
        new("mapped_to", row => row.MappedTo) { Shown = Shown.InLines },
        new("note", row => row.Note) { Shown = Shown.InLines },
        new("used as", row => row.Use) { Shown = Shown.InTables, Kind = TextKind.Name });

    private static readonly Report<string> Assumptions = new(
        new("kind", _ => "assumption") { Shown = Shown.InLines },
        new("text", assumption => assumption) { Title = "assumed, for no file says it" });

    private readonly Argument<string> _path = new("DIR|FILE") { Description = "A model directory, or a safetensors file or index." };
    private readonly FormatOption _format;

    public InspectCommand(Shell shell)
        : base(shell, "inspect",
            "List what is in a model and what becomes of it.",
            ["Tensors with type, shape and what each is used as, or why it is not; the configuration; "
                + "what no file says and was assumed. Works for models that cannot be loaded, too.",
                "jsonl: lines of \"kind\" tensor, config and assumption"],
            new("pureclip inspect weights/clip-vit-base-patch32", "Why does this model not load?"),
            new("pureclip inspect model.safetensors --format jsonl", "The tensors of a lone file"))
    {
        Add(_path);
        _format = new(this);
    }

    protected override void Run(ParseResult line)
    {
        string path = line.GetValue(_path)!;
        if (!Path.Exists(path))
            throw new FileNotFoundException($"{path}: there is no such file or folder.");
        ModelDirectory? directory = Directory.Exists(path) ? TryOpen(() => ModelDirectory.Open(path)) : null;
        Shell.Cancellation.ThrowIfCancellationRequested();
        Facts config = new();
        config.Add("kind", "config", shown: Shown.InLines);
        TensorRow[] tensors = TensorsOf(directory, path, config);
        Shell.Cancellation.ThrowIfCancellationRequested();
        OutputFormat format = _format.Of(line, Shell);
        bool separates = format == OutputFormat.Table;
        Tensors.Write(Shell, format, tensors);
        if (separates && tensors.Length > 0)
            Shell.Say("");
        config.Write(Shell, format, ["configuration", "value"]);
        if (separates && directory is { Assumptions.Count: > 0 })
            Shell.Say("");
        Assumptions.Write(Shell, format, directory?.Assumptions ?? []);
    }

    /// <summary>The result, or null and a report of what is wrong: the rest can still be shown.</summary>
    private T? TryOpen<T>(Func<T> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (InvalidDataException e)
        {
            Shell.Fail(e.Message);
            return null;
        }
    }

    private TensorRow[] TensorsOf(ModelDirectory? directory, string path, Facts config)
    {
        if (directory is not null)
        {
            Describe(directory, config);
            using Checkpoint? reader = TryOpen(() => Checkpoint.Open(directory.WeightsPath, directory.Config));
            if (reader is not null)
            {
                config.Add("tensor_names", reader.Dialect.ToString());
                config.Add("logit_scale", reader.LogitScale ?? 1f);
                Dictionary<string, string> unused = reader.Unused.ToDictionary(entry => entry.Name, entry => entry.Reason);
                return [.. reader.Tensors.Select(tensor =>
                    new TensorRow(tensor, reader.CanonicalNames.GetValueOrDefault(tensor.Name), NoteOn(tensor, unused)))];
            }
        }
        string? weights = directory?.WeightsPath ?? (Directory.Exists(path) ? ModelDirectory.FindWeights(path) : path);
        if (weights is null)
            return [];
        using SafetensorsSet set = SafetensorsSet.Open(weights);
        foreach ((string name, string value) in set.Metadata)
            config.Add("metadata." + name, value);
        string why = directory is null ? "no configuration to map it by" : "weights and configuration do not fit";
        return [.. set.Tensors.Select(tensor => new TensorRow(tensor, null, why))];
    }

    private static string? NoteOn(TensorInfo tensor, Dictionary<string, string> unused)
    {
        if (unused.TryGetValue(tensor.Name, out string? reason))
            return "not used: " + reason;
        return tensor.Type.IsFloat() ? null : $"{tensor.Type.Name()} cannot be read as numbers of a model ({NumberTypes.Floats})";
    }

    private static void Describe(ModelDirectory directory, Facts config)
    {
        config.Add("layout", directory.Layout.ToString());
        config.Add("weights", directory.WeightsPath, kind: TextKind.Path);
        config.Add("embedding_width", directory.Config.EmbeddingWidth);
        if (directory.Config.Vision is VisionTransformerConfig vision)
        {
            Describe("vision", vision.Transformer, config);
            config.Add("vision_image_size", vision.ImageSize);
            config.Add("vision_patch_size", vision.PatchSize);
            Describe(directory.Preprocessing, config);
        }
        if (directory.Config.Text is TextConfig text)
        {
            Describe("text", text.Transformer, config);
            config.Add("text_context_length", text.ContextLength);
            config.Add("text_vocabulary_size", text.VocabularySize);
            config.Add("text_read_at", text.EndOfTextId is int end ? $"first token {end}" : "largest token id");
            config.Add("text_cleaning", directory.TextCleaning ?? "as the layout's reference");
        }
    }

    private static void Describe(string tower, TransformerConfig transformer, Facts config)
    {
        config.Add(tower + "_width", transformer.Width);
        config.Add(tower + "_layers", transformer.Layers);
        config.Add(tower + "_heads", transformer.Heads);
        config.Add(tower + "_mlp_width", transformer.MlpWidth);
        config.Add(tower + "_gelu", transformer.Gelu.ToString());
        config.Add(tower + "_layer_norm_eps", transformer.LayerNormEps);
    }

    private static void Describe(ImagePreprocessorConfig rules, Facts config)
    {
        config.Add("picture_resize", rules.DoResize ? $"{rules.ResizeMode}, {rules.Interpolation}" : "none");
        config.Add("picture_crop", rules.DoCenterCrop ? $"{rules.OutputWidth} x {rules.OutputHeight}, {rules.CropRounding}" : "none");
        config.Add("picture_order", rules.PixelOrder.ToString());
        config.Add("picture_background", rules.Background is RgbColor c ? $"#{c.Red:x2}{c.Green:x2}{c.Blue:x2}" : "none: alpha is dropped");
        config.Add("picture_mean", Text(rules.Mean));
        config.Add("picture_std", Text(rules.Std));
    }

    private static string Text(ChannelValues values) =>
        string.Create(CultureInfo.InvariantCulture, $"{values.Red}, {values.Green}, {values.Blue}");

    private readonly record struct TensorRow(TensorInfo Tensor, string? MappedTo, string? Note)
    {
        /// <summary>Both, for people.</summary>
        public string Use => string.Join(": ", new[] { MappedTo, Note }.OfType<string>());
    }
}
