using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>
/// The parameters of a graph under their modules' names. Exporters of torch transpose the weight of a Linear and drop its name, fold
/// position embeddings into constants and store equal tensors once; names come back from the bias that is added next, from the scope in
/// the node's name, or from the place in the graph.
/// </summary>
internal sealed class OnnxWeights
{
    private static readonly string[] FourBit = ["MatMulNBits", "MatMulBnb4", "GatherBlockQuantized"];

    private readonly OnnxGraph _graph;
    private readonly OnnxValues _values;
    private readonly OnnxScopes _scopes;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<(OnnxNode Node, OnnxConstant Weight)> _nameless = [];
    private readonly HashSet<string> _claimed = new(StringComparer.Ordinal);

    private OnnxWeights(OnnxGraph graph, OnnxValues values)
    {
        _graph = graph;
        _values = values;
        _scopes = new OnnxScopes(graph, values);
    }

    /// <summary>The parameters, in the order in which the graph uses them.</summary>
    public List<SourceTensor> Tensors { get; } = [];

    /// <summary>What was taken off, and what was not recognised.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Collects the parameters of a graph.</summary>
    /// <exception cref="InvalidDataException">A tensor is malformed, or quantised in a way that is not supported.</exception>
    public static OnnxWeights Collect(OnnxGraph graph, OnnxValues values, OnnxTowers towers)
    {
        OnnxWeights weights = new(graph, values);
        foreach (OnnxNode node in graph.Nodes)
            weights.Visit(node);
        OnnxEmbeddings.Find(graph, values, weights);
        weights.AddProjections(towers);
        weights.NoteUnclaimed();
        if (weights._scopes.Wrapper.Length > 0)
            weights.Notes.Add($"The prefix '{weights._scopes.Wrapper}' was taken off the names.");
        return weights;
    }

    /// <summary>The name of the first parameter of which this is true, or null.</summary>
    public string? FirstName(Func<string, bool> isWanted) => Tensors.Select(static t => t.Name).FirstOrDefault(isWanted);

    /// <summary>Takes a constant as the parameter of a name, unless that name has been given.</summary>
    public void Add(string? name, SourceTensor tensor, string origin)
    {
        if (name is null || !_names.Add(name))
            return;
        Tensors.Add(tensor.WithName(name));
        _claimed.Add(origin);
    }

    private void Visit(OnnxNode node)
    {
        if (FourBit.Contains(node.OpType))
            Problem.InvalidData(
                $"The graph has {node.OpType} nodes: 4-bit weights, which are not supported. Use the F32, F16 or 8-bit file of the " +
                "same model.");
        switch (node.OpType)
        {
            case "MatMul": VisitMatMul(node, _values.Constant(node.Input(1))); break;
            case "MatMulInteger": VisitMatMul(node, IntegerWeight(node, axis: 1)); break;
            case "ConvInteger": AddNatural(node, IntegerWeight(node, axis: 0), "weight"); break;
            case "Gemm": VisitGemm(node); break;
            case "Conv" or "LayerNormalization": VisitWeightAndBias(node); break;
            case "Gather": VisitGather(node); break;
            case "DequantizeLinear" or "Identity" or "Cast" or "Transpose" or "Squeeze" or "Unsqueeze" or "Constant":
                break; // their readers see through them
            default: VisitOther(node); break;
        }
    }

    /// <summary>x · B with a constant B, which is [in, out] for a Linear and as stored for a bare parameter.</summary>
    private void VisitMatMul(OnnxNode node, OnnxConstant? weight)
    {
        if (weight is null || weight.Tensor.Shape.Length != 2)
            return;
        string? name = weight.Name is not null
            ? _scopes.NameOf(node, weight, "weight")
            : OnnxNames.WeightOfBias(NameOfAddedBias(node)) ?? OnnxScopes.Scoped(node, "weight");
        if (name is not null)
            Add(name, OnnxNames.IsLinearWeight(name) ? weight.Tensor.Transpose() : weight.Tensor, weight.Origin);
        else
            _nameless.Add((node, weight));
    }

    /// <summary>
    /// Hugging Face's projections have no bias, so that without scopes nothing names them but their place: they are last in their tower.
    /// </summary>
    private void AddProjections(OnnxTowers towers)
    {
        bool hasVision = FirstName(static name => name.StartsWith("vision_model.", StringComparison.Ordinal)) is not null;
        bool hasText = FirstName(static name => name.StartsWith("text_model.", StringComparison.Ordinal)) is not null;
        foreach ((OnnxNode node, OnnxConstant weight) in _nameless)
        {
            bool isLast = _graph.Outputs.Contains(node.Output) || _values.ReaderBehindCasts(node.Output, "Div") is not null;
            bool isVision = towers.Vision.Contains(node);
            if (isLast && (isVision ? hasVision : hasText) && isVision != towers.Text.Contains(node))
                Add(isVision ? "visual_projection.weight" : "text_projection.weight", weight.Tensor.Transpose(), weight.Origin);
        }
    }

