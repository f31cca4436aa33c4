using PureClip.Convert.Tensors;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert;

/// <summary>What a container holds: tensors under the names the container gives, what it says about the model, what was left out.</summary>
internal sealed class SourceCheckpoint : IDisposable
{
    private readonly List<Lease> _files;

    /// <param name="container">The container in a few words, such as "torch.save zip archive".</param>
    /// <param name="files">Every file that tensors are read from; owned from now on.</param>
    /// <param name="tensors">The tensors; names are unique.</param>
    /// <exception cref="InvalidDataException">Two tensors have one name. The files are then not disposed.</exception>
    public SourceCheckpoint(string container, IReadOnlyList<Lease> files, IReadOnlyList<SourceTensor> tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (SourceTensor tensor in tensors)
            if (!names.Add(tensor.Name))
                Problem.InvalidData($"Two tensors are named '{tensor.Name}'.");
        Container = container;
        Tensors = tensors;
        _files = [.. files];
    }

    /// <summary>The container in a few words.</summary>
    public string Container { get; }

    /// <summary>The files that were read, in the order of opening.</summary>
    public IReadOnlyList<Lease> Files => _files;

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
        foreach (Lease file in _files)
            file.Dispose();
    }
}

/// <summary>What a container says about a model beyond its tensors; null where it says nothing.</summary>
internal sealed record SourceFacts
{
    public TowerFacts Vision { get; init; } = new();

    public TowerFacts Text { get; init; } = new();

    public TextPooling? TextPooling { get; init; }

    /// <summary>The id that <see cref="TextPooling.EndOfTextId"/> looks for.</summary>
    public int? EndOfTextId { get; init; }

    /// <summary>True where a graph's own outputs are already of unit length: its embeddings equal ours only after normalisation.</summary>
    public bool? OutputsNormalized { get; init; }

    /// <summary>Pixels of the square input's side.</summary>
    public int? ImageSize { get; init; }

    public int? PatchSize { get; init; }

    /// <summary>Mean of red, green, blue in 0 to 1.</summary>
    public IReadOnlyList<float>? ImageMean { get; init; }

    /// <summary>Deviation of red, green, blue in 0 to 1.</summary>
    public IReadOnlyList<float>? ImageDeviation { get; init; }

    /// <summary>True where the container has no logit scale, so that one must be assumed.</summary>
    public bool LogitScaleMissing { get; init; }

    /// <summary>Token strings in id order, where the container holds a vocabulary.</summary>
    public IReadOnlyList<string>? Vocabulary { get; init; }
}

/// <summary>What a container says about one tower beyond its tensors; null where it says nothing.</summary>
internal sealed record TowerFacts
{
    public GeluKind? Gelu { get; init; }

    public int? Heads { get; init; }

    public float? LayerNormEps { get; init; }
}

/// <summary>Where in a text its embedding is read.</summary>
internal enum TextPooling
{
    /// <summary>At the first largest token id.</summary>
    LargestId,

    /// <summary>At the first token that equals <see cref="SourceFacts.EndOfTextId"/>.</summary>
    EndOfTextId,
}
