using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PureClip.Convert;

namespace PureClip.Cli.Arguments;

/// <summary><c>--model</c>, <c>--weights</c> and <c>--threads</c>: which model, and how much of the machine it may use.</summary>
internal sealed class ModelOptions
{
    /// <summary>The environment variable that names the model where <c>--model</c> does not.</summary>
    public const string EnvironmentVariable = "PURECLIP_MODEL";

    /// <summary>The model that is shipped with the program.</summary>
    public const string ShippedName = "pictogram-mini";

    /// <summary>Most threads that the library takes.</summary>
    public const int MostThreads = 1024;

    private readonly Option<string?> _model = Values.Text("--model", "MODEL",
        "A model that 'pureclip get' has fetched, by its name, or a model directory in Hugging Face's or OpenCLIP's layout. "
            + $"[default: {EnvironmentVariable}, else the shipped {ShippedName}]");

    private readonly Option<string?>? _adapter;

    private readonly Option<WeightType?>? _weights;

    private readonly Option<long>? _threads;

    private readonly Shell _shell;

    public ModelOptions(ShellCommand command, bool threads = true, bool weights = true)
    {
        _shell = command.Shell;
        command.Add(_model);
        if (weights)
        {
            _adapter = Values.Text("--adapter", "DIR",
                "Low-rank adapters (LoRA) of the model, as PEFT and 'finetune' write them; they are merged as it is loaded.");
            command.Add(_adapter);
            _weights = NewWeights();
            command.Add(_weights);
        }
        if (threads)
        {
            _threads = Values.Integer("--threads", "Threads that compute.", 1, MostThreads, Environment.ProcessorCount);
            command.Add(_threads);
        }
    }

    /// <summary>The name of the first option, of those that say which model, that the user has written; null where there is none.</summary>
    public string? Given(ParseResult line) => line.FirstGiven(_weights is null ? [_model] : [_model, _weights, _adapter!]);

    /// <summary>What a next command has to say of the model, with a blank in front; empty where the user has named none.</summary>
    public string Typed(ParseResult line) => line.GetValue(_model) is string named ? $" --model {Failures.Quoted(named)}" : "";

    /// <summary>The model directory.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none of the name that the user gave, or none was shipped.</exception>
    public string Directory(ParseResult line)
    {
        if (Named(line) is string name)
            return KnownModels.DirectoryOf(name, _shell.Variable);
        return System.IO.Directory.Exists(ShippedModel)
            ? ShippedModel
            : throw new DirectoryNotFoundException(
                $"There is no shipped model at {ShippedModel}. Name one with --model or {EnvironmentVariable}.");
    }

    /// <summary>The model's name, for people.</summary>
    public string Name(ParseResult line)
    {
        string directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Directory(line)));
        return Hub.ModelSource.Read(directory) is { } source && PublishedModels.Find(source.Repository) is PublishedModel known
            ? known.Name
            : Path.GetFileName(directory);
    }

    /// <summary>Loads the model.</summary>
    /// <param name="line">What the user wrote.</param>
    /// <param name="rules">How pictures are read; null where the command reads none.</param>
    /// <param name="change">What the command itself asks for.</param>
    public Clip Load(ParseResult line, PictureRules? rules = null, Func<ClipOptions, ClipOptions>? change = null)
    {
        string directory = Directory(line);
        ClipOptions options = rules is null ? Options(line) : rules.Apply(line, Options(line));
        return Failures.Advise(() => Clip.Load(directory, change?.Invoke(options) ?? options), NextStep(directory));
    }

    /// <summary>What to type where a directory cannot be loaded: what shows its weights, or makes some of others.</summary>
    private static string? NextStep(string directory)
    {
        bool Holds(string pattern) => System.IO.Directory.EnumerateFiles(directory, pattern).Any();
        if (!System.IO.Directory.Exists(directory))
            return null;
        return Holds("*.safetensors")
            ? $"'pureclip inspect {Failures.Quoted(directory)}' lists what is there."
            : Array.Exists(["*.bin", "*.pt", "*.pth", "*.onnx", "*.gguf"], Holds)
                ? $"'pureclip convert {Failures.Quoted(directory)} NEW-DIRECTORY' or pureclip-convert makes one that can be loaded."
                : "'pureclip get NAME' fetches a model; 'pureclip models' lists those that are known.";
    }

    /// <summary>The options that the library gets, so far as they are about threads and memory.</summary>
    public ClipOptions Options(ParseResult line)
    {
        ClipOptions options = new() { Decoders = PictureFormats.Decoders };
        if (_weights is not null)
            options = options with { Weights = line.GetValue(_weights), Adapter = line.GetValue(_adapter!) };
        return _threads is null ? options : options with { Threads = (int)line.GetValue(_threads) };
    }

    private static Option<WeightType?> NewWeights() => Values.Choice<WeightType>("--weights",
        "How weight matrices lie in memory: bf16 takes half of f32's, int8 a quarter and is the fastest; both change vectors a little. "
            + "[default: as stored]",
        ("f32", WeightType.F32), ("bf16", WeightType.BF16), ("f16", WeightType.F16), ("int8", WeightType.Int8));

    private static string ShippedModel => Path.Combine(AppContext.BaseDirectory, "weights", ShippedName);

    private string? Named(ParseResult line)
    {
        if (line.GetValue(_model) is string named)
            return named;
        string? fromEnvironment = _shell.Variable(EnvironmentVariable);
        return string.IsNullOrEmpty(fromEnvironment) ? null : fromEnvironment;
    }
}

