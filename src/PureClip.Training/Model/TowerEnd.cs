using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// The end of a tower: norm of what is read → projection, each where the family has it; two matrices where it has two. And its backward.
/// </summary>
/// <param name="numbers">The model's.</param>
/// <param name="norm">Name of the norm; null for none.</param>
/// <param name="inner">Name of the first of two matrices; null where there is one.</param>
/// <param name="f">What stands between the two; null for nothing.</param>
/// <param name="projection">Name of the last matrix; null for none: the embedding is what is read.</param>
/// <param name="eps">Of the norm.</param>
internal sealed class TowerEnd(
    TrainedNumbers numbers, string? norm, string? inner, Nonlinearity? f, string? projection, float eps) : IDisposable
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly TrainedNorm? _norm = norm is null ? null : numbers.Norm(norm, eps);
    private readonly TrainedMatrix? _inner = inner is null ? null : numbers.Matrix(inner),
        _projection = projection is null ? null : numbers.Matrix(projection);
    private readonly TrainingMatrix _hidden = new(), _activated = new(), _dHidden = new(), _dActivated = new();

    /// <summary>embeddings = projection(norm(x))</summary>
    /// <param name="x">[sequences, width]: what is read; kept by whoever computed it.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="embeddings">[sequences, embedding width]</param>
    public void Forward(MatrixView x, BlockScratch t, MatrixView embeddings)
    {
        MatrixView y = Inner(Normed(x, t));
        if (_projection is null)
            _compute.Copy(y, embeddings);
        else if (_projection.HasBias)
            _compute.Linear(y, _projection, embeddings);
        else
            _compute.Product(y, _projection.Forward, embeddings);
    }

    /// <summary>Gradient by x from that by the embeddings, in memory of its own.</summary>
    public MatrixView Backward(MatrixView dEmbeddings, MatrixView x, BlockScratch t)
    {
        MatrixView y = Normed(x, t), into = Inner(y), dy = t.DNormed.Shape(x.Rows, x.Columns), dx = t.DRead.Shape(x.Rows, x.Columns);
        MatrixView d = dEmbeddings;
        if (_projection is not null)
        {
            d = _inner is null ? dy : _dActivated.Shape(x.Rows, into.Columns);
            _compute.WeightGradient(dEmbeddings, into, _projection);
            if (_inner is not null && f is Nonlinearity between)
                _compute.InputGradient(dEmbeddings, _projection, between, _hidden.View, d, _activated.View);
            else
                _compute.InputGradient(dEmbeddings, _projection, d);
        }
        if (_inner is not null)
        {
            _compute.WeightGradient(d, y, _inner);
            _compute.InputGradient(d, _inner, dy);
            d = dy;
        }
        if (_norm is TrainedNorm ln)
            _compute.LayerNormBackward(x, ln, d, dx, add: false);
        else
            _compute.Copy(d, dx);
        return dx;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TrainingMatrix matrix in (TrainingMatrix[])[_hidden, _activated, _dHidden, _dActivated])
            matrix.Dispose();
    }

    private MatrixView Normed(MatrixView x, BlockScratch t)
    {
        if (_norm is not TrainedNorm ln)
            return x;
        MatrixView y = t.Normed.Shape(x.Rows, x.Columns);
        _compute.LayerNorm(x, ln, y);
        return y;
    }

    private MatrixView Inner(MatrixView y)
    {
        if (_inner is null)
            return y;
        MatrixView hidden = _hidden.Shape(y.Rows, _inner.Outputs);
        if (f is not Nonlinearity between)
        {
            _compute.Linear(y, _inner, hidden);
            return hidden;
        }
        MatrixView activated = _activated.Shape(y.Rows, _inner.Outputs);
        _compute.Linear(y, _inner, between, hidden, activated);
        return activated;
    }
}

/// <summary>The blocks of a tower, of which the last computes only the row that is read. And their backward.</summary>
internal sealed class BlocksTraining
{
    private readonly BlockTraining[] _blocks;
    private readonly bool _reachesBelow;

    public BlocksTraining(TrainedNumbers numbers, string name, TransformerConfig c, Sight sight, Reads reads, int grid = 0)
    {
        BlockShape shape = BlockShape.Of(c, sight, grid);
        _reachesBelow = numbers.Learns;
        _blocks = [.. Enumerable.Range(0, c.Layers).Select(i =>
            new BlockTraining(numbers, $"{name}.blocks.{i}", shape, i == c.Layers - 1 ? reads : Reads.Every))];
        FloatsKept = c.Layers * (6L * c.Width + (c.IsGated ? 2 : 1) * (long)c.MlpWidth + (c.Norms == NormPlace.Before ? 0 : 2L * c.Width));
    }

    /// <summary>Floats that are kept of a token.</summary>
    public long FloatsKept { get; }

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
