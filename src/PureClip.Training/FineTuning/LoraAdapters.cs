using System.Numerics.Tensors;
using PureClip.Checkpoints;

namespace PureClip.Training;

/// <summary>Which matrices of a block get an adapter.</summary>
[Flags]
public enum LoraTargets
{
    /// <summary>What makes queries.</summary>
    Query = 1,

    /// <summary>What makes keys.</summary>
    Key = 2,

    /// <summary>What makes values.</summary>
    Value = 4,

    /// <summary>What the attention's mixture goes through.</summary>
    Output = 8,

    /// <summary>Both matrices of the MLP.</summary>
    Mlp = 16,

    /// <summary>All but keys, whose share of what attention sees is that of the queries.</summary>
    Usual = Query | Value | Output | Mlp,

    /// <summary>All.</summary>
    All = Usual | Key,
}

/// <summary>One adapter.</summary>
/// <param name="Matrix">The matrix that it adapts.</param>
/// <param name="First">The first of its rows.</param>
/// <param name="A">[rank, inputs]</param>
/// <param name="B">[rank, rows]: B turned, so that it lies as its gradient is made.</param>
internal sealed record LoraAdapter(Learned Matrix, int First, Learned A, Learned B)
{
    /// <summary>How many rows it adapts.</summary>
    public int Rows => B.Columns;
}

/// <summary>
/// Low-rank adapters: a frozen matrix W₀ learns only through W = W₀ + (α/r)·B·A with A [r, inputs] and B [outputs, r]. Few numbers are
/// learnt, so few pictures are enough and little is forgotten.
/// </summary>
/// <remarks>
/// Hu et al. 2021 (arXiv 2106.09685). Adapters are merged before each step, so that the towers run as they always do; gradients are those of
/// <see cref="LowRank"/>. A starts random and B at zero: the first step starts from W₀.
/// </remarks>
internal sealed unsafe class LoraAdapters : IDisposable
{
    private readonly TrainingCompute _compute;
    private readonly List<LoraAdapter> _all = [];
    private readonly List<TrainedMatrix> _matrices = [];
    private readonly Dictionary<string, float[]> _frozen = new(StringComparer.Ordinal);

    /// <param name="model">The model's tensors.</param>
    /// <param name="targets">Which of its blocks' matrices are adapted.</param>
    /// <param name="rank">r</param>
    /// <param name="alpha">α</param>
    /// <param name="seed">Of A's initial numbers.</param>
    /// <param name="compute">Who computes.</param>
    public LoraAdapters(LearnedList model, LoraTargets targets, int rank, double alpha, ulong seed, TrainingCompute compute)
    {
        (_compute, Rank, Alpha) = (compute, rank, alpha);
        foreach (Learned matrix in model.All.Where(static learned => learned.Rule.Parts > 0 && !IsOfAHead(learned)))
        {
            int parts = PartsOf(matrix), rows = matrix.Rows / parts;
            for (int part = 0; part < parts; part++)
                if (targets.HasFlag(TargetOf(matrix, part)))
                {
                    string name = parts == 1 ? matrix.Name : $"{matrix.Name}.{part}";
                    _all.Add(new(
                        matrix, part * rows, List.Add($"{name}.lora_A", [rank, matrix.Columns], default),
                        List.Add($"{name}.lora_B", [rank, rows], default)));
                }
        }
        (Numbers, Gradients) = (new(List), new(List));
        for (int i = 0; i < _all.Count; i++)
        {
            Draws draws = new(seed, 0, (ulong)i, 3);
            double bound = 1 / Math.Sqrt(_all[i].A.Columns);
            foreach (ref float number in Numbers[_all[i].A])
                number = (float)((2 * draws.Uniform() - 1) * bound);
        }
    }

    /// <summary>The adapters.</summary>
    public IReadOnlyList<LoraAdapter> All => _all;

    /// <summary>r</summary>
    public int Rank { get; }

    /// <summary>α</summary>
    public double Alpha { get; }

    /// <summary>What is learnt.</summary>
    public LearnedList List { get; } = new();

