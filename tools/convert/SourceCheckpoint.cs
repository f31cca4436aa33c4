using PureClip.Convert.Tensors;

namespace PureClip.Convert;

/// <summary>What a container holds: tensors under the names the container gives, what it says about the model, what was left out.</summary>
internal sealed class SourceCheckpoint : IDisposable
{
    private readonly List<MappedFile> _files;

    /// <param name="container">The container in a few words, such as "torch.save zip archive".</param>
    /// <param name="files">Every file that tensors are read from; owned from now on.</param>
    /// <param name="tensors">The tensors; names are unique.</param>
    /// <exception cref="InvalidDataException">Two tensors have one name. The files are then not disposed.</exception>
    public SourceCheckpoint(string container, IReadOnlyList<MappedFile> files, IReadOnlyList<SourceTensor> tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (SourceTensor tensor in tensors)
            if (!names.Add(tensor.Name))
                Throw.InvalidData($"Two tensors are named '{tensor.Name}'.");
        Container = container;
        Tensors = tensors;
        _files = [.. files];
    }

    /// <summary>The container in a few words.</summary>
    public string Container { get; }

    /// <summary>The files that were read, in the order of opening.</summary>
    public IReadOnlyList<MappedFile> Files => _files;

    /// <summary>The tensors, in the order in which the container lists them.</summary>
    public IReadOnlyList<SourceTensor> Tensors { get; }

    /// <summary>What the container says about itself, for the report: versions, producers, key values.</summary>
    public List<KeyValuePair<string, string>> Metadata { get; } = [];

    /// <summary>What was left out or assumed, one sentence each.</summary>
    public List<string> Notes { get; init; } = [];

    /// <summary>What the container says about the model beyond its tensors.</summary>
    public SourceFacts Facts { get; init; } = new();

    public void Dispose()
    {
        foreach (MappedFile file in _files)
            file.Dispose();
    }
}
