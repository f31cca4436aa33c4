using PureClip.Checkpoints;
using PureClip.Convert.Tensors;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert.Mapping;

/// <summary>
/// From a source's tensors to the result's: the library's matcher finds every tensor of the configuration once, and every tensor of the
/// source is used or on the list of what carries nothing.
/// </summary>
internal sealed class TensorMap
{
    private TensorMap(Dialect target) => Target = target;

    /// <summary>
    /// In whose words the result is written: Hugging Face's, or OpenCLIP's where transformers has no such tower; the source's where it keeps
    /// its layout.
    /// </summary>
    public Dialect Target { get; }

    /// <summary>The tensors of the result, those of the towers first.</summary>
    public List<OutputTensor> Outputs { get; } = [];

    /// <summary>Names in the source of the tensors in use.</summary>
    public List<string> Used { get; } = [];

    /// <summary>Tensors of the source that are not in the result.</summary>
    public List<IgnoredTensor> Ignored { get; } = [];

    /// <summary>Whether the result has a scalar.</summary>
    public bool Has(string scalar) => Outputs.Exists(output => output.Name == scalar);

    /// <summary>Adds a scalar that the source lacks.</summary>
    public void AddConstant(string name, float value) => Outputs.Add(new OutputTensor(name, name, [], new ConstantTensor(name, value), 0));

    /// <summary>Maps a source onto a configuration.</summary>
    /// <param name="names">The source's tensors.</param>
    /// <param name="config">What they have to be.</param>
    /// <param name="keepsLayout">Whether the result speaks as the source does.</param>
    /// <param name="remedy">What to do where they do not fit, for sources of its kind.</param>
    /// <exception cref="InvalidDataException">They do not fit; one message says all that is wrong.</exception>
    public static TensorMap Create(SourceNames names, ClipConfig config, bool keepsLayout = false, string remedy = "")
    {
        using Towers towers = Towers.Of(config);
        Matcher match = Matcher.Match(towers, names.ByName.ToDictionary(static pair => pair.Key, static pair => HeadOf(pair.Value)))!;
        if (match.Problems is { Length: > 0 } problems)
            Problem.InvalidData($"The tensors are not those of a CLIP of this configuration:{problems}{remedy}");
        TensorMap map = new(
            keepsLayout ? match.Dialect
            : towers.Parameters.All(static parameter => Names.Of(parameter.Name, Names.HuggingFace) is not null) ? Names.HuggingFace
            : Names.OpenClip);
        foreach (Parameter parameter in towers.Parameters)
            if (keepsLayout)
                map.Keep(parameter, match.NamesOf(parameter), names);
            else
                map.Add(parameter, [.. match.NamesOf(parameter).Select(name => names.ByName[name])], names.Dialect);
        map.AddScalar(Names.LogitScale, names);
        map.AddScalar(Names.LogitBias, names);
        map.Used.AddRange(match.CanonicalNames.Keys);
        map.Ignored.AddRange([.. names.Outside, .. match.Unused.Select(static unused => new IgnoredTensor(unused.Name, unused.Reason))]);
        return map;
    }

    private static TensorHead HeadOf(SourceTensor tensor) =>
        new(tensor.Name, tensor.Shape.ToArray(), tensor.Type.IsFloat() ? null : $"expected floats, found {tensor.Type}");

    /// <summary>Each as it is in the source, without what stood around its name. Zeros that are not stored stay so.</summary>
    private void Keep(Parameter parameter, IReadOnlyList<string> found, SourceNames names)
    {
        foreach (string name in found.Where(static name => name.Length > 0))
        {
            SourceTensor tensor = names.ByName[name];
            Outputs.Add(new OutputTensor(parameter.Name, name, tensor.Shape.ToArray(), tensor, 0) { IsInner = parameter.Use == Use.Inner });
        }
    }

    /// <summary>Turned and cut where the source has it otherwise than the result.</summary>
    private void Add(Parameter parameter, SourceTensor[] found, Dialect dialect)
    {
        SourceName wanted = Names.Of(parameter.Name, Target)!.Value;
        long[] shape = Matcher.ShapeOf(parameter, wanted);
        bool isTurned = Names.Of(parameter.Name, dialect)!.Value.IsTurned != wanted.IsTurned;
        for (int i = 0; i < wanted.Names.Length; i++)
        {
            bool isStacked = found.Length < wanted.Names.Length;
            SourceTensor source = found[isStacked ? 0 : i];
            if (isTurned)
                source = source.Transpose();
            long first = isStacked ? i * (source.ElementCount / wanted.Names.Length) : 0;
            Outputs.Add(new OutputTensor(parameter.Name, wanted.Names[i], shape, source, first) { IsInner = parameter.Use == Use.Inner });
        }
    }

    /// <summary>OpenCLIP may store a scalar as a list of one.</summary>
    private void AddScalar(string name, SourceNames names)
    {
        if (names.ByName.TryGetValue(name, out SourceTensor? tensor))
            Outputs.Add(new OutputTensor(name, name, [], tensor, 0));
    }
}

/// <summary>One tensor of the result and where its elements come from.</summary>
/// <param name="Canonical">The library's name of the parameter that it belongs to.</param>
/// <param name="Name">Its name in the result.</param>
/// <param name="Shape">Shape in the result.</param>
/// <param name="Source">Elements in the result's order.</param>
/// <param name="First">Index of the first of them: query, key and value may be parts of one source.</param>
internal sealed record OutputTensor(string Canonical, string Name, long[] Shape, SourceTensor Source, long First)
{
    /// <summary>Whether it is a matrix inside a tower, which may become integers.</summary>
    public bool IsInner { get; init; }

    /// <summary>Elements.</summary>
    public long Count { get; } = TensorShape.ElementCount(Shape, Name);
}
