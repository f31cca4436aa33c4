namespace PureClip.Convert.Onnx;

/// <summary>One node of a graph (onnx.proto3, NodeProto).</summary>
internal sealed class OnnxNode
{
    public string Name { get; set; } = "";

    public string OpType { get; set; } = "";

    /// <summary>Names of the inputs; empty where one is absent.</summary>
    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];

    public Dictionary<string, OnnxAttribute> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>The name of an input, empty where it is absent.</summary>
    public string Input(int index) => index < Inputs.Count ? Inputs[index] : "";

    /// <summary>The name of the first output, empty where there is none.</summary>
    public string Output => Outputs.Count > 0 ? Outputs[0] : "";

    public long Integer(string attribute, long otherwise) =>
        Attributes.TryGetValue(attribute, out OnnxAttribute? value) ? value.Integer : otherwise;

    public float Single(string attribute, float otherwise) =>
        Attributes.TryGetValue(attribute, out OnnxAttribute? value) ? value.Single : otherwise;
}
