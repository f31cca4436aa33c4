using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// CoCa's pool: the first of some learnt queries asks all tokens of a picture, each normed by itself. And its backward: the lines of <see
/// cref="QueryPool"/>.
/// </summary>
/// <remarks>
/// What is added to every key moves all scores alike: its gradient is zero. The query is the same for all pictures, so its gradients are summed
/// before they go through its matrix and its norm.
/// </remarks>
internal sealed unsafe class QueryPoolTraining(TrainedNumbers numbers, string name, int heads, float eps) : IDisposable
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly (MatrixView Numbers, MatrixView Gradients) _queries = numbers.Table($"{name}.queries"),
        _bias = numbers.Table($"{name}.qkv_bias");
    private readonly TrainedNorm _normOfQueries = numbers.Norm($"{name}.ln_query", eps),
        _normOfTokens = numbers.Norm($"{name}.ln_key", eps);
    private readonly TrainedMatrix _query = numbers.Matrix($"{name}.query"), _key = numbers.Matrix($"{name}.key"),
        _value = numbers.Matrix($"{name}.value"), _out = numbers.Matrix($"{name}.out");
    private readonly TrainingMatrix _asking = new(), _one = new(), _sum = new(), _dAsking = new(), _dOne = new(), _dTokens = new(),
        _dQuery = new(), _dKey = new(), _dValue = new();

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory : IDisposable
    {
        public TrainingMatrix Tokens { get; } = new();

        public TrainingMatrix Query { get; } = new();

        public TrainingMatrix Key { get; } = new();

        public TrainingMatrix Value { get; } = new();

        public TrainingMatrix Mixed { get; } = new();

        public TrainingMatrix Output { get; } = new();

        public void Dispose()
        {
            foreach (TrainingMatrix matrix in (TrainingMatrix[])[Tokens, Query, Key, Value, Mixed, Output])
                matrix.Dispose();
        }
    }

    private int Width => _query.Outputs;

    private Span<float> Bias(int part) => _bias.Numbers.RowSpan(0).Slice(part * Width, Width);

    /// <summary>[pictures, embedding width]</summary>
    /// <param name="x">[rows, tower's width]: every token; kept by whoever computed it.</param>
    /// <param name="s">The sequences.</param>
    /// <param name="m">Receives what is kept.</param>
    public MatrixView Forward(MatrixView x, Sequences s, Memory m)
    {
        MatrixView one = _one.Shape(1, Width), query = m.Query.Shape(s.Count, Width);
        _compute.Product(Asking(), _query.Forward, one);
        for (int i = 0; i < s.Count; i++)
            TensorPrimitives.Add(one.RowSpan(0), Bias(0), query.RowSpan(i));
        MatrixView tokens = m.Tokens.Shape(x.Rows, x.Columns), key = m.Key.Shape(x.Rows, Width), value = m.Value.Shape(x.Rows, Width);
        _compute.LayerNorm(x, _normOfTokens, tokens);
        _compute.Product(tokens, _key.Forward, key);
        _compute.Product(tokens, _value.Forward, value);
        MatrixView mixed = m.Mixed.Shape(s.Count, Width), output = m.Output.Shape(s.Count, Width);
        _compute.Attention(query, key, value, s.Starts, heads, causal: false, onePerSequence: true, mixed);
        for (int i = 0; i < s.Count; i++)
            TensorPrimitives.Add(mixed.RowSpan(i), Bias(2), mixed.RowSpan(i));
        _compute.Linear(mixed, _out, output);
        return output;
    }

    /// <summary>Gradient by x from that by the output.</summary>
    public void Backward(MatrixView d, MatrixView x, Sequences s, Memory m, BlockScratch t, MatrixView dx)
    {
        MatrixView dMixed = t.DMixed.Shape(s.Count, Width);
        _compute.InputGradient(d, _out, dMixed);
        _compute.WeightGradient(d, m.Mixed.View, _out);
        MatrixView dq = _dQuery.Shape(s.Count, Width), dk = _dKey.Shape(x.Rows, Width), dv = _dValue.Shape(x.Rows, Width);
        _compute.AttentionBackward(
            m.Query.View, m.Key.View, m.Value.View, dMixed, s.Each, s.Starts, heads, causal: false, dq, dk, dv);
        MatrixView dTokens = _dTokens.Shape(x.Rows, x.Columns), more = t.DNormed.Shape(x.Rows, x.Columns);
        _compute.InputGradient(dk, _key, dTokens);
        _compute.InputGradient(dv, _value, more);
        _compute.Add(more, dTokens);
        _compute.WeightGradient(dk, m.Tokens.View, _key);
        _compute.WeightGradient(dv, m.Tokens.View, _value);
        _compute.LayerNormBackward(x, _normOfTokens, dTokens, dx, add: false);

        MatrixView sum = _sum.Zeros(1, Width);
        _compute.AddRows(dq, sum.Data);
        _compute.WeightGradient(sum, Asking(), _query);
        if (!numbers.Learns)
            return;
        TensorPrimitives.Add(_bias.Gradients.RowSpan(0)[..Width], sum.RowSpan(0), _bias.Gradients.RowSpan(0)[..Width]);
        _compute.AddRows(dMixed, _bias.Gradients.Data + 2 * Width);
        MatrixView dAsking = _dAsking.Shape(1, Width), dOne = _dOne.Shape(1, Width);
        _compute.InputGradient(sum, _query, dAsking);
        _compute.LayerNormBackward(_queries.Numbers.Range(0, 1), _normOfQueries, dAsking, dOne, add: false);
        TensorPrimitives.Add(_queries.Gradients.RowSpan(0), dOne.RowSpan(0), _queries.Gradients.RowSpan(0));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TrainingMatrix matrix in (TrainingMatrix[])[_asking, _one, _sum, _dAsking, _dOne, _dTokens, _dQuery, _dKey, _dValue])
            matrix.Dispose();
    }

    private MatrixView Asking()
    {
        MatrixView asking = _asking.Shape(1, Width);
        _compute.LayerNorm(_queries.Numbers.Range(0, 1), _normOfQueries, asking);
        return asking;
    }
}
