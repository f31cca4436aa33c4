using System.Buffers.Binary;
using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>Who makes and who reads each value of a graph, and which values are constants.</summary>
internal sealed class OnnxValues
{
    /// <summary>Nodes between a constant and its reader; exporters chain at most a handful. Also ends cycles.</summary>
    private const int MaxChain = 32;

    /// <summary>Elements of a scale or zero point: one a column.</summary>
    private const int MaxScales = 1 << 20;

    private readonly HashSet<string> _scales = new(StringComparer.Ordinal);
    private readonly OnnxGraph _graph;
    private readonly OnnxTensorReader _tensors;
    private readonly Dictionary<string, OnnxNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<OnnxNode>> _readers = new(StringComparer.Ordinal);

    public OnnxValues(OnnxGraph graph, OnnxTensorReader tensors)
    {
        _graph = graph;
        _tensors = tensors;
        foreach (OnnxNode node in graph.Nodes)
        {
            foreach (string output in node.Outputs)
                if (output.Length > 0 && !_producers.TryAdd(output, node))
                    Problem.InvalidData($"The ONNX graph makes the value '{output}' twice.");
            foreach (string input in node.Inputs.Where(static i => i.Length > 0).Distinct())
                (_readers.TryGetValue(input, out List<OnnxNode>? list) ? list : _readers[input] = []).Add(node);
        }
    }

    /// <summary>The node that makes a value, or null for inputs and initialisers.</summary>
    public OnnxNode? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The node that makes a value, looked for behind Cast and Identity.</summary>
    public OnnxNode? ProducerBehindCasts(string value)
    {
        for (int i = 0; i < MaxChain; i++)
        {
            if (Producer(value) is not OnnxNode node || node.OpType is not ("Cast" or "Identity"))
                return Producer(value);
            value = node.Input(0);
        }
        return null;
    }

    /// <summary>True for a value that was used as the scale of a quantised tensor.</summary>
    public bool IsScale(string value) => _scales.Contains(value);

    /// <summary>The nodes that read a value.</summary>
    public IReadOnlyList<OnnxNode> Readers(string value) => _readers.TryGetValue(value, out List<OnnxNode>? list) ? list : [];

    /// <summary>The node of an operator that reads a value, looked for behind Cast and Identity, or null.</summary>
    public OnnxNode? ReaderBehindCasts(string value, string opType)
    {
        for (int i = 0; i < MaxChain; i++)
        {
            IReadOnlyList<OnnxNode> readers = Readers(value);
            if (readers.FirstOrDefault(r => r.OpType == opType) is OnnxNode found)
                return found;
            if (readers.FirstOrDefault(static r => r.OpType is "Cast" or "Identity") is not OnnxNode cast)
                return null;
            value = cast.Output;
        }
        return null;
    }

    /// <summary>
    /// A value's numbers, looked for behind Identity (exporters store equal tensors once), Cast, Transpose, Squeeze, Unsqueeze and
    /// DequantizeLinear; null where it depends on the graph's inputs. Dimensions of size 1 may differ from what the consumer sees.
    /// </summary>
    /// <exception cref="InvalidDataException">The value depends on itself, or its tensor is malformed.</exception>
    public OnnxConstant? Constant(string value) => Resolve(value, throughDequantize: true);

    /// <summary>As <see cref="Constant"/>. What a DequantizeLinear reads may not be behind another, which ends recursion.</summary>
    private OnnxConstant? Resolve(string value, bool throughDequantize)
    {
        string? name = null;
        bool transposed = false;
        for (int i = 0; i < MaxChain; i++)
        {
            name ??= OnnxNames.Parameter(value);
            if (_graph.Initializers.TryGetValue(value, out OnnxTensor? tensor))
                return Found(value, name, _tensors.Open(tensor), transposed);
            if (Producer(value) is not OnnxNode node)
                return null;
            switch (node.OpType)
            {
                case "Constant":
                    return Inline(node) is SourceTensor inline ? Found(value, name, inline, transposed) : null;
                case "DequantizeLinear" when throughDequantize:
                    return Dequantized(node) is OnnxConstant inner
                        ? Found(inner.Origin, name ?? inner.Name, inner.Tensor, transposed)
                        : null;
                case "Transpose" when node.Attributes.GetValueOrDefault("perm")?.Integers is null or { Count: 0 } or [1, 0]:
                    transposed = !transposed;
                    break;
                case "Identity" or "Cast" or "Squeeze" or "Unsqueeze":
                    break;
                default:
                    return null;
            }
            value = node.Input(0);
        }
        return Problem.InvalidData<OnnxConstant?>($"The ONNX value '{value}' is behind more than {MaxChain} nodes or depends on itself.");
    }

