using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// Writes a model that has learnt as the directory that it came from: the same names, the same number types, the same configuration and
/// tokenizer, so that whatever reads the one reads the other.
/// </summary>
internal static class ModelWriter
{
    private static readonly string[] Companions = [".json", ".txt", ".model"], Notices = ["ATTRIBUTION", "LICENSE", "NOTICE"];

    /// <param name="source">The directory that it came from.</param>
    /// <param name="checkpoint">Its weights.</param>
    /// <param name="model">The numbers.</param>
    /// <param name="output">A directory that does not exist yet, or is empty.</param>
    /// <exception cref="IOException">There is something already, or nothing can be written.</exception>
    public static void Write(ModelDirectory source, Checkpoint checkpoint, ClipTraining model, string output)
    {
        RequireEmpty(output);
        Directory.CreateDirectory(output);
        foreach (string file in Directory.EnumerateFiles(source.Path).Where(IsCompanion))
            File.Copy(file, Path.Combine(output, Path.GetFileName(file)));
        string name = Path.GetFileName(source.WeightsPath);
        SafetensorsWriter.Write(
            Path.Combine(output, name.EndsWith(".json", StringComparison.Ordinal) ? SafetensorsSet.SingleFileName : name),
            Tensors(checkpoint, model),
            new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <exception cref="IOException">There is something already.</exception>
    public static void RequireEmpty(string output)
    {
        if (File.Exists(output) || (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any()))
            throw new IOException(
                $"{output} exists and is not empty. Give the name of a new folder: a model is never written over another.");
    }

    private static bool IsCompanion(string file)
    {
        string name = Path.GetFileName(file);
        return Notices.Any(notice => name.StartsWith(notice, StringComparison.OrdinalIgnoreCase))
            || (Companions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
                && !name.EndsWith(".index.json", StringComparison.Ordinal));
    }

    private static IEnumerable<TensorSource> Tensors(Checkpoint checkpoint, ClipTraining model)
    {
        foreach (Parameter parameter in model.Towers.Parameters)
        {
            float[] numbers = model.Numbers.Numbers[parameter.Name].ToArray();
            if (checkpoint.IsTurned(parameter))
                numbers = Turned(numbers, (int)parameter.Shape[0]);
            TensorInfo[] tensors = checkpoint.TensorsOf(parameter);
            int each = numbers.Length / tensors.Length;
            for (int i = 0; i < tensors.Length; i++)
                yield return Source(tensors[i], numbers.AsMemory(i * each, each));
        }
        foreach (string name in (string[])[ClipTraining.LogitScale, ClipTraining.LogitBias])
            if (checkpoint.Tensors.FirstOrDefault(
                tensor => tensor.Name == name || tensor.Name.EndsWith($".{name}", StringComparison.Ordinal)) is TensorInfo scalar)
                yield return Source(scalar, model.Numbers.Numbers[name].ToArray());
    }

    private static TensorSource Source(TensorInfo tensor, ReadOnlyMemory<float> numbers)
    {
        // Integers with scales and doubles become plain floats: they would be rounded anew.
        NumberType type = tensor.Type is NumberType.F16 or NumberType.BF16 ? tensor.Type : NumberType.F32;
        return new(tensor.Name, type, tensor.Shape, stream =>
        {
            byte[] bytes = new byte[numbers.Length * type.Size()];
            type.Narrow(numbers.Span, bytes);
            stream.Write(bytes);
        });
    }

    /// <summary>[outputs, inputs] as [inputs, outputs].</summary>
    internal static float[] Turned(ReadOnlySpan<float> numbers, int outputs)
    {
        int inputs = numbers.Length / outputs;
        float[] turned = new float[numbers.Length];
        for (int output = 0; output < outputs; output++)
            for (int input = 0; input < inputs; input++)
                turned[input * outputs + output] = numbers[output * inputs + input];
        return turned;
    }
}
