using System.Text;
using PureClip.Checkpoints;
using PureClip.Convert.Tensors;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert.Mapping;

/// <summary>
/// From a source's tensors to the result's, by the library's table of names: every tensor of the configuration is found once, and every
/// tensor of the source is used or on the list of what carries nothing.
/// </summary>
internal sealed class TensorMap
{
    private readonly SourceNames _names;
    private readonly ClipConfig _config;
    private readonly Dictionary<string, SourceTensor> _rest;
    private readonly List<string> _missing = [];
    private readonly List<string> _misfits = [];
    private readonly List<string> _unknown = [];

    private TensorMap(SourceNames names, ClipConfig config)
    {
        _names = names;
        _config = config;
        _rest = new Dictionary<string, SourceTensor>(names.ByName, StringComparer.Ordinal);
        Ignored = [.. names.Outside];
    }

    /// <summary>The tensors of the result, those of the table first.</summary>
    public List<OutputTensor> Outputs { get; } = [];

    /// <summary>Names in the source of the tensors in use.</summary>
    public List<string> Used { get; } = [];

    /// <summary>Tensors of the source that are not in the result.</summary>
    public List<IgnoredTensor> Ignored { get; }

    /// <summary>True where the source has the factor of the cosines.</summary>
    public bool HasLogitScale => Outputs.Exists(static o => o.Name == CheckpointNames.LogitScale);

    /// <summary>Maps a source onto a configuration.</summary>
    /// <exception cref="InvalidDataException">They do not fit; one message says all that is wrong.</exception>
    public static TensorMap Create(SourceNames names, ClipConfig config)
    {
        TensorMap map = new(names, config);
        foreach (CheckpointTensor row in CheckpointNames.TensorsOf(config))
            map.Add(row);
        map.AddScalar(CheckpointNames.LogitScale);
        map.AddScalar(CheckpointNames.LogitBias);
        map.SortOutRest();
        map.RequireCover();
        return map;
    }

    private void Add(CheckpointTensor row)
    {
        string[] sources = row.NamesIn(_names.Dialect);
        SourceTensor?[] found = [.. sources.Select(name => Take(name, row.ShapeIn(_names.Dialect)))];
        if (found.Contains(null))
            return;
        long[] shape = [.. row.HuggingFaceShape];
        for (int i = 0; i < row.HuggingFace.Length; i++)
        {
            bool isStacked = found.Length < row.HuggingFace.Length;
            SourceTensor source = found[isStacked ? 0 : i]!;
            if (row.IsTransposed && _names.Dialect != CheckpointDialect.HuggingFace)
                source = source.Transpose();
            long first = isStacked ? i * (source.ElementCount / row.HuggingFace.Length) : 0;
            Outputs.Add(new OutputTensor(row.Canonical, row.HuggingFace[i], shape, source, first));
        }
    }

    /// <summary>Removes a tensor from the rest; null, and a line for the error, where it is not there or does not fit.</summary>
    private SourceTensor? Take(string name, int[] shape)
    {
        if (!_rest.Remove(name, out SourceTensor? tensor))
        {
            _missing.Add(_names.Prefix + name);
            return null;
        }
        long[] expected = [.. shape];
        bool fits = tensor.Shape.SequenceEqual(expected) && tensor.Type.IsFloat();
        if (!fits)
            _misfits.Add(
                $"{tensor.Name}: {tensor.Type} {TensorShape.Text(tensor.Shape)}, expected is a float {TensorShape.Text(expected)}");
        Used.Add(tensor.Name);
        return fits ? tensor : null;
    }

    /// <summary>OpenCLIP may store a scalar as a list of one.</summary>
    private void AddScalar(string name)
    {
        if (!_rest.Remove(name, out SourceTensor? tensor))
            return;
        if (tensor.ElementCount != 1 || !tensor.Type.IsFloat())
            _misfits.Add($"{tensor.Name}: {tensor.Type} {TensorShape.Text(tensor.Shape)}, expected is one float");
        Used.Add(tensor.Name);
        Outputs.Add(new OutputTensor(name, name, [], tensor, 0));
    }

    private void SortOutRest()
    {
        foreach ((string name, SourceTensor tensor) in _rest)
        {
            if (CheckpointNames.IsIgnorable(name))
                Ignored.Add(new IgnoredTensor(tensor.Name, "carries nothing"));
            else if (_config.Vision is null && CheckpointNames.IsOfVision(name))
                Ignored.Add(new IgnoredTensor(tensor.Name, "belongs to a vision tower, which is not there"));
            else if (_config.Text is null && CheckpointNames.IsOfText(name))
                Ignored.Add(new IgnoredTensor(tensor.Name, "belongs to a text tower, which is not there"));
            else
                _unknown.Add($"{tensor.Name} {TensorShape.Text(tensor.Shape)}");
        }
    }

    private void RequireCover()
    {
        StringBuilder problems = new();
        ProblemList.AppendTo(problems, _misfits, "tensors that do not fit");
        ProblemList.AppendTo(problems, _missing, "missing tensors");
        ProblemList.AppendTo(problems, _unknown, "tensors that a CLIP does not have");
        if (problems.Length == 0)
            return;
        ProblemList.AppendTo(problems, [.. Ignored.Select(static i => $"{i.Name} {i.Reason}")], "tensors that would have been ignored");
        Throw.InvalidData($"The tensors are not those of a CLIP of this configuration ({_names.Dialect} names):{problems}");
    }
}

/// <summary>One tensor of the result and where its elements come from.</summary>
/// <param name="Canonical">The library's name of the number block that it belongs to.</param>
/// <param name="Name">Hugging Face's name.</param>
/// <param name="Shape">Shape in the result.</param>
/// <param name="Source">Elements in the result's order.</param>
/// <param name="First">Index of the first of them: query, key and value may be parts of one source.</param>
internal sealed record OutputTensor(string Canonical, string Name, long[] Shape, SourceTensor Source, long First)
{
    /// <summary>Elements.</summary>
    public long Count { get; } = TensorShape.ElementCount(Shape, Name);
}

/// <summary>A tensor of the source that is not written.</summary>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">Why it carries nothing here.</param>
internal sealed record IgnoredTensor(string Name, string Reason);
