using System.Globalization;
using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Training;

/// <summary>
/// The state of a fine-tuning in one safetensors file beside its output, there whole or not at all: what learns and its moments. The same
/// call goes on from it and ends with the same bits.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="run">All that decides what becomes of it: model, pictures, vectors, options.</param>
/// <param name="list">What learns.</param>
/// <param name="numbers">Its numbers.</param>
/// <param name="mean">AdamW's mean of gradients.</param>
/// <param name="square">AdamW's mean of squares.</param>
internal sealed class TuningCheckpoint(
    string path, string run, LearnedList list, NumberSet numbers, NumberSet mean, NumberSet square)
{
    private const string VersionKey = "pureclip.finetuning", Version = "1", RunKey = "run", StepKey = "step";

    /// <summary>Where the state of an output lies.</summary>
    public static string PathOf(string output) => Path.TrimEndingDirectorySeparator(output) + ".checkpoint.safetensors";

    /// <summary>Writes the state after some steps.</summary>
    public void Save(int steps)
    {
        List<TensorSource> tensors = [];
        foreach ((string name, Learned learned, NumberSet set) in Tensors())
            tensors.Add(new(name, NumberType.F32, [.. learned.Shape], stream => stream.Write(MemoryMarshal.AsBytes(set[learned]))));
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is string folder)
            Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            [VersionKey] = Version,
            [RunKey] = run,
            [StepKey] = steps.ToString(CultureInfo.InvariantCulture),
        });
    }

    /// <summary>Takes the state that is there, if there is one.</summary>
    /// <returns>Steps done.</returns>
    /// <exception cref="InvalidDataException">It is of another call; the message says what differs.</exception>
    public int Resume()
    {
        if (!File.Exists(path))
            return 0;
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string? version = file.Metadata.GetValueOrDefault(VersionKey), found = file.Metadata.GetValueOrDefault(RunKey);
        if (version != Version || found != run)
            throw new InvalidDataException(
                $"{path} is the state of another fine-tuning (version {version ?? "none"}; {found ?? "no run"}), this one is: {run}. "
                + "Go on with what it was begun with, or delete it to start anew.");
        foreach ((string name, Learned learned, NumberSet set) in Tensors())
            file.ReadFloats(file[name], set[learned]);
        return int.Parse(file.Metadata[StepKey], CultureInfo.InvariantCulture);
    }

    private IEnumerable<(string Name, Learned Learned, NumberSet Set)> Tensors()
    {
        foreach (Learned learned in list.All)
        {
            yield return ($"model.{learned.Name}", learned, numbers);
            yield return ($"adamw.m.{learned.Name}", learned, mean);
            yield return ($"adamw.v.{learned.Name}", learned, square);
        }
    }
}
