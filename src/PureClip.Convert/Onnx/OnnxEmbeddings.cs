using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>
/// Class token and position embeddings where the exporter folded them into anonymous constants: what is put before the patches, what is
/// added to tokens. Their names are those of the module that holds the patch convolution or the token table.
/// </summary>
internal sealed class OnnxEmbeddings
{
    /// <summary>Nodes between the class token's constant and the Concat.</summary>
    private const int MaxChain = 8;

    private readonly OnnxValues _values;
    private readonly OnnxWeights _weights;
    private readonly string? _classToken;
    private readonly string? _visionPositions;
    private readonly string? _textPositions;

    private OnnxEmbeddings(OnnxValues values, OnnxWeights weights)
    {
        _values = values;
        _weights = weights;
        _classToken = Beside("embeddings.patch_embedding.weight", "embeddings.class_embedding")
            ?? Beside("conv1.weight", "class_embedding");
        _visionPositions = Beside("embeddings.patch_embedding.weight", "embeddings.position_embedding.weight")
            ?? Beside("conv1.weight", "positional_embedding");
        _textPositions = Beside("embeddings.token_embedding.weight", "embeddings.position_embedding.weight")
            ?? Beside("token_embedding.weight", "positional_embedding");
    }

    /// <summary>Gives the anonymous constants to <paramref name="weights"/>.</summary>
    public static void Find(OnnxGraph graph, OnnxValues values, OnnxWeights weights)
    {
        OnnxEmbeddings embeddings = new(values, weights);
        foreach (OnnxNode node in graph.Nodes)
        {
            if (node is { OpType: "Concat", Inputs.Count: 2 } && node.Integer("axis", 0) == 1)
                embeddings.AddClassToken(node);
            else if (node is { OpType: "Add", Inputs.Count: 2 })
                embeddings.AddPositions(node);
        }
    }

    private void AddClassToken(OnnxNode concat)
    {
        if (ConstantRow(concat.Input(0)) is { Name: null } token)
            _weights.Add(_classToken, token.Tensor.Reshape([token.Tensor.ElementCount]), token.Origin);
    }

    private void AddPositions(OnnxNode add)
    {
        for (int i = 0; i < 2; i++)
        {
            if (_values.Constant(add.Input(i)) is not { Name: null } table || AsMatrix(table.Tensor) is not long[] shape)
                continue;
            string? name = _values.ProducerBehindCasts(add.Input(1 - i))?.OpType switch
            {
                "Concat" => _visionPositions,
                "Transpose" when IsOfPatches(add.Input(1 - i)) => _visionPositions, // without a class token: SigLIP
                "Gather" or "DequantizeLinear" => _textPositions, // the latter behind a quantised token table
                _ => null,
            };
            _weights.Add(name, table.Tensor.Reshape(shape), table.Origin);
        }
    }

    /// <summary>Whether a value is what a convolution makes of patches, laid out as rows.</summary>
    private bool IsOfPatches(string value)
    {
        for (int i = 0; i < MaxChain && _values.ProducerBehindCasts(value) is OnnxNode node; i++, value = node.Input(0))
            if (node.OpType is not ("Transpose" or "Reshape" or "Flatten"))
                return node.OpType is "Conv" or "ConvInteger";
        return false;
    }

    /// <summary>[1, rows, columns] or [rows, columns] with more than one row, else null.</summary>
    private static long[]? AsMatrix(SourceTensor tensor)
    {
        ReadOnlySpan<long> shape = tensor.Shape;
        while (shape.Length > 2 && shape[0] == 1)
            shape = shape[1..];
        return shape.Length == 2 && shape[0] > 1 && tensor.Type.IsFloat() ? shape.ToArray() : null;
    }

    /// <summary>A constant row, looked for behind what repeats it for each picture: Expand, Tile, or the sum with zeros.</summary>
    private OnnxConstant? ConstantRow(string value)
    {
        for (int i = 0; i < MaxChain; i++)
        {
            if (_values.Constant(value) is OnnxConstant found)
                return found.Tensor.Type.IsFloat() ? found : null;
            switch (_values.ProducerBehindCasts(value))
            {
                case { OpType: "Expand" or "Tile" or "Reshape" or "Unsqueeze" } node:
                    value = node.Input(0);
                    break;
                case { OpType: "Add", Inputs.Count: 2 } sum:
                    value = _values.ProducerBehindCasts(sum.Input(0)) is { OpType: "ConstantOfShape" } ? sum.Input(1) : sum.Input(0);
                    break;
                default:
                    return null;
            }
        }
        return null;
    }

    /// <summary>The name of a parameter beside a known one: "visual.conv1.weight" has "visual.class_embedding" beside it.</summary>
    private string? Beside(string known, string neighbour) =>
        _weights.FirstName(name => name == known || name.EndsWith("." + known, StringComparison.Ordinal)) is string found
            ? found[..^known.Length] + neighbour
            : null;
}
