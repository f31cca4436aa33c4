using System.Collections.Immutable;
using PureClip.Files;

namespace PureClip.TextToImage;

/// <summary>An argument of a generator's pipeline.</summary>
/// <param name="Name">The argument's name.</param>
/// <param name="Shape">Its dimensions, the batch first.</param>
/// <param name="Values">Its numbers, row-major.</param>
public sealed record ConditioningTensor(string Name, ImmutableArray<long> Shape, float[] Values)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";
}

/// <summary>What a generator takes in place of a prompt: tensors by the names that Python's pipelines give their arguments.</summary>
public sealed class ConditioningTensors
{
    internal ConditioningTensors(IReadOnlyList<ConditioningTensor> all, IReadOnlyList<string> notes, Dictionary<string, string> metadata) =>
        (All, Notes, Metadata) = (all, notes, metadata);

    /// <summary>The tensors.</summary>
    public IReadOnlyList<ConditioningTensor> All { get; }

    /// <summary>What was dropped, or understood otherwise than it may have been meant: a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>What a saved file says of itself: generator, dialect, prompts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor of an argument.</summary>
    /// <exception cref="KeyNotFoundException">The generator takes none of that name.</exception>
    public ConditioningTensor this[string name] =>
        All.FirstOrDefault(tensor => tensor.Name == name)
        ?? throw new KeyNotFoundException($"There is no tensor {name}; there are {string.Join(", ", All.Select(static one => one.Name))}.");

    /// <summary>
    /// Writes a safetensors file, which appears when it is complete. In Python: <c>pipe(**load_file("cond.safetensors"), …)</c>.
    /// </summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafetensorsWriter.Write(path, All.Select(static one => TensorSource.FromFloats(one.Name, one.Shape, one.Values)), Metadata);
    }
}