    private void VisitGemm(OnnxNode node)
    {
        if (_values.Constant(node.Input(1)) is not OnnxConstant weight || weight.Tensor.Shape.Length != 2)
            return;
        if (node.Single("alpha", 1) != 1 || node.Single("beta", 1) != 1 || node.Integer("transA", 0) != 0)
            Problem.InvalidData($"The Gemm node '{node.Name}' has a scale or a transposed input, which no Linear has.");
        OnnxConstant? bias = _values.Constant(node.Input(2));
        string? biasName = bias is null ? null : _scopes.NameOf(node, bias, "bias");
        string? name = weight.Name is not null
            ? _scopes.NameOf(node, weight, "weight")
            : OnnxNames.WeightOfBias(biasName) ?? OnnxScopes.Scoped(node, "weight");
        Add(name, node.Integer("transB", 0) != 0 ? weight.Tensor : weight.Tensor.Transpose(), weight.Origin);
        if (bias is not null)
            Add(biasName, bias.Tensor, bias.Origin);
    }

    private void VisitWeightAndBias(OnnxNode node)
    {
        AddNatural(node, _values.Constant(node.Input(1)), "weight");
        AddNatural(node, _values.Constant(node.Input(2)), "bias");
    }

    /// <summary>A table of embeddings; constants of other ranks are shapes and ids.</summary>
    private void VisitGather(OnnxNode node)
    {
        if (_values.Table(node) is { Tensor: { Shape.Length: 2 } tensor } table && (table.Name is not null || tensor.Type.IsFloat()))
            AddNatural(node, table, "weight");
    }

    /// <summary>Every other operator: constants that carry a parameter's name, and the two halves of a LayerNorm written out.</summary>
    private void VisitOther(OnnxNode node)
    {
        foreach (string input in node.Inputs)
            if (_values.Constant(input) is OnnxConstant constant && (constant.Name is not null || IsLayerNormPart(node)))
                AddNatural(node, constant, node.OpType == "Mul" ? "weight" : "bias");
    }

    /// <summary>True for the Mul after the Div of a LayerNorm, and for the Add after that Mul.</summary>
    private bool IsLayerNormPart(OnnxNode node)
    {
        if (node.OpType == "Add")
            return node.Inputs.Any(i => _values.ProducerBehindCasts(i) is { OpType: "Mul" } scaled && IsLayerNormPart(scaled));
        return node.OpType == "Mul" && node.Inputs.Any(i => _values.ProducerBehindCasts(i) is { OpType: "Div" } divided
            && _values.ProducerBehindCasts(divided.Input(1)) is { OpType: "Sqrt" });
    }

    private void AddNatural(OnnxNode node, OnnxConstant? constant, string leaf)
    {
        if (constant is not null)
            Add(_scopes.NameOf(node, constant, leaf), constant.Tensor, constant.Origin);
    }

    /// <summary>
    /// The weight of MatMulInteger or ConvInteger, whose scale is multiplied in after the product (ORT quantize_dynamic).
    /// </summary>
    private OnnxConstant? IntegerWeight(OnnxNode node, int axis)
    {
        if (_values.Constant(node.Input(1)) is null || _values.ReaderBehindCasts(node.Output, "Mul") is not OnnxNode rescale)
            return null;
        foreach (string factor in rescale.Inputs)
            if (_values.Producer(factor) is { OpType: "Mul" } scales)
                foreach (string scale in scales.Inputs)
                    if (_values.Singles(scale) is not null)
                        return _values.Dequantized(node.Input(1), scale, node.Input(3), axis);
        return Problem.InvalidData<OnnxConstant?>($"The scale of the integer weight of '{node.Name}' was not found after it.");
    }

    /// <summary>The name of the bias that is added to a product, directly or after the rescaling of an integer product.</summary>
    private string? NameOfAddedBias(OnnxNode node)
    {
        string product = node.OpType == "MatMulInteger" ? _values.ReaderBehindCasts(node.Output, "Mul")?.Output ?? "" : node.Output;
        OnnxNode? add = _values.ReaderBehindCasts(product, "Add") ?? _values.ReaderBehindCasts(product, "BiasGelu");
        foreach (string input in add?.Inputs ?? [])
            if (_values.Constant(input) is { Name: not null } bias)
                return _scopes.NameOf(add!, bias, "bias");
        return null;
    }

    private void NoteUnclaimed()
    {
        foreach ((string name, OnnxTensor tensor) in _graph.Initializers)
            if (!_claimed.Contains(name) && !_values.IsScale(name) && IsFloatArray(tensor) && Notes.Count < 100)
                Notes.Add($"The initialiser '{name}' of shape {TensorShape.Text([.. tensor.Shape])} was not recognised as a parameter.");
    }

    private static bool IsFloatArray(OnnxTensor tensor) =>
        OnnxTypes.Of(tensor.DataType)?.IsFloat() is true && tensor.Shape.Any(static d => d > 1);
}
