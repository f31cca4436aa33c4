using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Imaging;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip inspect</c>: what is in a model directory or a weight file, and what becomes of it.</summary>
internal sealed class InspectCommand : ShellCommand
{
    private static readonly Report<InspectedTensor> Tensors = new(
        new("kind", _ => "tensor") { Shown = Shown.InLines },
        new("name", tensor => tensor.Name) { Title = "tensor", Kind = TextKind.Name },
        new("dtype", tensor => tensor.Type) { Title = "type" },
        new("shape", tensor => tensor.Shape.ToArray()) { Text = tensor => string.Join(" × ", tensor.Shape) },
        new("bytes", tensor => tensor.Bytes) { Shown = Shown.InLines },
        new("mapped_to", tensor => tensor.Use) { Shown = Shown.InLines },
        new("note", tensor => tensor.Note) { Shown = Shown.InLines },
        new("used as", tensor => string.Join(": ", new[] { tensor.Use, tensor.Note }.OfType<string>()))
        {
            Shown = Shown.InTables,
            Kind = TextKind.Name,
        });

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
        ModelInspection model = ModelInspection.Of(line.GetValue(_path)!);
        Shell.Cancellation.ThrowIfCancellationRequested();
        foreach (string problem in model.Problems)
            Shell.Fail(problem);
        OutputFormat format = _format.Of(line, Shell);
        bool separates = format == OutputFormat.Table;
        if (Tensors.Write(Shell, format, model.Tensors) > 0 && separates)
            Shell.Say("");
        FactsOf(model).Write(Shell, format, ["configuration", "value"]);
        if (separates && model.Assumptions.Count > 0)
            Shell.Say("");
        Assumptions.Write(Shell, format, model.Assumptions);
    }

    private static Facts FactsOf(ModelInspection model)
    {
        Facts facts = new();
        facts.Add("kind", "config", shown: Shown.InLines);
        if (model.Layout is string layout)
        {
            facts.Add("layout", layout);
            facts.Add("weights", model.WeightsPath, kind: TextKind.Path);
        }
        Describe(model.Architecture.Where(fact => !IsOfTexts(fact.Key)), facts);
        if (model.Preprocessing is ImagePreprocessorConfig rules)
            Describe(rules, facts);
        Describe(model.Architecture.Where(fact => IsOfTexts(fact.Key)), facts);
        if (model.Config?.Text is not null)
        {
            facts.Add("text_cleaning", model.TextCleaning ?? "as the layout's reference");
            facts.Add("tokenizer", TokenizerOf(model));
        }
        if (model.TensorNames is string names)
        {
            facts.Add("tensor_names", names);
            facts.Add("logit_scale", model.LogitScale ?? 1f);
        }
        else
            foreach ((string name, string value) in model.Metadata)
                facts.Add("metadata." + name, value);
        return facts;
    }

    /// <summary>A tokenizer that cannot be read is what somebody wants to know of a model.</summary>
    private static string TokenizerOf(ModelInspection model)
    {
        try
        {
            return model.ReadTokenizerKind()!;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return e.Message;
        }
    }

    private static bool IsOfTexts(string name) => name.StartsWith("text_", StringComparison.Ordinal);

    private static void Describe(IEnumerable<KeyValuePair<string, object>> architecture, Facts facts)
    {
        foreach ((string name, object value) in architecture)
            facts.Add(name, value switch
            {
                int number => number,
                float number => number,
                _ => value.ToString(),
            });
    }

    private static void Describe(ImagePreprocessorConfig rules, Facts facts)
    {
        facts.Add("picture_resize", rules.DoResize ? $"{rules.ResizeMode}, {rules.Interpolation}" : "none");
        facts.Add("picture_crop", rules.DoCenterCrop ? $"{rules.OutputWidth} x {rules.OutputHeight}, {rules.CropRounding}" : "none");
        facts.Add("picture_order", rules.PixelOrder.ToString());
        facts.Add("picture_background", rules.Background is RgbColor c ? $"#{c.Red:x2}{c.Green:x2}{c.Blue:x2}" : "none: alpha is dropped");
        facts.Add("picture_mean", Text(rules.Mean));
        facts.Add("picture_std", Text(rules.Std));
    }

    private static string Text(ChannelValues values) =>
        string.Create(CultureInfo.InvariantCulture, $"{values.Red}, {values.Green}, {values.Blue}");
}
