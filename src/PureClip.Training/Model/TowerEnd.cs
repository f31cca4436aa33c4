using PureClip.Memory;

namespace PureClip.Training;

/// <summary>The end of a tower: norm of the row that is read → projection. And its backward.</summary>
internal sealed class TowerEnd(TrainedNumbers numbers, string norm, string projection, float eps)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly TrainedNorm _norm = numbers.Norm(norm, eps);
    private readonly TrainedMatrix _projection = numbers.Matrix(projection);

    /// <summary>embeddings = norm(x)·Wᵀ</summary>
    public void Forward(MatrixView x, BlockScratch t, MatrixView embeddings)
    {
        MatrixView y = t.Normed.Shape(x.Rows, x.Columns);
        _compute.LayerNorm(x, _norm, y);
        _compute.Product(y, _projection.Forward, embeddings);
    }

    /// <summary>Gradient by x from that by the embeddings.</summary>
    public MatrixView Backward(MatrixView dEmbeddings, MatrixView x, BlockScratch t)
    {
        MatrixView y = t.Normed.Shape(x.Rows, x.Columns), dy = t.DNormed.Shape(x.Rows, x.Columns), dx = t.DRead.Shape(x.Rows, x.Columns);
        _compute.LayerNorm(x, _norm, y);
        _compute.InputGradient(dEmbeddings, _projection, dy);
        _compute.WeightGradient(dEmbeddings, y, _projection);
        _compute.LayerNormBackward(x, _norm, dy, dx, add: false);
        return dx;
    }
}

/// <summary>The blocks of a tower, of which the last computes only the row that is read. And their backward.</summary>
internal sealed class BlocksTraining
{
    private readonly BlockTraining[] _blocks;
    private readonly bool _reachesBelow;

    public BlocksTraining(TrainedNumbers numbers, string name, PureClip.Model.TransformerConfig c, bool causal, Reads reads)
    {
        Nonlinearity f = c.Gelu switch
        {
            PureClip.Model.GeluKind.Quick => Nonlinearity.QuickGelu,
            PureClip.Model.GeluKind.Erf => Nonlinearity.Gelu,
            _ => Nonlinearity.GeluTanh,
        };
        _reachesBelow = numbers.Learns;
        _blocks = [.. Enumerable.Range(0, c.Layers).Select(i =>
            new BlockTraining(numbers, $"{name}.blocks.{i}", c.Heads, c.LayerNormEps, f, causal, i == c.Layers - 1 ? reads : Reads.Every))];
    }

    /// <summary>Memory for one micro-batch.</summary>
    public BlockTraining.Memory[] NewMemory() => [.. _blocks.Select(static _ => new BlockTraining.Memory())];

    /// <summary>The rows that are read.</summary>
    public MatrixView Forward(MatrixView x, Sequences s, BlockTraining.Memory[] memory, BlockScratch t)
    {
        for (int i = 0; i < _blocks.Length; i++)
            x = _blocks[i].Forward(x, s, memory[i], t);
        return x;
    }

    /// <summary>Gradient by the input from that by the rows that were read; of no meaning where only adapters learn, which are all in
    /// blocks.</summary>
    public MatrixView Backward(MatrixView d, Sequences s, BlockTraining.Memory[] memory, BlockScratch t)
    {
        for (int i = _blocks.Length - 1; i >= 0; i--)
            d = _blocks[i].Backward(d, s, memory[i], t, isLowest: i == 0 && !_reachesBelow);
        return d;
    }
}
