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
