namespace PureClip.Convert.Onnx;

/// <summary>Which names of a graph are a parameter's, and what a node's scope says where they are not.</summary>
internal static class OnnxNames
{
    /// <summary>What quantisers and optimisers put after a parameter's name.</summary>
    private static readonly string[] Suffixes =
        ["_quantized", "_fp16", "_DequantizeLinear_Output", "_dequantized", "_QuantizeLinear_Input"];

    /// <summary>The parameter's name in a value's name, or null for one that an exporter made up.</summary>
    public static string? Parameter(string value)
    {
        foreach (string suffix in Suffixes)
            if (value.EndsWith(suffix, StringComparison.Ordinal))
                value = value[..^suffix.Length];
        bool madeUp = value.Length == 0
            || value[0] == '/'
            || value.Contains("::", StringComparison.Ordinal)
            || value.All(char.IsAsciiDigit)
            || value.StartsWith("val_", StringComparison.Ordinal)
            || value.StartsWith("Constant", StringComparison.Ordinal)
            || value.EndsWith("_output_0", StringComparison.Ordinal);
        return madeUp ? null : value;
    }

    /// <summary>
    /// The module that a node belongs to: <c>/visual/transformer/resblocks/resblocks.0/mlp/c_fc/MatMul</c> is in
    /// <c>visual.transformer.resblocks.0.mlp.c_fc</c>, empty at the top. Exporters before torch 1.13 have no scopes: null.
    /// </summary>
    public static string? Scope(OnnxNode node)
    {
        if (!node.Name.StartsWith('/'))
            return null;
        string[] segments = node.Name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        List<string> modules = [];
        for (int i = 0; i < segments.Length - 1; i++) // the last segment is the operator
            if (!segments[i + 1].StartsWith(segments[i] + ".", StringComparison.Ordinal)) // a list and its item: resblocks, resblocks.0
                modules.Add(segments[i]);
        return string.Join('.', modules);
    }

    /// <summary>The weight that belongs to a bias: X.bias has X.weight, in_proj_bias has in_proj_weight.</summary>
    public static string? WeightOfBias(string? bias)
    {
        if (bias is null || !(bias.EndsWith(".bias", StringComparison.Ordinal) || bias.EndsWith("_bias", StringComparison.Ordinal)))
            return null;
        return bias[..^"bias".Length] + "weight";
    }

    /// <summary>True for the weight of a Linear, which is stored [out, in]; bare parameters are used as they are stored.</summary>
    public static bool IsLinearWeight(string name) =>
        name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith("in_proj_weight", StringComparison.Ordinal);
}

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