    /// <summary>A quantised initialiser with its scale and zero point: (q − zero) · scale.</summary>
    /// <param name="quantized">The integers' value.</param>
    /// <param name="scale">The scale's value.</param>
    /// <param name="zeroPoint">The zero point's value, or empty for zero.</param>
    /// <param name="axis">The dimension that several scales belong to; negative counts from the last.</param>
    public OnnxConstant? Dequantized(string quantized, string scale, string zeroPoint, int axis)
    {
        if (Resolve(quantized, throughDequantize: false)?.Tensor is not SourceTensor integers || Singles(scale) is not float[] scales)
            return null;
        float[]? zeros = zeroPoint.Length == 0 ? new float[scales.Length] : Singles(zeroPoint);
        if (zeros is { Length: 1 } && scales.Length > 1)
            zeros = [.. Enumerable.Repeat(zeros[0], scales.Length)];
        if (zeros is null)
            return null;
        string? name = OnnxNames.Parameter(quantized);
        if (axis < 0)
            axis += integers.Shape.Length;
        _scales.Add(scale);
        return new OnnxConstant(quantized, name, new DequantizedTensor(name ?? quantized, integers, scales, zeros, axis));
    }

    /// <summary>
    /// The table of a Gather. A quantised one is dequantised after rows were taken from it (ORT quantize_dynamic), with one scale.
    /// </summary>
    public OnnxConstant? Table(OnnxNode gather)
    {
        if (Constant(gather.Input(0)) is not OnnxConstant table
            || ReaderBehindCasts(gather.Output, "DequantizeLinear") is not OnnxNode after)
            return Constant(gather.Input(0));
        return table.Tensor.Type.IsFloat() ? table : Dequantized(gather.Input(0), after.Input(1), after.Input(2), Axis(after));
    }

    /// <summary>A small constant as singles, or null where the value is none or is large.</summary>
    public float[]? Singles(string value)
    {
        if (value.Length == 0 || Resolve(value, throughDequantize: false)?.Tensor is not SourceTensor tensor
            || tensor.ElementCount is 0 or > MaxScales)
            return null;
        float[] result = new float[tensor.ElementCount];
        tensor.ReadSingles(0, result);
        return result;
    }

    /// <summary>A constant of one number, or null.</summary>
    public float? Scalar(string value) => Singles(value) is [var only] ? only : null;

    /// <summary>The tensor of a Constant node, or its one float.</summary>
    private SourceTensor? Inline(OnnxNode node)
    {
        if (node.Attributes.GetValueOrDefault("value")?.Tensor is OnnxTensor tensor)
            return _tensors.Open(tensor);
        if (node.Attributes.GetValueOrDefault("value_float") is not OnnxAttribute number)
            return null;
        byte[] bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, number.Single);
        return new StridedTensor(node.Output, NumberType.F32, [], Lease.FromBytes(bytes), 0);
    }

    private OnnxConstant? Dequantized(OnnxNode node) => Dequantized(node.Input(0), node.Input(1), node.Input(2), Axis(node));

    private static int Axis(OnnxNode dequantize) => (int)Math.Clamp(dequantize.Integer("axis", 1), -8, 8);

    private static OnnxConstant Found(string origin, string? name, SourceTensor tensor, bool transposed) =>
        new(origin, name, transposed ? tensor.Transpose() : tensor);
}

/// <summary>A value of the graph that is known without running it.</summary>
/// <param name="Origin">The initialiser or Constant output that holds the numbers.</param>
/// <param name="Name">The parameter's name where one was met on the way from the consumer to the origin, else null.</param>
/// <param name="Tensor">The numbers as the consumer sees them: dequantised, transposed.</param>
internal sealed record OnnxConstant(string Origin, string? Name, SourceTensor Tensor);
