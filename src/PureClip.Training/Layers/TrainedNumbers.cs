using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// The numbers of a model that learns and their gradients, as its layers ask for them by the names that they were declared with.
/// </summary>
/// <param name="list">The tensors.</param>
/// <param name="compute">Who computes.</param>
/// <param name="adapters">What learns in place of the tensors, which then have no gradients; null where they learn themselves.</param>
internal sealed unsafe class TrainedNumbers(LearnedList list, TrainingCompute compute, LoraAdapters? adapters = null) : IDisposable
{
    private readonly List<TrainedMatrix> _matrices = [];
    private readonly List<LowRank> _lowRank = [];
    private readonly NumberSet? _gradients = adapters is null ? new(list) : null;

    /// <summary>The tensors.</summary>
    public LearnedList List => list;

    /// <summary>Who computes.</summary>
    public TrainingCompute Compute => compute;

    /// <summary>What is learnt, or stays as it is beside the adapters.</summary>
    public NumberSet Numbers { get; } = new(list);

    /// <summary>Whether the tensors themselves learn. If not, nothing below the lowest adapter needs a gradient.</summary>
    public bool Learns => adapters is null;

    /// <summary>Gradients of a loss; layers add theirs.</summary>
    /// <exception cref="InvalidOperationException">The tensors do not learn.</exception>
    public NumberSet Gradients => _gradients ?? throw new InvalidOperationException("Beside adapters, tensors have no gradients.");

    /// <summary>The matrix <c>name.weight</c> with the bias <c>name.bias</c>, or the matrix <c>name</c> without one.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="rows">Which outputs, of several that are stacked.</param>
    public TrainedMatrix Matrix(string name, Range? rows = null)
    {
        Learned weight = list.Find($"{name}.weight") ?? list[name];
        Learned? bias = list.Find($"{name}.bias");
        (int first, int count) = (rows ?? ..).GetOffsetAndLength(weight.Rows);
        nint skipped = (nint)first * weight.Columns * sizeof(float), skippedBias = (nint)first * sizeof(float);
        MatrixPlace at = new(
            Numbers.At(weight) + skipped,
            bias is null ? 0 : Numbers.At(bias) + skippedBias,
            Learns ? GradientAt(weight) + skipped : 0,
            Learns && bias is not null ? GradientAt(bias) + skippedBias : 0);
        LowRank[] lowRank = [.. adapters?.Of(weight, first, count) ?? []];
        TrainedMatrix matrix = new(at, count, weight.Columns, compute.Layout) { Adapters = lowRank };
        _matrices.Add(matrix);
        _lowRank.AddRange(lowRank);
        return matrix;
    }

    /// <summary>The norm <c>name.weight</c>, <c>name.bias</c>.</summary>
    public TrainedNorm Norm(string name, float eps)
    {
        Learned weight = list[$"{name}.weight"], bias = list[$"{name}.bias"];
        return new(Numbers.At(weight), Numbers.At(bias), GradientAt(weight), GradientAt(bias), eps);
    }

    /// <summary>Rows of numbers that are read as they are, and their gradients: a view of nothing where they do not learn.</summary>
    public (MatrixView Numbers, MatrixView Gradients) Table(string name)
    {
        Learned table = list[name];
        int rows = table.Shape.Length > 1 ? table.Rows : 1, columns = checked((int)(table.Count / rows));
        return (new((float*)Numbers.At(table), rows, columns, columns), new((float*)GradientAt(table), rows, columns, columns));
    }

    /// <summary>Packs every matrix anew, after its numbers have changed.</summary>
    public void Pack() => compute.Pool.For(_matrices.Count, i => _matrices[i].Pack());

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrices.ForEach(static matrix => matrix.Dispose());
        _lowRank.ForEach(static adapter => adapter.Dispose());
        Numbers.Dispose();
        _gradients?.Dispose();
    }

    private nint GradientAt(Learned learned) => _gradients?.At(learned) ?? 0;
}
