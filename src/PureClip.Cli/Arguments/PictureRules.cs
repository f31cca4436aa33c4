using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PureClip.Imaging;

namespace PureClip.Cli.Arguments;

/// <summary>Whose pipeline is followed to the letter.</summary>
internal enum Parity
{
    /// <summary>openai/CLIP and open_clip.</summary>
    OpenAI,

    /// <summary>transformers' CLIPProcessor.</summary>
    HuggingFace,
}

/// <summary>The options of every command that reads pictures.</summary>
internal sealed class PictureRules
{
    private readonly Option<bool> _noExif = Values.Flag("--no-exif", "Do not turn pictures as their EXIF orientation says.");

    private readonly Option<RgbColor?> _background = new("--background")
    {
        HelpName = "COLOR",
        Description = "What shows through transparent pixels: #rrggbb, white or black. "
            + "[default: what the model says; mostly alpha is dropped, as the references do]",
        CustomParser = ParseColor,
    };

    private readonly Option<long> _maxPixels = Values.Integer("--max-pixels", "Largest picture that is read, in pixels.",
        1, long.MaxValue, ImageDecoderOptions.Default.MaxPixels);

    private readonly Option<Parity?> _parity = Values.Choice("--parity",
        "Do as this reference does, to the letter. "
        + "openai: resize before converting to RGB, crop rounded half to even, EXIF ignored, OpenAI's text cleaning. "
        + "huggingface: convert first, crop rounded down, Hugging Face's text cleaning.",
        ("openai", Parity.OpenAI), ("huggingface", Parity.HuggingFace));

    public PictureRules(Command command)
    {
        command.Add(_noExif);
        command.Add(_background);
        command.Add(_maxPixels);
        command.Add(_parity);
    }

    /// <summary>The name of the first of these options that the user has written; null where there is none.</summary>
    public string? Given(ParseResult line) => line.FirstGiven(_noExif, _background, _maxPixels, _parity);

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
        return options with
        {
            ApplyOrientation = options.ApplyOrientation && !line.GetValue(_noExif),
            Background = line.GetValue(_background),
            MaxPixels = line.GetValue(_maxPixels),
        };
    }

    private static RgbColor? ParseColor(ArgumentResult result)
    {
        string text = Values.Token(result);
        if (text.Equals("white", StringComparison.OrdinalIgnoreCase))
            return RgbColor.White;
        if (text.Equals("black", StringComparison.OrdinalIgnoreCase))
            return RgbColor.Black;
        if (text.Length == 7 && text[0] == '#' && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int rgb))
            return new RgbColor((byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb);
        result.AddError($"--background '{text}' is no colour; give #rrggbb (quoted, for # begins a comment in most shells), white or black.");
        return null;
    }
}
