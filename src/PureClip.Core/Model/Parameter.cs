using System.Collections;
using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>What a tensor is for. It decides how it may lie in memory.</summary>
internal enum Use
{
    /// <summary>A matrix inside a tower: packed, in any type, 8 bits included.</summary>
    Inner,

    /// <summary>A matrix at an end of a tower: packed, never 8 bits, since ends are small and suffer most.</summary>
    End,

    /// <summary>Added to the columns of its layer's matrix.</summary>
    Bias,

    /// <summary>Part of what is folded into another: a norm, a scale, a branch. Whoever folds reads it.</summary>
    Folded,

    /// <summary>Small kernels of a depthwise convolution, one for each channel: F32.</summary>
    Kernel,

    /// <summary>Numbers that are read as they are: F32.</summary>
    Plain,

    /// <summary>Rows that are read from the file when they are needed.</summary>
    Table,
}

/// <summary>One tensor of a layer and, once it has been read, its numbers.</summary>
/// <param name="name">
/// Canonical name: OpenAI's words with dots. Fingerprints are made in its order, packed files name their matrices by it.
/// </param>
/// <param name="shape">Canonical shape, outputs first.</param>
/// <param name="use">What it is for.</param>
internal sealed class Parameter(string name, long[] shape, Use use) : IDisposable
{
    private AlignedBuffer? _numbers;

    /// <summary>Canonical name.</summary>
    public string Name => name;

    /// <summary>Canonical shape, outputs first.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>What it is for.</summary>
    public Use Use => use;

    /// <summary>Elements.</summary>
    public long Count { get; } = shape.Aggregate(1L, (count, size) => checked(count * size));

    /// <summary>The matrix that its numbers go into; null for what goes into none.</summary>
    public WeightMatrix? Matrix { get; init; }

    /// <summary>What becomes of this tensor and others when they are read; null for most: what is stored.</summary>
    public Func<INumbers, FoldedKernel>? Fold { get; init; }

    /// <summary>The kernels that its numbers go into; for <see cref="Use.Kernel"/> alone.</summary>
    public DepthwiseKernel? Kernel { get; init; }

    /// <summary>What becomes of the numbers once they have been read, as of positions for another grid; null for most: nothing.</summary>
    public Func<ReadOnlySpan<float>, float[]>? Prepare { get; init; }

    /// <summary>How the numbers of a matrix lie where they are multiplied.</summary>
    public KernelOrder Order { get; init; }

    /// <summary>Whether each of its matrix's parts is stored as [inputs, outputs].</summary>
    public bool IsTurned { get; init; }

    /// <summary>Whether each head is a part of its matrix.</summary>
    public bool IsOfHeads { get; init; }

    /// <summary>The name of its matrix in a packed file: another one for another order, so that files of old stay readable.</summary>
    public string PackedName => Order == KernelOrder.Tiles ? name + ".tiles" : IsOfHeads ? name + ".heads" : name;

    /// <summary>The numbers of a <see cref="Use.Plain"/> parameter, row-major; empty before they have been read.</summary>
    public ReadOnlySpan<float> Numbers => _numbers is null ? [] : _numbers.Span;

    /// <summary>The rows of a <see cref="Use.Table"/> parameter.</summary>
    public ITable? Table { get; set; }

    /// <summary>Bytes of memory that it takes now; a matrix and its bias count once.</summary>
    public long Bytes => (_numbers?.Length ?? 0) * sizeof(float) + (IsMatrix ? Matrix!.Bytes : 0) + (Kernel?.Bytes ?? 0);

    /// <summary>Whether it is a packed matrix.</summary>
    public bool IsMatrix => use is Use.Inner or Use.End;

    /// <summary>Sets the numbers of a <see cref="Use.Plain"/> parameter.</summary>
    public void Set(ReadOnlySpan<float> numbers)
    {
        if (numbers.Length != Count)
            throw new ArgumentException($"{name} has {Count} numbers, not {numbers.Length}.", nameof(numbers));
        if (Prepare is not null)
            numbers = Prepare(numbers);
        _numbers ??= new(numbers.Length);
        numbers.CopyTo(_numbers.Span);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _numbers?.Dispose();
        Matrix?.Dispose();
        Kernel?.Dispose();
        Table?.Dispose();
    }
}

