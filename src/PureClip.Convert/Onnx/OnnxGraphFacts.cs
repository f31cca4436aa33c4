using PureClip.Model;

namespace PureClip.Convert.Onnx;

/// <summary>What a graph computes beyond its weights: which GELU, where a text is read, whether its outputs are of unit length.</summary>
internal sealed class OnnxGraphFacts
{
    /// <summary>Nodes between an output and the norm that it was divided by.</summary>
    private const int MaxChain = 8;

    private readonly OnnxGraph _graph;
    private readonly OnnxValues _values;

    private OnnxGraphFacts(OnnxGraph graph, OnnxValues values)
    {
        _graph = graph;
        _values = values;
    }

    public static SourceFacts Read(OnnxGraph graph, OnnxValues values, OnnxTowers towers)
    {
        OnnxGraphFacts facts = new(graph, values);
        (TextPooling? pooling, int? id) = facts.Pooling();
        return new SourceFacts
        {
            Vision = facts.Tower(towers.Vision),
            Text = facts.Tower(towers.Text),
            TextPooling = pooling,
            EndOfTextId = id,
            OutputsNormalized = graph.Outputs.Any(facts.IsNormalized),
            PatchSize = facts.PatchSize(),
        };
    }

    private TowerFacts Tower(IReadOnlySet<OnnxNode> nodes)
    {
        HashSet<GeluKind> kinds = [.. nodes.Select(GeluOf).OfType<GeluKind>()];
        HashSet<float> epsilons = [.. nodes.Select(LayerNormEpsOf).OfType<float>()];
        return new TowerFacts
        {
            Gelu = kinds.Count == 1 ? kinds.Single() : null,
            LayerNormEps = epsilons.Count == 1 ? epsilons.Single() : null,
        };
    }

    private GeluKind? GeluOf(OnnxNode node) => node.OpType switch
    {
        "Erf" => GeluKind.Erf,
        "Tanh" or "FastGelu" => GeluKind.Tanh,
        "Gelu" or "BiasGelu" => node.Attributes.GetValueOrDefault("approximate")?.Text == "tanh" ? GeluKind.Tanh : GeluKind.Erf,
        "QuickGelu" => GeluKind.Quick,
        "Sigmoid" when _values.ProducerBehindCasts(node.Input(0)) is { OpType: "Mul" } scaled
            && scaled.Inputs.Any(i => _values.Scalar(i) is >= 1.70f and <= 1.704f) => GeluKind.Quick, // 1.702, also in half precision
        _ => null,
    };

    /// <summary>The eps of a LayerNormalization, or of one written out: variance + eps under a root.</summary>
    private float? LayerNormEpsOf(OnnxNode node)
    {
        if (node.OpType == "LayerNormalization")
            return node.Single("epsilon", 1e-5f);
        if (node.OpType != "Sqrt" || _values.Producer(node.Input(0)) is not { OpType: "Add" } sum)
            return null;
        bool isVariance = sum.Inputs.Any(i => _values.Producer(i)?.OpType == "ReduceMean");
        return isVariance ? sum.Inputs.Select(_values.Scalar).FirstOrDefault(static s => s is not null) : null;
    }

    private int? PatchSize()
    {
        OnnxNode? conv = _graph.Nodes.Find(static n => n.OpType is "Conv" or "ConvInteger");
        bool isPatches = conv?.Attributes.GetValueOrDefault("kernel_shape")?.Integers is [var height, var width]
            && height == width && height is > 1 and < 4096
            && conv.Attributes.GetValueOrDefault("strides")?.Integers is [var down, var right] && down == height && right == width;
        return isPatches ? (int)conv!.Attributes["kernel_shape"].Integers[0] : null;
    }

    /// <summary>ArgMax over the ids themselves, or over "equals the end of text".</summary>
    private (TextPooling? Pooling, int? Id) Pooling()
    {
        foreach (OnnxNode node in _graph.Nodes)
        {
            if (node.OpType != "ArgMax")
                continue;
            OnnxNode? before = _values.ProducerBehindCasts(node.Input(0));
            if (before is null)
                return (TextPooling.LargestId, null);
            if (before.OpType != "Equal")
                continue;
            foreach (string input in before.Inputs)
                if (_values.Scalar(input) is float id and >= 0 and < 1 << 24)
                    return (TextPooling.EndOfTextId, (int)id);
        }
        return (null, null);
    }

    /// <summary>True for x / ‖x‖₂, the norm being ReduceL2 or the root of a sum of squares.</summary>
    private bool IsNormalized(string output)
    {
        if (_values.ProducerBehindCasts(output) is not OnnxNode last)
            return false;
        if (last.OpType == "LpNormalization")
            return true;
        string value = last.OpType == "Div" ? last.Input(1) : "";
        for (int i = 0; i < MaxChain && _values.Producer(value) is OnnxNode node; i++)
        {
            if (node.OpType is "ReduceL2" or "ReduceSumSquare")
                return true;
            if (node.OpType == "ReduceSum")
                return _values.Producer(node.Input(0)) is { OpType: "Pow" or "Mul" or "Abs" };
            value = node.Input(0);
        }
        return false;
    }
}

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
                || (reader.OpType is "Cast" or "Identity" or "Reshape"
                    && _values.Readers(reader.Output).Any(r => isRead(r, reader.Output))))
                return true;
        return false;
    }
}
