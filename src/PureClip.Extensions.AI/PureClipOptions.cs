using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace PureClip;

/// <summary>A model of a program's services.</summary>
public sealed class PureClipOptions
{
    /// <summary>The model directory.</summary>
    public string Directory { get; set; } = "";

    /// <summary>What metadata and embeddings call the model; null for the name of its directory.</summary>
    public string? ModelId { get; set; }

    /// <summary>Threads, rules for pictures and texts.</summary>
    public ClipOptions Clip { get; set; } = new();

    /// <summary>What is wrong with them; null where nothing is.</summary>
    internal string? Problem()
    {
        if (string.IsNullOrEmpty(Directory))
            return $"{nameof(PureClipOptions)}.{nameof(Directory)} is empty; it must be the model's directory.";
        try
        {
            Clip.Validate();
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}

/// <summary>Says at the program's start what is wrong with the options.</summary>
internal sealed class PureClipOptionsValidation(string? name) : IValidateOptions<PureClipOptions>
{
    public ValidateOptionsResult Validate(string? asked, PureClipOptions options) =>
        asked != (name ?? Options.DefaultName) ? ValidateOptionsResult.Skip
        : options.Problem() is string problem ? ValidateOptionsResult.Fail(problem)
        : ValidateOptionsResult.Success;
}

/// <summary>
/// A section of a program's configuration as options. Read by hand: a setting that does not exist is an error instead of a silence, and
/// nothing
/// has to be found by reflection.
/// </summary>
internal static class PureClipConfiguration
{
    private delegate void Taker(PureClipOptions options, IConfigurationSection setting);

    private static readonly Dictionary<string, Taker> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Directory"] = (o, s) => o.Directory = s.Value!,
        ["ModelId"] = (o, s) => o.ModelId = s.Value,
        ["Threads"] = (o, s) => o.Clip = o.Clip with { Threads = Number<int>(s) },
        ["Vectors"] = (o, s) => o.Clip = o.Clip with { Vectors = Word<VectorWidth>(s) },
        ["Weights"] = (o, s) => o.Clip = o.Clip with { Weights = Word<WeightType>(s) },
        ["ReadWeights"] = (o, s) => o.Clip = o.Clip with { ReadWeights = Switch(s) },
        ["Normalize"] = (o, s) => o.Clip = o.Clip with { Normalize = Switch(s) },
        ["Truncation"] = (o, s) => o.Clip = o.Clip with { Truncation = Word<Truncation>(s) },
        ["Cleaning"] = (o, s) => o.Clip = o.Clip with { Cleaning = Word<TextCleaning>(s) },
        ["ApplyOrientation"] = (o, s) => o.Clip = o.Clip with { ApplyOrientation = Switch(s) },
        ["FastDecode"] = (o, s) => o.Clip = o.Clip with { FastDecode = Switch(s) },
        ["Tolerant"] = (o, s) => o.Clip = o.Clip with { Tolerant = Switch(s) },
        ["Previews"] = (o, s) => o.Clip = o.Clip with { Previews = Switch(s) },
        ["PixelOrder"] = (o, s) => o.Clip = o.Clip with { PixelOrder = Word<PixelOrder>(s) },
        ["CropRounding"] = (o, s) => o.Clip = o.Clip with { CropRounding = Word<CropRounding>(s) },
        ["MaxPixels"] = (o, s) => o.Clip = o.Clip with { MaxPixels = Number<long>(s) },
        ["MaxFileBytes"] = (o, s) => o.Clip = o.Clip with { MaxFileBytes = Number<long>(s) },
    };

    /// <summary>Takes over all settings of a section.</summary>
    /// <exception cref="InvalidOperationException">A setting does not exist, or its value is not one.</exception>
    public static void Read(IConfiguration section, PureClipOptions options)
    {
        foreach (IConfigurationSection setting in section.GetChildren())
            if (Settings.TryGetValue(setting.Key, out Taker? take))
                take(options, setting);
            else
                throw new InvalidOperationException($"There is no setting {setting.Path}. There are {string.Join(", ", Settings.Keys)}.");
    }

    private static T Number<T>(IConfigurationSection setting)
        where T : struct, IParsable<T> =>
        T.TryParse(setting.Value, CultureInfo.InvariantCulture, out T number) ? number : throw Wrong(setting, "a whole number");

    private static bool Switch(IConfigurationSection setting) =>
        bool.TryParse(setting.Value, out bool value) ? value : throw Wrong(setting, "true or false");

    private static T Word<T>(IConfigurationSection setting)
        where T : struct, Enum =>
        Enum.TryParse(setting.Value, ignoreCase: true, out T word) && Enum.IsDefined(word)
            ? word
            : throw Wrong(setting, $"one of {string.Join(", ", Enum.GetNames<T>())}");

    private static InvalidOperationException Wrong(IConfigurationSection setting, string right) =>
        new($"{setting.Path} is \"{setting.Value}\"; it must be {right}.");
}
