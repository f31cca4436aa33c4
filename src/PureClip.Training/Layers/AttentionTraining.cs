using PureClip.Memory;

namespace PureClip.Training;

/// <summary>z + softmax(q·kᵀ/√d)·v·Woᵀ + b with q, k, v = y·Wqkvᵀ + b, and its backward.</summary>
internal sealed class AttentionTraining
{
    private readonly TrainingCompute _compute;
    private readonly TrainedMatrix? _qkv, _query, _keyValue;
    private readonly TrainedMatrix _out;
    private readonly int _width, _heads;
    private readonly bool _causal;
    private readonly Reads _reads;

    /// <param name="numbers">The model's.</param>
    /// <param name="name">Name of the layer.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="causal">Whether tokens see only what came before them.</param>
    /// <param name="reads">Which tokens ask. A single one sees every key: it is the last of a causal sequence, or there is no mask.</param>
    public AttentionTraining(TrainedNumbers numbers, string name, int heads, bool causal, Reads reads)
    {
        (_compute, _heads, _causal, _reads) = (numbers.Compute, heads, causal && reads == Reads.Every, reads);
        _out = numbers.Matrix($"{name}.out");
        _width = _out.Outputs;
        if (reads == Reads.Every)
        {
            _qkv = numbers.Matrix($"{name}.qkv");
        }
        else
        {
            _query = numbers.Matrix($"{name}.qkv", .._width);
            _keyValue = numbers.Matrix($"{name}.qkv", _width..);
        }
    }

    /// <summary>What is kept of a micro-batch: queries, keys, values and their mixture.</summary>
    public sealed class Memory : IDisposable
    {
        public TrainingMatrix Query { get; } = new();

        public TrainingMatrix Qkv { get; } = new();

        public TrainingMatrix Mixed { get; } = new();

        public void Dispose()
        {
            Query.Dispose();
            Qkv.Dispose();
            Mixed.Dispose();
        }
    }

    /// <summary>sum = z + attention(y)</summary>
    /// <param name="y">[rows, width]: every token, normalised.</param>
    /// <param name="z">[tokens that ask, width]: the residual stream.</param>
    /// <param name="s">The sequences.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="sum">[tokens that ask, width]</param>
    public void Forward(MatrixView y, MatrixView z, Sequences s, Memory m, BlockScratch t, MatrixView sum)
    {
        MatrixView mixed = m.Mixed.Shape(z.Rows, _width);
        if (_qkv is not null)
        {
            _compute.Linear(y, _qkv, m.Qkv.Shape(y.Rows, 3 * _width));
        }
        else
        {
            MatrixView asking = t.Asking.Shape(s.Count, _width);
            s.Pick(y, _reads, asking);
            _compute.Linear(asking, _query!, m.Query.Shape(s.Count, _width));
            _compute.Linear(y, _keyValue!, m.Qkv.Shape(y.Rows, 2 * _width));
        }
        (MatrixView q, MatrixView k, MatrixView v) = Parts(m.Query.View, m.Qkv.View);
        _compute.Attention(q, k, v, s.Starts, _heads, _causal, onePerSequence: _qkv is null, mixed);
        _compute.LinearPlus(mixed, _out, z, sum);
    }

    /// <summary>Gradient by y; z's is <paramref name="d"/> itself.</summary>
    /// <param name="d">[tokens that ask, width]: gradient by the sum.</param>
    /// <param name="y">[rows, width]: as it was.</param>
    /// <param name="s">The sequences.</param>
    /// <param name="m">What was kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="dy">[rows, width]: receives the gradient; null where nobody below needs it.</param>
    public void Backward(MatrixView d, MatrixView y, Sequences s, Memory m, BlockScratch t, MatrixView? dy)
    {
        MatrixView dMixed = t.DMixed.Shape(d.Rows, _width);
        _compute.InputGradient(d, _out, dMixed);
        _compute.WeightGradient(d, m.Mixed.View, _out);

        (MatrixView q, MatrixView k, MatrixView v) = Parts(m.Query.View, m.Qkv.View);
        MatrixView dQkv = t.DQkv.Shape(y.Rows, m.Qkv.View.Columns), dQuery = t.DQuery.Shape(d.Rows, _width);
        (MatrixView dq, MatrixView dk, MatrixView dv) = Parts(dQuery, dQkv);
        _compute.AttentionBackward(q, k, v, dMixed, _qkv is null ? s.Each : s.Starts, s.Starts, _heads, _causal, dq, dk, dv);
        TrainedMatrix ofAll = _qkv ?? _keyValue!;
        _compute.WeightGradient(dQkv, y, ofAll);
        if (dy is MatrixView below)
            _compute.InputGradient(dQkv, ofAll, below);
        if (_query is null)
            return;
        MatrixView asking = t.Asking.Shape(s.Count, _width), dAsking = t.DAsking.Shape(s.Count, _width);
        s.Pick(y, _reads, asking);
        _compute.WeightGradient(dq, asking, _query);
        if (dy is not MatrixView stream)
            return;
        _compute.InputGradient(dq, _query, dAsking);
        s.AddPicked(dAsking, _reads, stream);
    }

    /// <summary>Queries, keys and values: beside one another, or the queries apart.</summary>
    private (MatrixView Q, MatrixView K, MatrixView V) Parts(MatrixView query, MatrixView qkv)
    {
        int keys = qkv.Columns - 2 * _width;
        return (_qkv is not null ? qkv.ColumnRange(0, _width) : query, qkv.ColumnRange(keys, _width),
            qkv.ColumnRange(keys + _width, _width));
    }
}
