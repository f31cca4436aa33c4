using System.Text.Json;
using PureClip.Checkpoints;
using PureClip.Files;

namespace PureClip.Training;

/// <summary>
/// Writes adapters as PEFT does, with the names that Hugging Face's transformers has for CLIP's modules: two tensors a module and a
/// configuration. <see cref="LoraFile"/> reads them.
/// </summary>
internal static class LoraWriter
{
    /// <summary>The folder in the model's directory.</summary>
    public const string FolderName = "adapter";

    private static readonly (LoraTargets Target, string[] Modules)[] Modules =
    [
        (LoraTargets.Query, ["q_proj"]), (LoraTargets.Key, ["k_proj"]), (LoraTargets.Value, ["v_proj"]), (LoraTargets.Output, ["out_proj"]),
        (LoraTargets.Mlp, ["fc1", "fc2"]),
    ];

    /// <param name="folder">Where to.</param>
    /// <param name="adapters">The adapters.</param>
    /// <param name="model">The model that they adapt.</param>
    /// <param name="targets">What of it.</param>
    /// <param name="share">What they count of what was learnt: it goes into α.</param>
    /// <param name="source">The directory of the model as it was.</param>
    public static void Write(
        string folder, LoraAdapters adapters, ClipTraining model, LoraTargets targets, double share, string source)
    {
        Directory.CreateDirectory(folder);
        List<TensorSource> tensors = [];
        foreach (LoraAdapter adapter in adapters.All)
        {
            string module = LoraFile.Prefix + ModuleOf(adapter);
            tensors.Add(TensorSource.FromFloats(
                module + LoraFile.EndOfA, [adapters.Rank, adapter.A.Columns], adapters.Numbers[adapter.A].ToArray()));
            tensors.Add(TensorSource.FromFloats(
                module + LoraFile.EndOfB, [adapter.Rows, adapters.Rank], ModelWriter.Turned(adapters.Numbers[adapter.B], adapters.Rank)));
        }
        SafetensorsWriter.Write(
            Path.Combine(folder, LoraFile.WeightsName), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        using AtomicFile file = new(Path.Combine(folder, LoraFile.ConfigName));
        using (Utf8JsonWriter json = new(file.Stream, new() { Indented = true }))
            WriteConfig(json, adapters, targets, share, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source))));
        file.Commit();
    }

    private static void WriteConfig(Utf8JsonWriter json, LoraAdapters adapters, LoraTargets targets, double share, string source)
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
        foreach (string name in Modules.Where(row => targets.HasFlag(row.Target)).SelectMany(row => row.Modules))
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteNull("task_type");
        json.WriteBoolean("use_dora", false);
        json.WriteBoolean("use_rslora", false);
        json.WriteEndObject();
    }

    private static string ModuleOf(LoraAdapter adapter)
    {
        string[] names = Names.Of(adapter.Matrix.Name, Names.HuggingFace)!.Value.Names;
        string name = names[adapter.First * names.Length / adapter.Matrix.Rows];
        return name[..name.LastIndexOf('.')];
    }
}