/// <summary>Rows of a large table, of which an input needs a handful.</summary>
internal interface ITable : IDisposable
{
    /// <summary>Copies one row.</summary>
    /// <param name="row">0 to rows − 1.</param>
    /// <param name="destination">[columns]</param>
    void Read(int row, Span<float> destination);
}

/// <summary>
/// Every tensor of a tower, in the order in which its layers declare them: what loading, packing, fingerprints and memory loop over.
/// </summary>
internal sealed class ParameterList : IReadOnlyList<Parameter>, IDisposable
{
    private readonly List<Parameter> _all = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public int Count => _all.Count;

    /// <summary>Bytes of memory that they take now.</summary>
    public long Bytes => _all.Sum(static parameter => parameter.Bytes);

    /// <inheritdoc/>
    public Parameter this[int index] => _all[index];

    /// <summary>Adds a parameter.</summary>
    public Parameter Add(Parameter parameter)
    {
        if (!_names.Add(parameter.Name))
            throw new ArgumentException($"Two layers declare {parameter.Name}.", nameof(parameter));
        _all.Add(parameter);
        return parameter;
    }

    /// <inheritdoc/>
    public IEnumerator<Parameter> GetEnumerator() => _all.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(static parameter => parameter.Dispose());
}

/// <summary>Where in a model a layer stands. Declaring is listing: no other place knows all tensors.</summary>
internal readonly struct Scope(ParameterList list, string path)
{
    /// <summary>The place of a part.</summary>
    public Scope this[string child] => new(list, path.Length == 0 ? child : $"{path}.{child}");

    /// <summary>Declares numbers that are read as they are, or row by row.</summary>
    /// <param name="leaf">Last word of the name; empty for the path itself.</param>
    /// <param name="shape">Shape, outputs first.</param>
    /// <param name="use"><see cref="Use.Plain"/> or <see cref="Use.Table"/>.</param>
    public Parameter Declare(string leaf, long[] shape, Use use = Use.Plain) => list.Add(new(NameOf(leaf), shape, use));

    /// <summary>Declares numbers of which something else is made once they have been read.</summary>
    /// <param name="leaf">Last word of the name.</param>
    /// <param name="shape">Shape in the file.</param>
    /// <param name="prepare">What is made of them; null for nothing.</param>
    public Parameter Declare(string leaf, long[] shape, Func<ReadOnlySpan<float>, float[]>? prepare) =>
        list.Add(new(NameOf(leaf), shape, Use.Plain) { Prepare = prepare });

    /// <summary>Declares a tensor that goes into a matrix.</summary>
    public Parameter Declare(string leaf, long[] shape, Use use, WeightMatrix matrix) =>
        list.Add(new(NameOf(leaf), shape, use) { Matrix = matrix });

    /// <summary>Declares a tensor of which each head's share is a matrix by itself.</summary>
    public Parameter DeclareHeads(string leaf, long[] shape, WeightMatrix matrix, bool isTurned) =>
        list.Add(new(NameOf(leaf), shape, Use.Inner) { Matrix = matrix, IsTurned = isTurned, IsOfHeads = true });

    /// <summary>Declares a tensor that goes into a matrix, together with others.</summary>
    public Parameter DeclareFolded(
        string leaf, long[] shape, Use use, Func<INumbers, FoldedKernel> fold, WeightMatrix matrix, KernelOrder order) =>
        list.Add(new(NameOf(leaf), shape, use) { Matrix = matrix, Fold = fold, Order = order });

    /// <summary>Declares a tensor that goes into kernels of a depthwise convolution, together with others.</summary>
    public Parameter DeclareKernel(string leaf, long[] shape, Func<INumbers, FoldedKernel> fold, DepthwiseKernel kernel) =>
        list.Add(new(NameOf(leaf), shape, Use.Kernel) { Kernel = kernel, Fold = fold });

    private string NameOf(string leaf) => leaf.Length == 0 ? path : $"{path}.{leaf}";
}
