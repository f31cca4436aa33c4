using System.Globalization;
using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Training;

/// <summary>
/// Everything that a run needs to go on as if nothing had happened, in one safetensors file that is there whole or not at all. The last two
/// are kept.
/// </summary>
/// <param name="path">The folder; made when the first checkpoint is written.</param>
internal sealed class CheckpointFolder(string path)
{
    private const int Kept = 2;
    private const string Prefix = "step-", Suffix = ".safetensors", Version = "1";
    private const string VersionKey = "pureclip.training", StepKey = "step", RecipeKey = "recipe", DataKey = "data", VectorsKey = "vectors";

    /// <summary>The folder.</summary>
    public string Path => path;

    /// <summary>The newest checkpoint; null where there is none.</summary>
    public string? Newest => All().LastOrDefault().File;

    /// <summary>Writes one, and deletes those before the last two, but for the one from which a cooldown began.</summary>
    public void Save(Trainer trainer)
    {
        Directory.CreateDirectory(path);
        Write(System.IO.Path.Combine(path, $"{Prefix}{trainer.Step:D8}{Suffix}"), trainer);
        foreach ((long step, string old) in All().SkipLast(Kept))
            if (step != trainer.Recipe.Cooldown?.From)
                File.Delete(old);
    }

    /// <summary>The recipe of the newest one and how far it is; null where there is none.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint.</exception>
    public (TrainingRecipe Recipe, long Step)? Begun()
    {
        if (Newest is not string newest)
            return null;
        using SafetensorsFile checkpoint = SafetensorsFile.Open(newest);
        return (
            TrainingRecipe.Parse(Of(checkpoint, RecipeKey)), long.Parse(Of(checkpoint, StepKey), CultureInfo.InvariantCulture));
    }

    /// <summary>Copies the newest one of another run, which may be going on.</summary>
    /// <exception cref="FileNotFoundException">It has none.</exception>
    public void TakeFrom(CheckpointFolder other)
    {
        string from = other.Newest ?? throw new FileNotFoundException($"{other.Path} has no checkpoints of a training.");
        Directory.CreateDirectory(path);
        using FileStream stream = File.OpenRead(from);
        using AtomicFile copy = new(System.IO.Path.Combine(path, System.IO.Path.GetFileName(from)));
        stream.CopyTo(copy.Stream);
        copy.Commit();
    }

    /// <summary>Goes on from the newest one, where there is one.</summary>
    /// <param name="trainer">A trainer of the same model, recipe, data and vector width.</param>
    /// <param name="force">Goes on with another recipe, other data or another width, whose bits will differ from those of one run.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidDataException">It belongs to another run; the message names what differs.</exception>
    public bool Resume(Trainer trainer, bool force = false)
    {
        if (Newest is not string newest)
            return false;
        Read(newest, trainer, force);
        return true;
    }

    /// <summary>Writes a checkpoint to a file.</summary>
    public static void Write(string file, Trainer trainer)
    {
        List<TensorSource> tensors = [];
        foreach ((string name, Learned learned, NumberSet numbers) in Tensors(trainer))
            tensors.Add(new(name, NumberType.F32, [.. learned.Shape], stream => stream.Write(MemoryMarshal.AsBytes(numbers[learned]))));
        SafetensorsWriter.Write(file, tensors, new Dictionary<string, string>
        {
            [VersionKey] = Version,
            [StepKey] = trainer.Step.ToString(CultureInfo.InvariantCulture),
            [RecipeKey] = trainer.Recipe.ToJson(),
            [DataKey] = trainer.Data,
            [VectorsKey] = trainer.Model.Compute.Tier.Name,
        });
    }

    /// <summary>Reads a checkpoint from a file.</summary>
    /// <inheritdoc cref="Resume"/>
    public static void Read(string file, Trainer trainer, bool force = false)
    {
        using SafetensorsFile checkpoint = SafetensorsFile.Open(file);
        List<string> differences = [];
        if (Of(checkpoint, VersionKey) != Version)
            throw new InvalidDataException(
                $"{file} was written by another version ({Of(checkpoint, VersionKey)}; this one reads {Version}).");
        long step = long.Parse(Of(checkpoint, StepKey), CultureInfo.InvariantCulture);
        if (!trainer.Recipe.GoesOnFrom(TrainingRecipe.Parse(Of(checkpoint, RecipeKey)), step))
            differences.Add($"its recipe is {Of(checkpoint, RecipeKey)}, now it is {trainer.Recipe.ToJson()}");
        if (Of(checkpoint, DataKey) != trainer.Data)
            differences.Add($"its data are {Of(checkpoint, DataKey)}, now they are {trainer.Data}");
        if (Of(checkpoint, VectorsKey) != trainer.Model.Compute.Tier.Name)
            differences.Add($"it was computed with {Of(checkpoint, VectorsKey)}, now it would be {trainer.Model.Compute.Tier.Name}");
        if (differences.Count > 0 && !force)
            throw new InvalidDataException(
                $"{file} belongs to another run: {string.Join("; ", differences)}. "
                + "Continue it with what it was begun with, start anew in an empty folder, or force it.");
        foreach ((string name, Learned learned, NumberSet numbers) in Tensors(trainer))
        {
            if (!checkpoint.TryGet(name, out TensorInfo? tensor) || !tensor.Shape.AsSpan().SequenceEqual(learned.Shape))
                throw new InvalidDataException(
                    $"{file} has no {name} of shape [{string.Join(", ", learned.Shape)}]: it is of another model.");
            checkpoint.ReadFloats(tensor, numbers[learned]);
        }
        trainer.Restart(step);
        trainer.Model.Numbers.Pack();
    }

    private static string Of(SafetensorsFile checkpoint, string key) => checkpoint.Metadata.TryGetValue(key, out string? value)
        ? value
        : throw new InvalidDataException($"{checkpoint.Path} is no checkpoint of a training: its metadata has no {key}.");

    private static IEnumerable<(string Name, Learned Learned, NumberSet Numbers)> Tensors(Trainer trainer)
    {
        foreach (Learned learned in trainer.Model.Numbers.List.All)
        {
            bool isMuon = learned.Rule.Parts > 0 && trainer.Recipe.MuonRate > 0;
            yield return ($"model.{learned.Name}", learned, trainer.Model.Numbers.Numbers);
            yield return ($"average.{learned.Name}", learned, trainer.Average);
            yield return ($"{(isMuon ? "muon" : "adamw.m")}.{learned.Name}", learned, trainer.Mean);
            if (!isMuon)
                yield return ($"adamw.v.{learned.Name}", learned, trainer.Square);
        }
    }

    private IEnumerable<(long Step, string File)> All() => !Directory.Exists(path)
        ? []
        : Directory.EnumerateFiles(path, $"{Prefix}*{Suffix}")
            .Select(static file =>
                (Step: long.TryParse(System.IO.Path.GetFileNameWithoutExtension(file)[Prefix.Length..], out long step) ? step : -1,
                    File: file))
            .Where(static found => found.Step >= 0).OrderBy(static found => found.Step);
}