/// <summary>Whose pipeline is followed to the letter.</summary>
internal enum Parity
{
    /// <summary>openai/CLIP and open_clip.</summary>
    OpenAI,

    /// <summary>transformers' CLIPProcessor.</summary>
    HuggingFace,
}

/// <summary><c>--image-size</c>: another resolution than the model's own.</summary>
internal sealed class ImageSizeOption
{
    private const int Most = 4096;

    public ImageSizeOption(Command command) => command.Add(Option);

    /// <summary>The option.</summary>
    public Option<long?> Option { get; } = Values.OptionalInteger("--image-size",
        "Pixels of a side at which the model sees pictures: positions are interpolated. More shows it smaller things and takes longer; "
            + "vectors compare with those of the same size. [default: the model's own]", 1, Most);

    /// <summary>What the user wrote; null where nothing.</summary>
    public int? Of(ParseResult line) => (int?)line.GetValue(Option);
}

/// <summary>The options of every command that reads pictures.</summary>
internal sealed class PictureRules
{
    private readonly Option<bool> _noExif = Values.Flag("--no-exif", "Do not turn pictures as their EXIF orientation says.");

    private readonly Option<RgbColor?> _background = new("--background")
    {
        HelpName = "COLOR",
        Description = "What shows through transparent pixels: #rrggbb, white or black. [default: what the model says; mostly alpha is "
            + "dropped, as the references do]",
        CustomParser = ParseColor,
    };

    private readonly Option<bool> _fastDecode = Values.Flag("--fast-decode",
        "Decode large JPEG at 1/2, 1/4 or 1/8 of their size, to no less than twice what the model sees: less memory, up to twice "
            + "as fast for photographs, and it changes vectors a little.");

    private readonly Option<bool> _tolerant = Values.Flag(Failures.Tolerant,
        "Show what is there of JPEG, PNG, BMP and GIF files that are cut off, as Pillow does with LOAD_TRUNCATED_IMAGES. [default: they "
            + "are refused]");

    private readonly Option<bool> _previews = Values.Flag(Failures.Previews,
        "Show cameras' raw files (DNG, NEF, ARW, CR2 and the like) by the JPEG preview inside, where it is as large as what the model "
            + "sees. [default: they are passed over]");

    private readonly PictureLimits _limits;

    private readonly Option<Parity?> _parity = Values.Choice("--parity",
        "Do as this reference does, to the letter. openai: resize before converting to RGB, crop rounded half to even, EXIF ignored, "
            + "OpenAI's text cleaning. huggingface: convert first, crop rounded down, Hugging Face's text cleaning.",
        ("openai", Parity.OpenAI), ("huggingface", Parity.HuggingFace));

    private readonly ImageSizeOption _imageSize;

    public PictureRules(ShellCommand command)
    {
        _ = new FolderRules(command);
        _imageSize = new(command);
        command.Add(_noExif);
        command.Add(_background);
        command.Add(_fastDecode);
        command.Add(_tolerant);
        command.Add(_previews);
        command.Before += line => command.Shell.ShowsPreviews = line.GetValue(_previews);
        _limits = new(command);
        command.Add(_parity);
    }

    /// <summary>The name of the first of these options that the user has written; null where there is none.</summary>
    public string? Given(ParseResult line) =>
        line.FirstGiven([_imageSize.Option, _noExif, _background, _fastDecode, _tolerant, _previews, .. _limits.Options, _parity]);

    /// <summary>Puts the rules into the library's options.</summary>
    public ClipOptions Apply(ParseResult line, ClipOptions options)
    {
        options = line.GetValue(_parity) switch
        {
            Parity.OpenAI => options with
            {
                PixelOrder = PixelOrder.ResizeFirst,
                CropRounding = CropRounding.HalfToEven,
                ApplyOrientation = false,
                Cleaning = TextCleaning.OpenAI,
            },
            Parity.HuggingFace => options with
            {
                PixelOrder = PixelOrder.RgbFirst,
                CropRounding = CropRounding.Floor,
                Cleaning = TextCleaning.HuggingFace,
            },
            _ => options,
        };
        return _limits.Apply(line, options) with
        {
            ImageSize = _imageSize.Of(line),
            ApplyOrientation = options.ApplyOrientation && !line.GetValue(_noExif),
            Background = line.GetValue(_background),
            FastDecode = line.GetValue(_fastDecode),
            Tolerant = line.GetValue(_tolerant),
            Previews = line.GetValue(_previews),
        };
    }

    private static RgbColor? ParseColor(ArgumentResult result)
    {
        string text = Values.Token(result);
        if (text.Equals("white", StringComparison.OrdinalIgnoreCase))
            return RgbColor.White;
        if (text.Equals("black", StringComparison.OrdinalIgnoreCase))
            return RgbColor.Black;
        if (text.Length == 7 && text[0] == '#'
            && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int rgb))
            return new RgbColor((byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb);
        result.AddError(
            $"--background '{text}' is no colour; give #rrggbb (quoted, for # begins a comment in most shells), white or black.");
        return null;
    }
}
