namespace PureClip.Convert.Onnx;

/// <summary>
/// What nodes' scopes say about parameters' names: the wrapper that the exporter was given ("m." before every name), and to which module
/// a tensor belongs that was stored once for several.
/// </summary>
internal sealed class OnnxScopes
{
    /// <summary>Names, without the wrapper, that the scope of one of their readers confirms.</summary>
    private readonly HashSet<string> _confirmed = new(StringComparer.Ordinal);

    public OnnxScopes(OnnxGraph graph, OnnxValues values)
    {
        List<(string Name, string Scoped)> readings = [];
        foreach (OnnxNode node in graph.Nodes)
            foreach (string input in node.Inputs)
                if (values.Constant(input)?.Name is string name && Scoped(node, Leaf(name)) is string scoped)
                    readings.Add((name, scoped));
        Wrapper = readings
            .Where(static r => r.Name == r.Scoped || r.Name.EndsWith("." + r.Scoped, StringComparison.Ordinal))
            .GroupBy(static r => r.Name[..^r.Scoped.Length])
            .MaxBy(static g => g.Count())?.Key ?? "";
        foreach ((string name, string scoped) in readings)
            if (Unwrap(name) == scoped)
                _confirmed.Add(scoped);
    }

    /// <summary>What stands before every parameter's name but is in no node's scope, with its dot; usually empty.</summary>
    public string Wrapper { get; }

    /// <summary>The name that a node's scope gives its parameter, or null where the node has no scope.</summary>
    public static string? Scoped(OnnxNode node, string leaf) => OnnxNames.Scope(node) is { Length: > 0 } scope ? $"{scope}.{leaf}" : null;

    /// <summary>The name of a constant as the parameter of a node.</summary>
    /// <param name="node">The node that reads it.</param>
    /// <param name="constant">The constant.</param>
    /// <param name="leaf">What the parameter is called in its module: weight or bias.</param>
    public string? NameOf(OnnxNode node, OnnxConstant constant, string leaf)
    {
        string? scoped = Scoped(node, leaf);
        if (constant.Name is null)
            return scoped;
        string own = Unwrap(constant.Name);
        bool isAnothers = scoped is not null && scoped != own && Leaf(own) == leaf && _confirmed.Contains(own);
        return isAnothers ? scoped : own;
    }

    private string Unwrap(string name) => name.StartsWith(Wrapper, StringComparison.Ordinal) ? name[Wrapper.Length..] : name;

    private static string Leaf(string name) => name[(name.LastIndexOf('.') + 1)..];
}
