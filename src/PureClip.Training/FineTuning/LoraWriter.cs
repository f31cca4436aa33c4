using System.Text.Json;
using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// Writes adapters as PEFT does, with the names that Hugging Face's transformers has for CLIP's modules: two tensors a module and a
/// configuration. <see cref="LoraFile"/> reads them.
/// </summary>
internal static class LoraWriter
{
    /// <summary>The folder in the model's directory.</summary>
    public const string FolderName = "adapter";

    private const string Weight = ".weight";

    /// <param name="folder">Where to.</param>
    /// <param name="adapters">The adapters.</param>
    /// <param name="model">The model that they adapt.</param>
    /// <param name="checkpoint">Its weights.</param>
    /// <param name="share">What they count of what was learnt: it goes into α.</param>
    /// <param name="source">The directory of the model as it was.</param>
    public static void Write(
        string folder, LoraAdapters adapters, ClipTraining model, Checkpoint checkpoint, double share, string source)
    {
        Directory.CreateDirectory(folder);
        List<TensorSource> tensors = [];
        Dialect dialect = DialectOf(adapters, model, checkpoint);
        List<string> modules = [];
        foreach (LoraAdapter adapter in adapters.All)
        {
            string module = LoraFile.Prefix + ModuleOf(adapter, dialect)!;
            modules.Add(module[(module.LastIndexOf('.') + 1)..]);
            tensors.Add(TensorSource.FromFloats(
                module + LoraFile.EndOfA, [adapters.Rank, adapter.A.Columns], adapters.Numbers[adapter.A].ToArray()));
            tensors.Add(TensorSource.FromFloats(
                module + LoraFile.EndOfB, [adapter.Rows, adapters.Rank], ModelWriter.Turned(adapters.Numbers[adapter.B], adapters.Rank)));
        }
        SafetensorsWriter.Write(
            Path.Combine(folder, LoraFile.WeightsName), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        using AtomicFile file = new(Path.Combine(folder, LoraFile.ConfigName));
        using (Utf8JsonWriter json = new(file.Stream, new() { Indented = true }))
            WriteConfig(
                json, adapters, [.. modules.Distinct()], share,
                Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source))));
        file.Commit();
    }

    private static void WriteConfig(Utf8JsonWriter json, LoraAdapters adapters, string[] modules, double share, string source)
    {
        json.WriteStartObject();
        json.WriteString("peft_type", "LORA");
        json.WriteString("base_model_name_or_path", source);
        json.WriteString("bias", "none");
        json.WriteBoolean("fan_in_fan_out", false);
        json.WriteBoolean("inference_mode", true);
        json.WriteNumber("lora_alpha", share * adapters.Alpha);
        json.WriteNumber("lora_dropout", 0.0);
        json.WriteNull("modules_to_save");
        json.WriteNumber("r", adapters.Rank);
        json.WriteStartArray("target_modules");
        foreach (string name in modules)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteNull("task_type");
        json.WriteBoolean("use_dora", false);
        json.WriteBoolean("use_rslora", false);
        json.WriteEndObject();
    }

    /// <summary>
    /// In whose words modules are named: those of transformers for CLIP; of other models those of their own file, where it has a module for each
    /// adapter, as PEFT needs it.
    /// </summary>
    private static Dialect DialectOf(LoraAdapters adapters, ClipTraining model, Checkpoint checkpoint)
    {
        bool isPlain = model.Config is { Vision: VisionTransformerConfig { IsPlain: true }, Text.IsPlain: true };
        return !isPlain && adapters.All.All(adapter => ModuleOf(adapter, checkpoint.Dialect) is not null)
            ? checkpoint.Dialect
            : Names.HuggingFace;
    }

    /// <summary>The module of an adapter; null where the file has none that is its own.</summary>
    private static string? ModuleOf(LoraAdapter adapter, Dialect dialect)
    {
        if (Names.Of(adapter.Matrix.Name, dialect) is not SourceName source || adapter.Matrix.Rows / adapter.Rows != source.Names.Length)
            return null;
        string name = source.Names[adapter.First / adapter.Rows];
        return name.EndsWith(Weight, StringComparison.Ordinal) ? name[..^Weight.Length] : null;
    }
}
