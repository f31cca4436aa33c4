using System.Globalization;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>
/// The messages of onnx.proto3 that weights need. Subgraphs, functions and training information are skipped, so that the nesting is
/// fixed: model, graph, node, attribute, tensor.
/// </summary>
internal sealed class OnnxParser
{
    /// <summary>Bytes of any name.</summary>
    public const int MaxTextBytes = 4096;

    /// <summary>Names, numbers and nodes of one file altogether; a merged CLIP ViT-L has some 200,000. Bounds memory to some hundred MB.</summary>
    private const int MaxItems = 4_000_000;

    /// <summary>Nodes of one graph; a merged CLIP ViT-L has some 8,000.</summary>
    private const int MaxNodes = 200_000;

    private const int MaxInitializers = 100_000;
    private const int MaxPorts = 1_000;
    private const int MaxAttributes = 100;
    private const int MaxIntegers = 1_000;

    /// <summary>Pieces of a typed data field that is not packed, as old writers leave small constants.</summary>
    private const int MaxPieces = 100_000;

    private int _items;

    public static string ReadOperatorSet(ProtobufReader reader)
    {
        string domain = "";
        long version = 0;
        while (reader.Next())
        {
            if (reader.Field == 1)
                domain = reader.Text(MaxTextBytes);
            else if (reader.Field == 2)
                version = reader.Int64;
        }
        return $"{(domain.Length == 0 ? "ai.onnx" : domain)} {version.ToString(CultureInfo.InvariantCulture)}";
    }

    public void ReadGraph(ProtobufReader reader, OnnxGraph graph)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: AddBounded(graph.Nodes, ReadNode(reader.Message()), MaxNodes, "nodes"); break;
                case 5: AddInitializer(graph, ReadTensor(reader.Message())); break;
                case 11: AddBounded(graph.Inputs, ReadName(reader.Message()), MaxPorts, "inputs"); break;
                case 12: AddBounded(graph.Outputs, ReadName(reader.Message()), MaxPorts, "outputs"); break;
                case 15:
                    Problem.InvalidData(
                    "The ONNX graph has sparse initialisers, which are not supported. Export the model again without them."); break;
            }
        }
    }

    private void AddInitializer(OnnxGraph graph, OnnxTensor tensor)
    {
        if (graph.Initializers.Count >= MaxInitializers)
            Problem.InvalidData($"The ONNX graph has more than {MaxInitializers} initialisers.");
        if (!graph.Initializers.TryAdd(tensor.Name, tensor))
            Problem.InvalidData($"The ONNX graph has two initialisers named '{tensor.Name}'.");
    }

    private OnnxNode ReadNode(ProtobufReader reader)
    {
        OnnxNode node = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: AddBounded(node.Inputs, reader.Text(MaxTextBytes), MaxPorts, "inputs of a node"); break;
                case 2: AddBounded(node.Outputs, reader.Text(MaxTextBytes), MaxPorts, "outputs of a node"); break;
                case 3: node.Name = reader.Text(MaxTextBytes); break;
                case 4: node.OpType = reader.Text(MaxTextBytes); break;
                case 5: AddAttribute(node, reader.Message()); break;
            }
        }
        return node;
    }

    private void AddAttribute(OnnxNode node, ProtobufReader reader)
    {
        CountItem();
        if (node.Attributes.Count >= MaxAttributes)
            Problem.InvalidData($"The ONNX node '{node.Name}' has more than {MaxAttributes} attributes.");
        string name = "";
        OnnxAttribute attribute = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: name = reader.Text(MaxTextBytes); break;
                case 2: attribute.Single = reader.Single; break;
                case 3: attribute.Integer = reader.Int64; break;
                case 4: attribute.Text = reader.Range.Length <= MaxTextBytes ? reader.Text(MaxTextBytes) : ""; break;
                case 5: attribute.Tensor = ReadTensor(reader.Message()); break;
                case 8: ReadIntegers(ref reader, attribute.Integers, $"attribute '{name}'"); break;
            }
        }
        node.Attributes[name] = attribute;
    }

    public OnnxTensor ReadTensor(ProtobufReader reader)
    {
        OnnxTensor tensor = new();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: ReadIntegers(ref reader, tensor.Shape, "dimensions of a tensor"); break;
                case 2: tensor.DataType = (int)Math.Clamp(reader.Int64, 0, 1000); break;
                case 3: Problem.InvalidData("The ONNX file has a tensor in segments, which no known program writes."); break;
                case 4 or 5 or 7 or 10 or 11:
                    AddBounded(tensor.Typed, ReadTyped(ref reader), MaxPieces, "unpacked numbers of a tensor");
                    break;
                case 8: tensor.Name = reader.Text(MaxTextBytes); break;
                case 9: tensor.Raw = new ByteRange(reader.Range.Offset, reader.Bytes.Length); break;
                case 13: AddExternal(tensor, reader.Message()); break;
                case 14: tensor.IsExternal = reader.Int64 == 1; break;
            }
        }
        return tensor;
    }

    private static OnnxTypedData ReadTyped(ref ProtobufReader reader) => reader.Type == WireType.Bytes
        ? new OnnxTypedData(reader.Field, reader.Range, 0)
        : new OnnxTypedData(reader.Field, null, reader.Value);

    private void AddExternal(OnnxTensor tensor, ProtobufReader reader)
    {
        string key = "", value = "";
        while (reader.Next())
        {
            if (reader.Field == 1)
                key = reader.Text(MaxTextBytes);
            else if (reader.Field == 2)
                value = reader.Text(MaxTextBytes);
        }
        CountItem();
        if (tensor.External.Count >= MaxAttributes || !tensor.External.TryAdd(key, value))
            Problem.InvalidData($"The external data of '{tensor.Name}' has the key '{key}' twice, or more than {MaxAttributes} keys.");
    }

    /// <summary>Repeated integers, packed or one by one; both are allowed (protobuf encoding, "Packed Repeated Fields").</summary>
    private void ReadIntegers(ref ProtobufReader reader, List<long> integers, string what)
    {
        if (reader.Type != WireType.Bytes)
        {
            AddBounded(integers, reader.Int64, MaxIntegers, what);
            return;
        }
        for (ProtobufReader packed = reader.Message(); !packed.AtEnd;)
            AddBounded(integers, (long)packed.Varint(), MaxIntegers, what);
    }

    private static string ReadName(ProtobufReader reader)
    {
        while (reader.Next())
            if (reader.Field == 1)
                return reader.Text(MaxTextBytes);
        return "";
    }

    private void AddBounded<T>(List<T> list, T item, int limit, string what)
    {
        CountItem();
        if (list.Count >= limit)
            Problem.InvalidData($"The ONNX file has more than {limit} {what}.");
        list.Add(item);
    }

    private void CountItem()
    {
        if (++_items > MaxItems)
            Problem.InvalidData($"The ONNX file has more than {MaxItems} nodes, names and attributes altogether.");
    }
}
