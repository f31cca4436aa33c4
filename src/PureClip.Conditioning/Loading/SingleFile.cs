using PureClip.Files;
using PureClip.Model;

namespace PureClip.TextToImage;

/// <summary>A generator in one safetensors file, as ComfyUI and A1111 take it: its text encoders are found by what names begin
/// with.</summary>
internal static class SingleFile
{
    private const string OpenClipTable = "token_embedding.weight", HuggingFaceTable = "embeddings.token_embedding.weight";

    // Every CLIP that generators use has heads of 64 numbers, which no file says.
    private const int HeadWidth = 64;

    private const int WidthOfH = 1024;

    /// <summary>The encoders of a file, and which generator's they are.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">The generator, where the caller knows; null to find out.</param>
    /// <exception cref="InvalidDataException">It holds no text encoder, or those of no generator that is known.</exception>
    public static (ConditioningPreset Preset, EncoderSource[] Encoders) Open(string path, ConditioningPreset? wanted)
    {
        Dictionary<string, TensorInfo> tensors;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
            tensors = file.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        ConditioningPreset preset = wanted ?? PresetOf(path, tensors);
        return (preset, [.. preset.Encoders.Select(rule =>
        {
            string prefix = PrefixOf(rule, preset, tensors) ?? throw new InvalidDataException(
                $"{path} does not hold the encoder {rule.Key} of {preset}: no tensor's name begins with "
                + $"{string.Join(" or ", rule.Prefixes)}."
                + " Take a file with text encoders, or the directory of the generator.");
            return EncoderSource.OfFile(rule, path, prefix, ConfigOf(path, tensors, prefix, rule));
        })]);
    }

    private static ConditioningPreset PresetOf(string path, Dictionary<string, TensorInfo> tensors)
    {
        bool Has(string prefix) => TableOf(tensors, prefix) is not null;
        ConditioningPreset? found =
            Has("conditioner.embedders.1.model.") ? ConditioningPreset.SdxlBase
            : Has("cond_stage_model.transformer.") ? ConditioningPreset.SD1
            : Has("cond_stage_model.model.") ? ConditioningPreset.SD2
            : TableOf(tensors, "conditioner.embedders.0.model.") is TensorInfo table
                ? table.Shape[1] == WidthOfH ? ConditioningPreset.SD2 : ConditioningPreset.SdxlRefiner
            : Has("text_encoders.clip_l.transformer.")
                ? Has("text_encoders.clip_g.transformer.") ? ConditioningPreset.SD3 : ConditioningPreset.Flux
            : Has("text_encoders.clip_g.transformer.") ? ConditioningPreset.StableCascade
            : null;
        return found ?? throw new InvalidDataException(Has("")
            ? $"{path} holds a text encoder alone, so which generator takes it is not known. Name the preset: "
                + $"{string.Join(", ", ConditioningPreset.All.Where(static preset => preset.Encoders.Count == 1))}."
            : VisionFile.Find(tensors.Keys) is not null
                ? $"{path} holds an image encoder and no text encoder: it takes pictures in place of a prompt."
                : $"{path} holds no text encoder whose place is known: it may be a file without encoders, which are then published beside "
                    + "it.");
    }

    /// <summary>What an encoder's names begin with; null where it is not there.</summary>
    private static string? PrefixOf(EncoderRule rule, ConditioningPreset preset, Dictionary<string, TensorInfo> tensors) =>
        rule.Prefixes.FirstOrDefault(prefix => TableOf(tensors, prefix) is not null)
        ?? (preset.Encoders.Count == 1 && TableOf(tensors, "") is not null ? "" : null);

    /// <summary>The table of tokens below a prefix, in whichever words.</summary>
    private static TensorInfo? TableOf(Dictionary<string, TensorInfo> tensors, string prefix) =>
        tensors.GetValueOrDefault(prefix + "text_model." + HuggingFaceTable) ?? tensors.GetValueOrDefault(prefix + HuggingFaceTable)
        ?? tensors.GetValueOrDefault(prefix + OpenClipTable);

    /// <summary>The sizes that the tensors' shapes tell.</summary>
    private static ClipConfig ConfigOf(string path, Dictionary<string, TensorInfo> tensors, string prefix, EncoderRule rule)
    {
        TensorInfo table = TableOf(tensors, prefix)!;
        bool isOpenClip = table.Name == prefix + OpenClipTable;
        string below = table.Name[..^(isOpenClip ? OpenClipTable : HuggingFaceTable).Length];
        TensorInfo Require(string name) => tensors.GetValueOrDefault(below + name) ?? throw new InvalidDataException(
            $"{path}: the encoder {rule.Key} lacks {below}{name}. Download the file again, or take another one.");
        TensorInfo positions = Require(isOpenClip ? "positional_embedding" : "embeddings.position_embedding.weight");
        TensorInfo hidden = Require(isOpenClip ? "transformer.resblocks.0.mlp.c_fc.bias" : "encoder.layers.0.mlp.fc1.bias");
        string blocks = below + (isOpenClip ? "transformer.resblocks." : "encoder.layers.");
        int layers = 1 + tensors.Keys.Where(name => name.StartsWith(blocks, StringComparison.Ordinal))
            .Select(name => int.TryParse(name[blocks.Length..].Split('.')[0], out int layer) ? layer : 0)
            .DefaultIfEmpty(0).Max();
        TensorInfo? projection = tensors.GetValueOrDefault(prefix + (isOpenClip ? "text_projection" : "text_projection.weight"));
        int width = checked((int)table.Shape[1]);
        if (width % HeadWidth != 0)
            throw new InvalidDataException($"{path}: the encoder {rule.Key} is {width} wide, which is no multiple of {HeadWidth}.");
        TransformerConfig transformer = new(width, layers, width / HeadWidth, checked((int)hidden.Shape[0]), rule.Gelu, 1e-5f);
        ClipConfig config = new(
            checked((int)(projection is null ? width : projection.Shape[isOpenClip ? 1 : 0])), null,
            new TextConfig(transformer, checked((int)positions.Shape[^2]), checked((int)table.Shape[0]))
            {
                Projection = projection is null ? TextProjection.Missing : TextProjection.Linear,
            });
        try
        {
            config.Validate();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: the encoder {rule.Key}: {e.Message}", e);
        }
        return config;
    }
}
