using System.Globalization;
using PureClip.Files;
using WireType = Google.Protobuf.WireFormat.WireType;

namespace PureClip.Convert.Onnx;

/// <summary>
/// The messages of onnx.proto3 that weights need. Subgraphs, functions and training information are skipped, so that the nesting is
/// fixed: model, graph, node, attribute, tensor.
/// </summary>
internal sealed class OnnxParser
{
    /// <summary>Bytes of any name.</summary>
    public const int MaxTextBytes = 4096;

    /// <summary>
    /// Names, numbers and nodes of one file altogether; a merged CLIP ViT-L has some 200,000. Bounds memory to some hundred MB.
    /// </summary>
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
        long outer = reader.Enter();
        while (reader.Next())
        {
            if (reader.Field == 1)
                domain = reader.Text(MaxTextBytes);
            else if (reader.Field == 2)
                version = reader.Int64();
        }
        reader.Leave(outer);
        return $"{(domain.Length == 0 ? "ai.onnx" : domain)} {version.ToString(CultureInfo.InvariantCulture)}";
    }

    public void ReadGraph(ProtobufReader reader, OnnxGraph graph)
    {
        long outer = reader.Enter();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: AddBounded(graph.Nodes, ReadNode(reader), MaxNodes, "nodes"); break;
                case 5: AddInitializer(graph, ReadTensor(reader)); break;
                case 11: AddBounded(graph.Inputs, ReadName(reader), MaxPorts, "inputs"); break;
                case 12: AddBounded(graph.Outputs, ReadName(reader), MaxPorts, "outputs"); break;
                case 15:
                    Problem.InvalidData(
                        "The ONNX graph has sparse initialisers, which are not supported. Export the model again without them.");
                    break;
            }
        }
        reader.Leave(outer);
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
        long outer = reader.Enter();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: AddBounded(node.Inputs, reader.Text(MaxTextBytes), MaxPorts, "inputs of a node"); break;
                case 2: AddBounded(node.Outputs, reader.Text(MaxTextBytes), MaxPorts, "outputs of a node"); break;
                case 3: node.Name = reader.Text(MaxTextBytes); break;
                case 4: node.OpType = reader.Text(MaxTextBytes); break;
                case 5: AddAttribute(node, reader); break;
            }
        }
        reader.Leave(outer);
        return node;
    }

    private void AddAttribute(OnnxNode node, ProtobufReader reader)
    {
        CountItem();
        if (node.Attributes.Count >= MaxAttributes)
            Problem.InvalidData($"The ONNX node '{node.Name}' has more than {MaxAttributes} attributes.");
        string name = "";
        OnnxAttribute attribute = new();
        long outer = reader.Enter();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: name = reader.Text(MaxTextBytes); break;
                case 2: attribute.Single = reader.Single(); break;
                case 3: attribute.Integer = reader.Int64(); break;
                case 4: attribute.Text = reader.TextOrNull(MaxTextBytes) ?? ""; break;
                case 5: attribute.Tensor = ReadTensor(reader); break;
                case 8: ReadIntegers(reader, attribute.Integers, $"attribute '{name}'"); break;
            }
        }
        reader.Leave(outer);
        node.Attributes[name] = attribute;
    }

    public OnnxTensor ReadTensor(ProtobufReader reader)
    {
        OnnxTensor tensor = new();
        long outer = reader.Enter();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: ReadIntegers(reader, tensor.Shape, "dimensions of a tensor"); break;
                case 2: tensor.DataType = (int)Math.Clamp(reader.Int64(), 0, 1000); break;
                case 3: Problem.InvalidData("The ONNX file has a tensor in segments, which no known program writes."); break;
                case 4 or 5 or 7 or 10 or 11: AddBounded(tensor.Typed, ReadTyped(reader), MaxPieces, "unpacked numbers of a tensor"); break;
                case 8: tensor.Name = reader.Text(MaxTextBytes); break;
                case 9: tensor.Raw = reader.Range(); break;
                case 13: AddExternal(tensor, reader); break;
                case 14: tensor.IsExternal = reader.Int64() == 1; break;
            }
        }
        reader.Leave(outer);
        return tensor;
    }

    private static OnnxTypedData ReadTyped(ProtobufReader reader) => reader.Type == WireType.LengthDelimited
        ? new OnnxTypedData(reader.Field, reader.Range(), 0)
        : new OnnxTypedData(reader.Field, null, reader.Bits());

    private void AddExternal(OnnxTensor tensor, ProtobufReader reader)
    {
        string key = "", value = "";
        long outer = reader.Enter();
        while (reader.Next())
        {
            if (reader.Field == 1)
                key = reader.Text(MaxTextBytes);
            else if (reader.Field == 2)
                value = reader.Text(MaxTextBytes);
        }
        reader.Leave(outer);
        CountItem();
        if (tensor.External.Count >= MaxAttributes || !tensor.External.TryAdd(key, value))
            Problem.InvalidData($"The external data of '{tensor.Name}' has the key '{key}' twice, or more than {MaxAttributes} keys.");
    }

    /// <summary>Repeated integers, packed or one by one; both are allowed (protobuf encoding, "Packed Repeated Fields").</summary>
    private void ReadIntegers(ProtobufReader reader, List<long> integers, string what)
    {
        if (reader.Type != WireType.LengthDelimited)
        {
            AddBounded(integers, reader.Int64(), MaxIntegers, what);
            return;
        }
        long outer = reader.Enter();
        while (!reader.AtEnd)
            AddBounded(integers, (long)reader.Packed(), MaxIntegers, what);
        reader.Leave(outer);
    }

    private static string ReadName(ProtobufReader reader)
    {
        string name = "";
        long outer = reader.Enter();
        while (reader.Next())
            if (reader.Field == 1)
                name = reader.Text(MaxTextBytes);
        reader.Leave(outer);
        return name;
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
