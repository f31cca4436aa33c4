using System.Globalization;
using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Training;

/// <summary>
/// What learns and what goes with it (moments, averages) in one safetensors file, there whole or not at all: the same run goes on from it
/// and ends with the same bits.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="run">All that decides what becomes of it: model, data, vectors, options.</param>
/// <param name="list">What learns.</param>
/// <param name="sets">Sets of numbers over the list, each with the name that stands before those of its tensors.</param>
internal sealed class StateFile(string path, string run, LearnedList list, params (string Name, NumberSet Numbers)[] sets)
{
    private const string VersionKey = "pureclip.state", Version = "1", RunKey = "run", StepKey = "step";

    /// <summary>Whether another run may become this one at a step; null for never.</summary>
    public Func<string, long, bool>? GoesOnFrom { get; init; }

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Writes the state after some steps.</summary>
    public void Save(long steps)
    {
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is string folder)
            Directory.CreateDirectory(folder);
        IEnumerable<TensorSource> tensors = sets.SelectMany(set => list.All.Select(learned => new TensorSource(
            $"{set.Name}.{learned.Name}", NumberType.F32, [.. learned.Shape],
            stream => stream.Write(MemoryMarshal.AsBytes(set.Numbers[learned])))));
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            [VersionKey] = Version,
            [RunKey] = run,
            [StepKey] = steps.ToString(CultureInfo.InvariantCulture),
        });
    }

    /// <summary>Of which run the state of a file is, and how far it is; null where there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is no state.</exception>
    public static (string Run, long Step)? Begun(string path)
    {
        if (!File.Exists(path))
            return null;
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Metadata.GetValueOrDefault(RunKey) is string found && long.TryParse(
            file.Metadata.GetValueOrDefault(StepKey), NumberStyles.None, CultureInfo.InvariantCulture, out long step)
            ? (found, step)
            : throw new InvalidDataException($"{path} is no state of a training. Move it away to start anew.");
    }

    /// <summary>Takes the state that is there, if there is one.</summary>
    /// <returns>Steps done.</returns>
    /// <exception cref="InvalidDataException">It is of another run; the message says what differs.</exception>
    public long Resume()
    {
        if (!File.Exists(path))
            return 0;
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string? version = file.Metadata.GetValueOrDefault(VersionKey), found = file.Metadata.GetValueOrDefault(RunKey);
        long step = long.TryParse(file.Metadata.GetValueOrDefault(StepKey), NumberStyles.None, CultureInfo.InvariantCulture, out long done)
            ? done
            : -1;
        if (version != Version || step < 0 || (found != run && GoesOnFrom?.Invoke(found ?? "", step) != true))
            throw new InvalidDataException(
                $"{path} is the state of another run (version {version ?? "none"}; {found ?? "no run"}), this one is: {run}. "
                + "Go on with what it was begun with, or delete it to start anew.");
        foreach ((string name, NumberSet numbers) in sets)
            foreach (Learned learned in list.All)
                file.ReadFloats(file[$"{name}.{learned.Name}"], numbers[learned]);
        return step;
    }
}
