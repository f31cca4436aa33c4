using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.TextToImage;

/// <summary>A LoRA of text encoders, and how much it counts.</summary>
/// <param name="Path">A safetensors file of kohya's or diffusers' kind, or a directory of PEFT.</param>
/// <param name="Strength">1 for as it was trained; 0 for nothing, and below 0 for the opposite.</param>
public sealed record LoraUse(string Path, double Strength = 1);

/// <summary>
/// Adds a LoRA's matrices to those of text encoders before these are read: W + strength · (alpha / rank) · up · down. Several add up.
/// Names are
/// looked up in the list of those that the encoder's modules have, since underscores cannot be split with certainty.
/// </summary>
/// <remarks>
/// Hu et al. 2021. kohya-ss/sd-scripts: networks/lora.py (<c>lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight</c>); diffusers:
/// utils/state_dict_utils.py (<c>text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_linear_layer.down.weight</c>); PEFT
/// (<c>base_model.model.….lora_A.weight</c>).
/// </remarks>
internal sealed class LoraSource : IDisposable
{
    private static readonly (string Down, string Up)[] Ends =
    [
        (".lora_down.weight", ".lora_up.weight"), (".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight"),
        ("_lora.down.weight", "_lora.up.weight"), (".lora_A.weight", ".lora_B.weight"),
        (".lora_A.default.weight", ".lora_B.default.weight"),
        (".lora.down.weight", ".lora.up.weight"),
    ];

    // What is no plain low-rank product.
    private static readonly string[] Others = ["hada_", "lokr_", "oft_", "dora_scale", "lora_mid", "lora_magnitude_vector"];

    private static readonly string[] OfOtherParts =
        ["lora_unet_", "unet.", "transformer.", "lora_transformer_", "lora_prior_unet_", "lora_te3_"];

    private const string Alpha = ".alpha", Old = "to_", PeftPrefix = "base_model.model.";

    private readonly SafetensorsFile _file;
    private readonly LoraFile? _peft;
    private readonly double _strength;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    private LoraSource(SafetensorsFile file, LoraFile? peft, double strength) => (_file, _peft, _strength) = (file, peft, strength);

    /// <summary>Opens a file or directory.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or of a kind that is not supported.</exception>
    public static LoraSource Open(LoraUse lora)
    {
        if (!double.IsFinite(lora.Strength))
            throw new ArgumentException($"The strength of {lora.Path} is {lora.Strength}; it must be a number.", nameof(lora));
        bool isDirectory = Directory.Exists(lora.Path);
        string path = isDirectory ? Path.Combine(lora.Path, LoraFile.WeightsName) : lora.Path;
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no LoRA {path}.", path);
        LoraFile? peft = isDirectory && File.Exists(Path.Combine(lora.Path, LoraFile.ConfigName)) ? LoraFile.Open(lora.Path) : null;
        return new(SafetensorsFile.Open(path), peft, lora.Strength);
    }

    /// <summary>Adds what it has for an encoder.</summary>
    /// <param name="checkpoint">The encoder, whose numbers have not been read yet.</param>
    /// <param name="rule">Which one it is.</param>
    /// <param name="isOnly">Whether the generator has no other: then names that say no encoder are its.</param>
    public void Apply(Checkpoint checkpoint, EncoderRule rule, bool isOnly)
    {
        Dictionary<string, (Parameter Parameter, int Part, int Parts)> modules = LoraFile.ModulesOf(checkpoint);
        foreach ((string name, var module) in modules.Where(static module => module.Key.StartsWith("text_", StringComparison.Ordinal)))
            foreach (string spelt in Spellings(name, rule, isOnly))
                foreach ((string down, string up) in Ends)
                    if (!_used.Contains(spelt + down) && _file.TryGet(spelt + down, out TensorInfo? a))
                    {
                        if (!_file.TryGet(spelt + up, out TensorInfo? b))
                            throw new InvalidDataException($"{_file.Path} has {spelt}{down} without {spelt}{up}. Download it again.");
                        if (a.Shape.Length != 2)
                            throw new InvalidDataException($"{_file.Path}: {a} is no matrix, as the text encoder's adapters are.");
                        _used.UnionWith([a.Name, b.Name, spelt + Alpha]);
                        LoraFile.Add(checkpoint, module, _file, a, b, _strength * ScaleOf(name, spelt, (int)a.Shape[0]));
                    }
    }

    /// <summary>Vectors that it brings along for words of its prompts.</summary>
    public IEnumerable<TextualInversion> Inversions => TextualInversion.BundledIn(_file);

    /// <summary>Whether a tensor is a factor of an adapter, by its name.</summary>
    public static bool IsAdapter(string name) => Array.Exists(
        Ends, ends => name.EndsWith(ends.Down, StringComparison.Ordinal) || name.EndsWith(ends.Up, StringComparison.Ordinal));

    /// <summary>What has matched nothing; null where all is used or belongs to other parts of the generator.</summary>
    /// <exception cref="InvalidDataException">It is of a kind that is not supported, or nothing of it is for a text encoder.</exception>
    public string? Rest()
    {
        bool hasInversions = _file.Tensors.Any(TextualInversion.IsBundled);
        TensorInfo[] rest = [.. _file.Tensors.Where(tensor => !_used.Contains(tensor.Name) && !TextualInversion.IsBundled(tensor)
            && !Array.Exists(OfOtherParts, part => tensor.Name.StartsWith(part, StringComparison.Ordinal)))];
        if (rest.FirstOrDefault(static tensor => Array.Exists(Others, tensor.Name.Contains)) is TensorInfo other)
            throw new InvalidDataException(
                $"{_file.Path} holds {other}: a LoHa, LoKr, OFT, DoRA or the like, which is no plain low-rank adapter. Only those are "
                + "read: "
                + "merge it into the encoder with the program that made it, and load that.");
        if (_used.Count == 0 && !hasInversions)
            return $"{_file.Path} changes nothing here: it has no adapters for this generator's text encoders"
                + (rest.Length == 0 ? ", only for other parts of it." : $" (the first of its other tensors is {rest[0].Name}).");
        return rest.Length == 0 ? null
            : $"{_file.Path}: {rest.Length} tensors match no module of the text encoders and were left out, such as {rest[0].Name}.";
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>How a module may be called.</summary>
    private static IEnumerable<string> Spellings(string module, EncoderRule rule, bool isOnly)
    {
        foreach (string prefix in rule.LoraPrefixes)
            yield return prefix + module.Replace('.', '_');
        yield return $"{rule.Folder}.{module}";
        // Older files of diffusers: to_q, whose end is _lora.
        foreach ((string now, string old) in ((string, string)[])[("q_proj", "q"), ("k_proj", "k"), ("v_proj", "v"), ("out_proj", "out")])
            if (module.EndsWith("self_attn." + now, StringComparison.Ordinal))
                yield return $"{rule.Folder}.{module[..^now.Length]}{Old}{old}";
        if (!isOnly && rule.Folder != "text_encoder")
            yield break;
        yield return PeftPrefix + module;
        yield return "text_encoder." + module;
        if (isOnly)
            yield return module;
    }

    private double ScaleOf(string module, string spelt, int rank)
    {
        if (_peft is not null)
            return _peft.ScaleOf(module, rank);
        if (!_file.TryGet(spelt + Alpha, out TensorInfo? tensor) || tensor.ElementCount != 1)
            return 1;
        float[] alpha = new float[1];
        _file.ReadFloats(tensor, alpha);
        return alpha[0] == 0 ? 1 : LowRankSum.ScaleOf(alpha[0], rank);
    }
}
