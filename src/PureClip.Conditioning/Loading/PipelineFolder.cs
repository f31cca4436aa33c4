using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.TextToImage;

/// <summary>A generator as diffusers keeps it: a directory with a folder for each part.</summary>
internal static class PipelineFolder
{
    private const string IndexName = "model_index.json", ConfigName = "config.json";

    /// <summary>The encoders of a directory, and which generator's they are.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="wanted">The generator, where the caller knows; null to find out.</param>
    /// <exception cref="InvalidDataException">It is none whose text encoders are known, or incomplete.</exception>
    public static (ConditioningPreset Preset, EncoderSource[] Encoders) Open(string directory, ConditioningPreset? wanted)
    {
        string index = Path.Combine(directory, IndexName);
        ConditioningPreset preset = wanted ?? (File.Exists(index)
            ? PresetOf(directory, JsonFile.Read(index))
            : throw new InvalidDataException(
            $"{directory} has no {IndexName}, so which generator its encoder belongs to is not known. Name the preset "
            + $"({string.Join(", ", ConditioningPreset.All)}), or give the generator's own directory."));
        if (File.Exists(index) && JsonFile.Read(index) is { } file && file.Has("force_zeros_for_empty_prompt")
            && !file.Bool("force_zeros_for_empty_prompt", otherwise: false) && preset.Negative == AbsentNegative.Zeros)
            preset = preset with { Negative = AbsentNegative.EmptyText };
        return (preset, [.. preset.Encoders.Select(rule => EncoderOf(directory, rule, preset.Encoders.Count == 1))]);
    }

    private static EncoderSource EncoderOf(string directory, EncoderRule rule, bool isOnly)
    {
        string folder = Path.Combine(directory, rule.Folder);
        if (File.Exists(Path.Combine(folder, ConfigName)))
            return EncoderSource.OfFolder(rule, folder, Path.Combine(directory, rule.TokenizerFolder));
        if (!isOnly || !File.Exists(Path.Combine(directory, ConfigName)))
            throw new InvalidDataException(
                $"{directory} has no folder {rule.Folder} with {ConfigName}, in which this generator has its encoder {rule.Key}. "
                + "Download the "
                + "text encoders of the generator as well.");
        // The encoder's own folder; its tokenizer lies in it or beside it.
        string full = Path.GetFullPath(Path.TrimEndingDirectorySeparator(directory));
        string beside = Path.Combine(
            Path.GetDirectoryName(full) ?? full, Path.GetFileName(full).Replace("text_encoder", "tokenizer", StringComparison.Ordinal));
        bool hasOwn = File.Exists(Path.Combine(directory, "vocab.json")) || File.Exists(Path.Combine(directory, "tokenizer.json"));
        return EncoderSource.OfFolder(rule, directory, hasOwn ? directory : beside == full ? "" : beside);
    }

    private static ConditioningPreset PresetOf(string directory, JsonFile index)
    {
        string name = index.String("_class_name") ?? "";
        bool Says(string word) => name.Contains(word, StringComparison.Ordinal);
        if (Says("StableDiffusion3"))
            return ConditioningPreset.SD3;
        if (Says("StableDiffusionXL"))
            return File.Exists(Path.Combine(directory, "text_encoder", ConfigName))
                ? ConditioningPreset.SdxlBase
                : ConditioningPreset.SdxlRefiner;
        if (Says("Flux"))
            return ConditioningPreset.Flux;
        if (Says("StableCascade") || Says("Wuerstchen"))
            return ConditioningPreset.StableCascade;
        if (Says("KandinskyV22"))
            return ConditioningPreset.Kandinsky22;
        if (Says("Kandinsky"))
            return ConditioningPreset.Kandinsky21;
        if (Says("StableDiffusion") || Says("LatentConsistency") || Says("AltDiffusion"))
            return IsOfOpenClip(Path.Combine(directory, "text_encoder")) ? ConditioningPreset.SD2 : ConditioningPreset.SD1;
        throw new InvalidDataException(
            $"{directory} is a pipeline {Problem.Quote(name)}, which is none of those whose text encoders are known "
            + $"({string.Join(", ", ConditioningPreset.All)}). Name the preset that it shares its encoders with.");
    }

    /// <summary>Stable Diffusion 2 has LAION's encoder, whose GELU is the exact one.</summary>
    private static bool IsOfOpenClip(string folder) =>
        ModelDirectory.Open(folder).Config.Text?.Transformer.Gelu == GeluKind.Erf;
}
