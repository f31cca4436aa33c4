using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// The numbers of a model that learns and their gradients, as its layers ask for them by the names that they were declared with.
/// </summary>
internal sealed unsafe class TrainedNumbers(LearnedList list, TrainingCompute compute) : IDisposable
{
    private readonly List<TrainedMatrix> _matrices = [];

    /// <summary>The tensors.</summary>
    public LearnedList List => list;

    /// <summary>Who computes.</summary>
    public TrainingCompute Compute => compute;

    /// <summary>What is learnt.</summary>
    public NumberSet Numbers { get; } = new(list);

    /// <summary>Gradients of a loss; layers add theirs.</summary>
    public NumberSet Gradients { get; } = new(list);

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
            Gradients.At(weight) + skipped,
            bias is null ? 0 : Gradients.At(bias) + skippedBias);
        TrainedMatrix matrix = new(at, count, weight.Columns, compute.Layout);
        _matrices.Add(matrix);
        return matrix;
    }

    /// <summary>The norm <c>name.weight</c>, <c>name.bias</c>.</summary>
    public TrainedNorm Norm(string name, float eps)
    {
        Learned weight = list[$"{name}.weight"], bias = list[$"{name}.bias"];
        return new(Numbers.At(weight), Numbers.At(bias), Gradients.At(weight), Gradients.At(bias), eps);
    }

    /// <summary>Rows of numbers that are read as they are, and their gradients.</summary>
    public (MatrixView Numbers, MatrixView Gradients) Table(string name)
    {
        Learned table = list[name];
        int rows = table.Shape.Length > 1 ? table.Rows : 1, columns = checked((int)(table.Count / rows));
        return (new((float*)Numbers.At(table), rows, columns, columns), new((float*)Gradients.At(table), rows, columns, columns));
    }

    /// <summary>Packs every matrix anew, after its numbers have changed.</summary>
    public void Pack() => compute.Pool.For(_matrices.Count, i => _matrices[i].Pack());

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrices.ForEach(static matrix => matrix.Dispose());
        Numbers.Dispose();
        Gradients.Dispose();
    }
}
