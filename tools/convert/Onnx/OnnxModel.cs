using PureClip.Convert.Tensors;

namespace PureClip.Convert.Onnx;

/// <summary>A parsed ONNX file (onnx.proto3, ModelProto). Field numbers are the specification's.</summary>
internal sealed class OnnxModel
{
    private OnnxModel(MappedFile file) => File = file;

    public MappedFile File { get; }

    public OnnxGraph Graph { get; } = new();

    public long IrVersion { get; private set; }

    public string Producer { get; private set; } = "";

    /// <summary>Domains and their operator set versions.</summary>
    public List<string> OperatorSets { get; } = [];

    /// <summary>Parses a file.</summary>
    /// <exception cref="InvalidDataException">The file is not well formed, or over a limit.</exception>
    public static OnnxModel Parse(MappedFile file)
    {
        if (file.Length > int.MaxValue)
            Throw.InvalidData(
                $"{file.Path} has {file.Length} bytes; protobuf allows 2 GiB. Larger models keep their weights in external data.");
        OnnxModel model = new(file);
        OnnxParser parser = new();
        ProtobufReader reader = new(file.Span(0, (int)file.Length), 0);
        bool hasGraph = false;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: model.IrVersion = reader.Int64; break;
                case 2 or 3: model.Producer = $"{model.Producer} {reader.Text(OnnxParser.MaxTextBytes)}".Trim(); break;
                case 7: parser.ReadGraph(reader.Message(), model.Graph); hasGraph = true; break;
                case 8: model.AddOperatorSet(OnnxParser.ReadOperatorSet(reader.Message())); break;
            }
        }
        if (!hasGraph)
            Throw.InvalidData($"{file.Path} has no graph; it is not an ONNX model.");
        return model;
    }

    private void AddOperatorSet(string set)
    {
        if (OperatorSets.Count < 100)
            OperatorSets.Add(set);
    }
}
