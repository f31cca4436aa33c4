namespace PureClip.Convert.Onnx;

/// <summary>One attribute of a node (onnx.proto3, AttributeProto): the kinds that weights and shapes need. Subgraphs are not read.</summary>
internal sealed class OnnxAttribute
{
    public float Single { get; set; }

    public long Integer { get; set; }

    public string Text { get; set; } = "";

    public OnnxTensor? Tensor { get; set; }

    public List<long> Integers { get; } = [];
}
