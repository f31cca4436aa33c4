using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Model;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>z + softmax(q·kᵀ/√d)·v·Woᵀ + b with q, k, v = y·Wqkvᵀ + b, and its backward.</summary>
internal sealed class AttentionTraining
{
    private readonly TrainingCompute _compute;
    private readonly TrainedMatrix? _qkv, _query, _keyValue;
    private readonly TrainedMatrix _out;
    private readonly TrainedNorm? _norm;
    private readonly RotaryAngles? _angles;
    private readonly int _width, _heads;
    private readonly bool _causal, _blindEnd;
    private readonly Reads _reads;

    /// <param name="numbers">The model's.</param>
    /// <param name="name">Name of the layer.</param>
    /// <param name="shape">Heads, what tokens see, whether the mixture is normed, and what turns queries and keys.</param>
    /// <param name="reads">Which tokens ask. A single one sees every key: it is the last of a causal sequence, or there is no mask.</param>
    public AttentionTraining(TrainedNumbers numbers, string name, BlockShape shape, Reads reads)
    {
        (_compute, _heads, _reads, _angles) = (numbers.Compute, shape.Heads, reads, shape.Angles);
        (_causal, _blindEnd) = (shape.Sight != Sight.All && reads == Reads.Every, shape.Sight == Sight.BackBlindEnd);
        _norm = shape.HasInnerNorms ? numbers.Norm($"{name}.norm", shape.Eps) : null;
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
    /// <param name="y">[rows, width]: every token, normalised where norms stand before.</param>
    /// <param name="z">[tokens that ask, width]: the residual stream; null for none.</param>
    /// <param name="s">The sequences.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="sum">[tokens that ask, width]</param>
    public void Forward(MatrixView y, MatrixView? z, Sequences s, Memory m, BlockScratch t, MatrixView sum)
    {
        MatrixView mixed = m.Mixed.Shape(sum.Rows, _width);
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
        if (_angles is not null)
        {
            _angles.Rotate(k, s.Starts, _compute.Pool);
            if (_qkv is not null)
                _angles.Rotate(q, s.Starts, _compute.Pool); // a class token that asks alone has no place
        }
        _compute.Attention(q, k, v, s.Starts, _heads, _causal, onePerSequence: _qkv is null, mixed, _blindEnd);
        MatrixView into = Normed(mixed, t);
        if (z is MatrixView residual)
            _compute.LinearPlus(into, _out, residual, sum);
        else
            _compute.Linear(into, _out, sum);
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
        _compute.WeightGradient(d, Normed(m.Mixed.View, t), _out);
        if (_norm is TrainedNorm norm)
        {
            MatrixView dNormed = dMixed;
            dMixed = t.DMixedNormed.Shape(d.Rows, _width);
            _compute.LayerNormBackward(m.Mixed.View, norm, dNormed, dMixed, add: false);
        }

        (MatrixView q, MatrixView k, MatrixView v) = Parts(m.Query.View, m.Qkv.View);
        MatrixView dQkv = t.DQkv.Shape(y.Rows, m.Qkv.View.Columns), dQuery = t.DQuery.Shape(d.Rows, _width);
        (MatrixView dq, MatrixView dk, MatrixView dv) = Parts(dQuery, dQkv);
        _compute.AttentionBackward(q, k, v, dMixed, _qkv is null ? s.Each : s.Starts, s.Starts, _heads, _causal, dq, dk, dv, _blindEnd);
        if (_angles is not null)
        {
            RotaryBackward.Run(_angles, dk, s.Starts, _compute.Pool);
            if (_qkv is not null)
                RotaryBackward.Run(_angles, dq, s.Starts, _compute.Pool);
        }
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

    /// <summary>What goes through the last matrix: the mixture, or its norm.</summary>
    private MatrixView Normed(MatrixView mixed, BlockScratch t)
    {
        if (_norm is not TrainedNorm norm)
            return mixed;
        MatrixView normed = t.MixedNormed.Shape(mixed.Rows, _width);
        _compute.LayerNorm(mixed, norm, normed);
        return normed;
    }

    /// <summary>Queries, keys and values: beside one another, or the queries apart.</summary>
    private (MatrixView Q, MatrixView K, MatrixView V) Parts(MatrixView query, MatrixView qkv)
    {
        int keys = qkv.Columns - 2 * _width;
        return (_qkv is not null ? qkv.ColumnRange(0, _width) : query, qkv.ColumnRange(keys, _width),
            qkv.ColumnRange(keys + _width, _width));
    }
}

/// <summary>Backward of rotary positions: what was turned by an angle is turned back by it.</summary>
internal static class RotaryBackward
{
    /// <param name="angles">By which.</param>
    /// <param name="d">[rows, heads · head width]: the gradient by what was turned; receives that by what was not.</param>
    /// <param name="starts">[sequences + 1]: each has a row for every place, behind others that were not turned.</param>
    /// <param name="pool">Who computes.</param>
    public static void Run(RotaryAngles angles, MatrixView d, int[] starts, WorkerPool pool)
    {
        int headWidth = angles.HeadWidth, places = angles.Cosines.Length / headWidth;
        pool.For((starts.Length - 1) * places, i =>
        {
            int place = i % places;
            Span<float> row = d.RowSpan(starts[i / places + 1] - places + place);
            ReadOnlySpan<float> cosines = angles.Cosines.Slice(place * headWidth, headWidth), sines = angles.Sines.Slice(
                place * headWidth, headWidth);
            for (int at = 0; at < row.Length; at += 2)
            {
                int k = at % headWidth;                         // sines are −sin, sin of each pair
                (row[at], row[at + 1]) = (row[at] * cosines[k] + row[at + 1] * sines[k + 1], row[at + 1] * cosines[k] + row[at] * sines[k]);
            }
        });
    }
}
