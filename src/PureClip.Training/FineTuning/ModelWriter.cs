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

    /// <summary>What has learnt, and what else stands in the file: other programs may read it.</summary>
    private static IEnumerable<TensorSource> Tensors(Checkpoint checkpoint, ClipTraining model)
    {
        HashSet<string> written = new(StringComparer.Ordinal);
        foreach (Parameter parameter in model.Towers.Parameters)
        {
            float[] numbers = model.Numbers.Numbers[parameter.Name].ToArray();
            if (checkpoint.IsTurned(parameter))
                numbers = Turned(numbers, (int)parameter.Shape[0]);
            foreach ((TensorInfo? tensor, Range place) in ClipTraining.PiecesOf(checkpoint, parameter))
                if (tensor is not null)
                {
                    written.Add(tensor.Name);
                    written.Add(tensor.Name + TensorNumbers.ScaleSuffix);
                    (int first, int length) = place.GetOffsetAndLength(numbers.Length);
                    yield return Source(tensor, numbers.AsMemory(first, length));
                }
        }
        foreach (string name in (string[])[ClipTraining.LogitScale, ClipTraining.LogitBias])
            if (checkpoint.Tensors.FirstOrDefault(
                tensor => tensor.Name == name || tensor.Name.EndsWith($".{name}", StringComparison.Ordinal)) is TensorInfo scalar)
            {
                written.Add(scalar.Name);
                yield return Source(scalar, model.Numbers.Numbers[name].ToArray());
            }
        foreach (TensorInfo other in checkpoint.Tensors.Where(tensor => !written.Contains(tensor.Name)))
            yield return new(other.Name, other.Type, other.Shape, stream => Copy(checkpoint, other, stream));
    }

    private static void Copy(Checkpoint checkpoint, TensorInfo tensor, Stream stream)
    {
        const int AtATime = 1 << 20;
        byte[] bytes = new byte[Math.Min(AtATime, tensor.ByteLength)];
        for (long at = 0; at < tensor.ByteLength; at += bytes.Length)
        {
            Span<byte> part = bytes.AsSpan(0, (int)Math.Min(bytes.Length, tensor.ByteLength - at));
            checkpoint.File.FileOf(tensor).Read(tensor, at, part);
            stream.Write(part);
        }
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
