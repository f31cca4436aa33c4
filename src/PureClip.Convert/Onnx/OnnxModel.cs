using Google.Protobuf;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>A parsed ONNX file (onnx.proto3, ModelProto). Field numbers are the specification's.</summary>
internal sealed class OnnxModel
{
    private OnnxModel(Lease file) => File = file;

    public Lease File { get; }

    public OnnxGraph Graph { get; } = new();

    public long IrVersion { get; private set; }

    public string Producer { get; private set; } = "";

    /// <summary>Domains and their operator set versions.</summary>
    public List<string> OperatorSets { get; } = [];

    /// <summary>Parses a file.</summary>
    /// <exception cref="InvalidDataException">The file is not well formed, or over a limit.</exception>
    public static OnnxModel Parse(Lease file)
    {
        if (file.Length > int.MaxValue)
            Problem.InvalidData(
                $"{file.Path} has {file.Length} bytes; protobuf allows 2 GiB. Larger models keep their weights in external data.");
        OnnxModel model = new(file);
        OnnxParser parser = new();
        bool hasGraph = false;
        try
        {
            using ProtobufReader reader = new(file);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case 1: model.IrVersion = reader.Int64(); break;
                    case 2 or 3: model.Producer = $"{model.Producer} {reader.Text(OnnxParser.MaxTextBytes)}".Trim(); break;
                    case 7: parser.ReadGraph(reader, model.Graph); hasGraph = true; break;
                    case 8: model.AddOperatorSet(OnnxParser.ReadOperatorSet(reader)); break;
                }
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{file.Path} is no ONNX model, or is damaged: {e.Message}", e);
        }
        if (!hasGraph)
            Problem.InvalidData($"{file.Path} has no graph; it is not an ONNX model.");
        return model;
    }

    private void AddOperatorSet(string set)
    {
        if (OperatorSets.Count < 100)
            OperatorSets.Add(set);
    }
}

/// <summary>The graph of a model as far as weights need it.</summary>
internal sealed class OnnxGraph
{
    public List<OnnxNode> Nodes { get; } = [];

    /// <summary>Initialisers by name.</summary>
    public Dictionary<string, OnnxTensor> Initializers { get; } = new(StringComparer.Ordinal);

    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];
}

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

/// <summary>
/// One attribute of a node (onnx.proto3, AttributeProto): the kinds that weights and shapes need. Subgraphs are not read.
/// </summary>
internal sealed class OnnxAttribute
{
    public float Single { get; set; }

    public long Integer { get; set; }

    public string Text { get; set; } = "";

    public OnnxTensor? Tensor { get; set; }

    public List<long> Integers { get; } = [];
}

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

/// <summary>A piece of a typed data field: packed numbers in the file, or one number.</summary>
/// <param name="Field">4 float_data, 5 int32_data, 7 int64_data, 10 double_data, 11 uint64_data.</param>
/// <param name="Packed">Where packed numbers are, or null.</param>
/// <param name="Value">The one number where it was not packed.</param>
internal readonly record struct OnnxTypedData(int Field, ByteRange? Packed, ulong Value);

/// <summary>Bytes of an ONNX file, which protobuf bounds to 2 GiB.</summary>
/// <param name="Offset">Byte offset.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct ByteRange(int Offset, int Length);