    /// <summary>A and Bᵀ of each matrix.</summary>
    public NumberSet Numbers { get; }

    /// <summary>Their gradients, but for the factor α/r; see <see cref="ScaleGradients"/>.</summary>
    public NumberSet Gradients { get; }

    /// <summary>The adapters of some rows of a matrix, as its layer's backward pass uses them.</summary>
    public IEnumerable<LowRank> Of(Learned matrix, int first, int rows)
    {
        foreach (LoraAdapter adapter in _all.Where(
            adapter => adapter.Matrix == matrix && adapter.First >= first && adapter.First < first + rows))
        {
            TrainedMatrix down = MatrixOf(adapter.A), up = MatrixOf(adapter.B);
            down.Pack();
            up.Pack();
            yield return new(down, up, adapter.First - first);
        }
    }

    /// <summary>Takes a model's matrices as W₀.</summary>
    public void Freeze(TrainedNumbers model)
    {
        foreach (Learned matrix in _all.Select(static adapter => adapter.Matrix).Distinct())
            _frozen[matrix.Name] = model.Numbers[matrix].ToArray();
    }

    /// <summary>W = W₀ + share · (α/r)·B·A in the model, packed.</summary>
    public void Merge(TrainedNumbers model, double share = 1)
    {
        double scale = LowRankSum.ScaleOf(share * Alpha, Rank);
        IGrouping<Learned, LoraAdapter>[] ofMatrices = [.. _all.GroupBy(static adapter => adapter.Matrix)];
        _compute.Pool.For(ofMatrices.Length, i =>
        {
            Learned matrix = ofMatrices[i].Key;
            Span<float> w = model.Numbers[matrix];
            _frozen[matrix.Name].CopyTo(w);
            float[] ofRow = new float[Rank];
            double[] a = new double[Rank * matrix.Columns];
            foreach (LoraAdapter adapter in ofMatrices[i])
            {
                TensorPrimitives.ConvertTruncating<float, double>(Numbers[adapter.A], a);
                for (int row = 0; row < adapter.Rows; row++)
                {
                    for (int r = 0; r < Rank; r++)
                        ofRow[r] = Numbers[adapter.B][r * adapter.Rows + row];
                    LowRankSum.AddRow(a, ofRow, scale, w.Slice((adapter.First + row) * matrix.Columns, matrix.Columns));
                }
            }
        });
        model.Pack();
        Pack();
    }

    /// <summary>Multiplies the gradients by α/r, after all of a step's rows have been added.</summary>
    public void ScaleGradients()
    {
        float scale = (float)LowRankSum.ScaleOf(Alpha, Rank);
        if (scale == 1)
            return;
        for (long i = 0; i < Gradients.Count; i++)
            Gradients.Pointer[i] *= scale;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrices.ForEach(static matrix => matrix.Dispose());
        Numbers.Dispose();
        Gradients.Dispose();
    }

    /// <summary>Whether it stands behind the blocks, in a pool that asks.</summary>
    private static bool IsOfAHead(Learned matrix) => matrix.Name.StartsWith("vision.head.", StringComparison.Ordinal)
        || matrix.Name.StartsWith("vision.query_pool.", StringComparison.Ordinal);

    /// <summary>Query, key and value are adapted apart, a gate and what it lets through together.</summary>
    private static int PartsOf(Learned matrix) => matrix.Rule.Parts == 3 ? 3 : 1;

    private static LoraTargets TargetOf(Learned matrix, int part) =>
        PartsOf(matrix) == 3 ? (LoraTargets)((int)LoraTargets.Query << part)
        : matrix.Name.Contains(".attn.", StringComparison.Ordinal) ? LoraTargets.Output
        : LoraTargets.Mlp;

    private TrainedMatrix MatrixOf(Learned learned)
    {
        _matrices.Add(new(
            new(Numbers.At(learned), 0, Gradients.At(learned), 0), learned.Rows, learned.Columns, _compute.Layout));
        return _matrices[^1];
    }

    private void Pack() => _compute.Pool.For(_matrices.Count, i => _matrices[i].Pack());
}
