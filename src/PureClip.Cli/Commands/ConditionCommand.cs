using System.CommandLine;
using System.Globalization;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.TextToImage;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip condition</c>: prompts and pictures to the tensors that a generator of pictures takes.</summary>
internal sealed class ConditionCommand : ShellCommand
{
    private static readonly Report<ConditioningTensor> Tensors = new(
        new("argument", row => row.Name),
        new("shape", row => string.Join(" x ", row.Shape)),
        new("norm", row => MathF.Sqrt((float)row.Values.Sum(static x => (double)x * x)), "0.000"));

    private readonly Argument<string> _generator = new("MODEL")
    {
        Description = "The generator: a directory in diffusers' layout, or a safetensors file with its text encoders; with --picture, the "
            + "folder of its image encoder, or a file that holds it.",
    };

    private readonly Argument<string?> _prompt = new("PROMPT") { Description = "The prompt.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _negative = Values.Text("--negative", "TEXT",
        "The negative prompt. [default: what the generator does without: the empty text, or zeros for SDXL]");

    private readonly Option<PromptDialect?> _dialect = Values.Choice<PromptDialect>("--dialect",
        "Whose marks the prompts are written with. [default: plain]",
        ("plain", PromptDialect.Plain), ("a1111", PromptDialect.A1111), ("comfyui", PromptDialect.ComfyUI),
        ("comfyui-by-word", PromptDialect.ComfyUIByWord), ("compel", PromptDialect.Compel));

    private readonly Option<A1111Emphasis?> _emphasis = Values.Choice<A1111Emphasis>("--emphasis",
        "What a1111 does with weights: bring the mean back, not, weigh all as 1, or read marks as text. [default: original]",
        ("original", A1111Emphasis.Original), ("no-norm", A1111Emphasis.NoNorm), ("ignore", A1111Emphasis.Ignore),
        ("none", A1111Emphasis.None));

    private readonly Option<long> _clipSkip = Values.Integer("--clip-skip",
        "Blocks left out at the end, as diffusers counts them: A1111's clip skip 2 is 1 here.", 0, 100, 0);

    private readonly Option<bool> _truncate = Values.Flag("--truncate",
        "Cut long prompts of compel after 75 tokens, in place of splitting them.");
    private readonly Option<ConditioningPreset?> _preset = Preset("--preset",
        "Which generator it is, where MODEL does not tell", ConditioningPreset.All, ConditioningPreset.Find);

    private readonly Option<string[]?> _loras = Values.Texts("--lora", "FILE[:STRENGTH]",
        "A LoRA of the text encoders (kohya, diffusers, or a directory of PEFT); may be given several times.");

    private readonly Option<string[]?> _inversions = Values.Texts("--inversion", "FILE",
        "A textual inversion, or a picture with one inside; its name in the prompt is the file's without extension. May be given several "
            + "times.");

    private readonly Option<string[]?> _pictures = Values.Texts("--picture", "PICTURE",
        "A picture in place of a prompt; may be given several times.");

    private readonly Option<PicturePreset?> _for = Preset("--for", "What pictures are for", PicturePreset.All, PicturePreset.Find);
    private readonly Option<string?> _output = Values.Text("--output", "FILE", "The safetensors file to write.");
    private readonly Option<WeightType?> _weights = Values.Choice<WeightType>("--weights",
        "How weight matrices lie in memory. [default: as stored]",
        ("f32", WeightType.F32), ("bf16", WeightType.BF16), ("f16", WeightType.F16), ("int8", WeightType.Int8));

    private readonly Option<long> _threads = Values.Integer(
        "--threads", "Threads that compute.", 1, ModelOptions.MostThreads, Environment.ProcessorCount);

    private readonly FormatOption _format;

    public ConditionCommand(Shell shell)
        : base(shell, "condition",
            "Turn a prompt into the tensors that a generator of pictures takes in its place.",
            ["For Stable Diffusion 1 and 2, SDXL and its refiner, SD3, FLUX, Stable Cascade and Kandinsky 2; of SD3 and FLUX what CLIP "
                + "gives: T5 is another encoder.",
                "The file has the names that Python's pipelines give their arguments: pipe(**load_file(\"cond.safetensors\")).",
                "jsonl: {\"argument\",\"shape\",\"norm\"}"],
            new("pureclip condition sdxl-base \"a (red:1.3) car\" --dialect a1111 --output cond.safetensors",
                "A prompt with A1111's marks"),
            new("pureclip condition model.safetensors \"a cat\" --negative blurry --clip-skip 1 --output cond.safetensors",
                "A checkpoint in one file, with a negative prompt"),
            new("pureclip condition IP-Adapter/models/image_encoder --picture cat.png --for ip-adapter --output cat.safetensors",
                "A picture for IP-Adapter"))
    {
        _output.Required = true;
        Add(_generator);
        Add(_prompt);
        Add(_output);
        Add(_negative);
        Add(_dialect);
        Add(_emphasis);
        Add(_clipSkip);
        Add(_truncate);
        Add(_preset);
        Add(_loras);
        Add(_inversions);
        Add(_pictures);
        Add(_for);
        Add(_weights);
        Add(_threads);
        _format = new(this);
    }

