using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PureClip.Convert;
using PureClip.Model;

namespace PureClip.Cli.Converting;

/// <summary>What a command line says of a conversion: arguments, options and their values' rules.</summary>
internal sealed class ConversionArguments
{
    /// <summary>What the command does, in two sentences.</summary>
    public const string Summary =
        "Converts a published CLIP checkpoint to a Hugging Face directory, which PureClip and the Python tools load. Executes nothing of " +
        "what it reads.";

    private readonly Argument<string> _input = new("INPUT")
    {
        Description = "A checkpoint file (TorchScript, torch.save, safetensors, ONNX, GGUF), or a directory with one, whole or in shards.",
    };

    private readonly Argument<string> _output = new("OUTPUT_DIRECTORY")
    {
        Description = "The directory to write; it must not exist yet unless --force is given.",
    };

    private readonly Option<WeightType?> _dtype = Choice<WeightType?>(
        "--dtype",
        "Type of the weights; int8 is for PureClip alone and makes the blocks' matrices bytes with a scale an output. [default: keep]",
        ("keep", null), ("f32", WeightType.F32), ("f16", WeightType.F16), ("bf16", WeightType.BF16), ("int8", WeightType.Int8));

    private readonly Option<bool> _packed = new("--packed")
    {
        Description = "Also write the matrices as this machine's processor multiplies them: as much again, and loading them takes no time.",
    };

    private readonly Option<GeluKind?> _gelu = Choice<GeluKind?>(
        "--gelu", "Activation, which no weight file tells: quick for OpenAI's, DFN and MetaCLIP, erf for most of OpenCLIP's.",
        ("quick", GeluKind.Quick), ("erf", GeluKind.Erf), ("tanh", GeluKind.Tanh));

    private readonly Option<string?> _architecture = new("--arch")
    {
        HelpName = "NAME",
        Description = "Architecture, such as ViT-B-32, ViT-B-32-quickgelu (OpenCLIP) or ViT-B/32 (OpenAI). Usually known by its shapes.",
        CustomParser = ParseArchitecture,
    };

    private readonly Option<int?> _visionHeads = Heads("vision"), _textHeads = Heads("text");

    private readonly Option<string?> _vocabulary = new("--vocab")
    {
        HelpName = "DIR",
        Description = "Directory with the model's tokenizer. [default: the input directory's, else CLIP's own]",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Replace the output directory once the new one is complete." };

    private readonly Option<string?> _reference = new("--verify")
    {
        HelpName = "REFERENCE.json",
        Description = "Compare with these embeddings, and write nothing where they differ.",
    };

    private readonly Option<float> _tolerance = new("--tolerance")
    {
        HelpName = "NUMBER",
        Description = "Largest difference that --verify allows.",
        DefaultValueFactory = static _ => ConversionOptions.UsualTolerance,
        CustomParser = ParseTolerance,
    };

    private readonly Option<string?> _report = new("--report") { HelpName = "FILE", Description = "Write the report as JSON, too." };

    public ConversionArguments(Command command)
    {
        command.Add(_input);
        command.Add(_output);
        foreach (Option option in new Option[]
            { _dtype, _packed, _architecture, _gelu, _visionHeads, _textHeads, _vocabulary, _force, _reference, _tolerance, _report })
            command.Add(option);
        command.Validators.Add(RequireVerification);
    }

    /// <summary>The checkpoint.</summary>
    public string InputOf(ParseResult line) => line.GetValue(_input)!;

    /// <summary>The directory to write.</summary>
    public string OutputOf(ParseResult line) => line.GetValue(_output)!;

    /// <summary>How the line wants it.</summary>
    public ConversionOptions OptionsOf(ParseResult line) => new()
    {
        Weights = line.GetValue(_dtype),
        Packed = line.GetValue(_packed),
        Architecture = line.GetValue(_architecture),
        Gelu = line.GetValue(_gelu),
        VisionHeads = line.GetValue(_visionHeads),
        TextHeads = line.GetValue(_textHeads),
        Vocabulary = line.GetValue(_vocabulary),
        Overwrite = line.GetValue(_force),
        Reference = line.GetValue(_reference),
        Tolerance = line.GetValue(_tolerance),
        Report = line.GetValue(_report),
    };

    /// <summary>The option that decides something; null where there is none.</summary>
    public static string? OptionOf(ConversionSetting setting) => setting switch
    {
        ConversionSetting.Architecture => "--arch",
        ConversionSetting.Gelu => "--gelu",
        ConversionSetting.VisionHeads => "--heads-vision",
        ConversionSetting.TextHeads => "--heads-text",
        ConversionSetting.Vocabulary => "--vocab",
        ConversionSetting.Overwrite => "--force",
        ConversionSetting.Weights => "--dtype",
        _ => null,
    };

    /// <summary>What to type where a setting would help.</summary>
    public static string NextStep(ConversionSetting setting) => setting switch
    {
        ConversionSetting.Architecture => "Leave --arch away, or name the one that fits.",
        ConversionSetting.Vocabulary => "Give it with --vocab DIR.",
        ConversionSetting.Overwrite => "Or replace it with --force.",
        _ => $"Decide with {OptionOf(setting)}.",
    };

    private void RequireVerification(CommandResult line)
    {
        if (line.GetResult(_tolerance) is { Implicit: false } && line.GetResult(_reference) is null)
            line.AddError("--tolerance is what --verify allows; give it together with --verify REFERENCE.json.");
    }

    private static Option<T> Choice<T>(string name, string description, params (string Word, T Value)[] choices)
    {
        string words = string.Join('|', choices.Select(static choice => choice.Word));
        return new Option<T>(name)
        {
            HelpName = words,
            Description = description,
            CustomParser = result =>
            {
                foreach ((string word, T value) in choices)
                    if (word.Equals(Token(result), StringComparison.OrdinalIgnoreCase))
                        return value;
                result.AddError(
                    $"{name} '{Token(result)}' is unknown; choose one of {words.Replace("|", ", ", StringComparison.Ordinal)}.");
                return default!;
            },
        };
    }

    private static Option<int?> Heads(string tower) => new($"--heads-{tower}")
    {
        HelpName = "N",
        Description = $"Attention heads of the {tower} tower, which no weight file tells. Usually known by its width.",
        CustomParser = result =>
        {
            if (int.TryParse(Token(result), NumberStyles.None, CultureInfo.InvariantCulture, out int heads)
                && heads is >= 1 and <= ConversionOptions.MostHeads)
                return heads;
            result.AddError(
                $"--heads-{tower} '{Token(result)}' is not allowed; give a whole number from 1 to {ConversionOptions.MostHeads}.");
            return null;
        },
    };

    private static string? ParseArchitecture(ArgumentResult result)
    {
        if (ConversionOptions.IsArchitecture(Token(result)))
            return Token(result);
        result.AddError(
            $"--arch '{Token(result)}' is unknown; known are {string.Join(", ", ConversionOptions.ArchitectureNames)}, each also with " +
            "-quickgelu.");
        return null;
    }

    private static float ParseTolerance(ArgumentResult result)
    {
        if (float.TryParse(Token(result), NumberStyles.Float, CultureInfo.InvariantCulture, out float tolerance)
            && tolerance is >= 0 and <= 2)
            return tolerance;
        result.AddError($"--tolerance '{Token(result)}' is not allowed; give a number from 0 to 2.");
        return ConversionOptions.UsualTolerance;
    }

    private static string Token(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
}
