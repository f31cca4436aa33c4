namespace PureClip.Convert.Onnx;

/// <summary>A tensor of an ONNX file (onnx.proto3, TensorProto) by where its elements are; they stay in the file.</summary>
internal sealed class OnnxTensor
{
    public string Name { get; set; } = "";

    /// <summary>TensorProto.DataType.</summary>
    public int DataType { get; set; }

    public List<long> Shape { get; } = [];

    /// <summary>The bytes of raw_data, or null.</summary>
    public ByteRange? Raw { get; set; }

    /// <summary>The typed data fields, packed or one by one, in order.</summary>
    public List<OnnxTypedData> Typed { get; } = [];

    /// <summary>True where the elements are in another file.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Keys and values of external_data.</summary>
    public Dictionary<string, string> External { get; } = new(StringComparer.Ordinal);
}