    protected override void Run(ParseResult line)
    {
        OutputFormat format = _format.Of(line, Shell);
        string model = line.GetValue(_generator)!, output = line.GetValue(_output)!;
        string[] pictures = line.GetValue(_pictures) ?? [];
        string? prompt = line.GetValue(_prompt);
        if (pictures.Length > 0 == prompt is not null)
            throw new UsageException("condition: give a prompt, or pictures with --picture.");
        using Runtime runtime = new((int)line.GetValue(_threads));
        ConditioningTensors tensors = prompt is null ? OfPictures(line, model, pictures, runtime) : OfPrompt(line, model, prompt, runtime);
        foreach (string note in tensors.Notes)
            Shell.Note(note);
        tensors.Save(output);
        Tensors.Write(Shell, format, tensors.All);
    }

    private ConditioningTensors OfPrompt(ParseResult line, string model, string prompt, Runtime runtime)
    {
        if (line.IsGiven(_for))
            throw new UsageException("condition: --for says what pictures are for; of a prompt, --preset says which generator it is for.");
        PromptOptions options = new()
        {
            Dialect = line.GetValue(_dialect) ?? PromptDialect.Plain,
            Emphasis = line.GetValue(_emphasis) ?? A1111Emphasis.Original,
            ClipSkip = (int)line.GetValue(_clipSkip),
            Truncate = line.GetValue(_truncate),
        };
        using Conditioning encoders = Failures.Advise(() => Conditioning.Load(model, new()
        {
            Preset = line.GetValue(_preset),
            Runtime = runtime,
            Weights = line.GetValue(_weights),
            Inversions = line.GetValue(_inversions) ?? [],
            Loras = [.. (line.GetValue(_loras) ?? []).Select(LoraOf)],
        }), line.IsGiven(_preset) ? null : "What the model does not say, --preset does, as in --preset flux.");
        foreach (string note in encoders.Notes)
            Shell.Note(note);
        if (encoders.Preset.Remark.Length > 0)
            Shell.Note($"{encoders.Preset}: {encoders.Preset.Remark}");
        return encoders.Encode(prompt, line.GetValue(_negative), options);
    }

    private ConditioningTensors OfPictures(ParseResult line, string model, string[] pictures, Runtime runtime)
    {
        PicturePreset preset = line.GetValue(_for)
            ?? throw new UsageException(
                $"condition: say with --for what the pictures are for: {string.Join(", ", PicturePreset.All)}.");
        if (line.FirstGiven(_negative, _dialect, _emphasis, _clipSkip, _preset, _loras, _inversions) is string option)
            throw new UsageException($"condition: {option} is for prompts, and pictures were given.");
        using PictureConditioning encoder = PictureConditioning.Load(model, new() { Runtime = runtime, Weights = line.GetValue(_weights) });
        return encoder.Encode([.. pictures.Select(static path => (ImageSource)path)], preset, Shell.Cancellation);
    }

    /// <summary>FILE, or FILE:0.7. A file whose own name ends so is taken as it stands.</summary>
    private static LoraUse LoraOf(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && !Path.Exists(text) && double.TryParse(
            text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double strength)
            ? new(text[..colon], strength)
            : new(text);
    }

    private static Option<T?> Preset<T>(string name, string description, IReadOnlyList<T> all, Func<string, T?> find)
        where T : class
    {
        Option<T?> option = new(name)
        {
            HelpName = "NAME",
            Description = $"{description}: {string.Join(", ", all)}.",
            CustomParser = result =>
            {
                if (find(Values.Token(result)) is T found)
                    return found;
                result.AddError($"{name} '{Values.Token(result)}' is unknown; choose one of {string.Join(", ", all)}.");
                return null;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. all.Select(static one => one.ToString()!)]);
        return option;
    }
}
