namespace PureClip.Convert.Onnx;

/// <summary>Which nodes of a graph depend on the picture and which on the text. Logits depend on both.</summary>
internal sealed class OnnxTowers
{
    private readonly OnnxGraph _graph;
    private readonly OnnxValues _values;

    public OnnxTowers(OnnxGraph graph, OnnxValues values)
    {
        _graph = graph;
        _values = values;
        Vision = NodesAfter(static (reader, input) =>
            reader.OpType is "Conv" or "ConvInteger" or "DynamicQuantizeLinear" && reader.Input(0) == input);
        Text = NodesAfter(static (reader, input) => reader.OpType == "Gather" && reader.Input(1) == input);
    }

    /// <summary>The nodes behind an input that a convolution reads.</summary>
    public IReadOnlySet<OnnxNode> Vision { get; }

    /// <summary>The nodes behind an input that picks rows of a table.</summary>
    public IReadOnlySet<OnnxNode> Text { get; }

    private HashSet<OnnxNode> NodesAfter(Func<OnnxNode, string, bool> isRead)
    {
        HashSet<OnnxNode> reached = [];
        Stack<string> open = new(_graph.Inputs.Where(input => IsReadBehindCasts(input, isRead)));
        while (open.TryPop(out string? value))
            foreach (OnnxNode reader in _values.Readers(value))
                if (reached.Add(reader))
                    foreach (string output in reader.Outputs)
                        open.Push(output);
        return reached;
    }

    private bool IsReadBehindCasts(string input, Func<OnnxNode, string, bool> isRead)
    {
        if (_graph.Initializers.ContainsKey(input)) // before IR version 4 they are inputs too
            return false;
        foreach (OnnxNode reader in _values.Readers(input))
            if (isRead(reader, input)
                || (reader.OpType is "Cast" or "Identity" or "Reshape" && _values.Readers(reader.Output).Any(r => isRead(r, reader.Output))))
                return true;
        return false;
    }
}
