using PureClip.Memory;

namespace PureClip.Training;

/// <summary>How a tensor is stepped.</summary>
/// <param name="Decays">
/// Whether its numbers shrink by weight decay: matrices do; norms, biases, positions, tables and scales do not.
/// </param>
/// <param name="Parts">Matrices stacked in it that Muon turns apart; 0 for AdamW.</param>
internal readonly record struct StepRule(bool Decays, int Parts = 0);

/// <summary>One tensor that learns: its place in every set of numbers.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Shape">Shape, outputs first.</param>
/// <param name="First">First number.</param>
/// <param name="Count">Numbers.</param>
/// <param name="Rule">How it is stepped.</param>
internal sealed record Learned(string Name, long[] Shape, long First, long Count, StepRule Rule)
{
    /// <summary>Rows of the matrix that it is.</summary>
    public int Rows => Shape.Length == 0 ? 1 : checked((int)Shape[0]);

    /// <summary>Columns of the matrix that it is.</summary>
    public int Columns => checked((int)(Count / Rows));
}

/// <summary>Every tensor that learns, in order. Weights, gradients, moments and averages are sets of numbers over this list.</summary>
internal sealed class LearnedList
{
    private readonly List<Learned> _all = [];
    private readonly Dictionary<string, Learned> _byName = new(StringComparer.Ordinal);

    /// <summary>The tensors.</summary>
    public IReadOnlyList<Learned> All => _all;

    /// <summary>Numbers of a set: those of all tensors, each starting on a cache line.</summary>
    public long Count { get; private set; }

    /// <summary>The tensor of a name.</summary>
    public Learned this[string name] => _byName[name];

    /// <summary>The tensor of a name, or null.</summary>
    public Learned? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Adds a tensor.</summary>
    public Learned Add(string name, long[] shape, StepRule rule)
    {
        const int Line = AlignedBuffer.Alignment / sizeof(float);
        Learned learned = new(name, shape, Count, shape.Aggregate(1L, static (count, size) => checked(count * size)), rule);
        _byName.Add(name, learned);
        _all.Add(learned);
        Count += (learned.Count + Line - 1) / Line * Line;
        return learned;
    }
}

/// <summary>One number for each of a <see cref="LearnedList"/>; zero at first, and always zero between tensors.</summary>
internal sealed unsafe class NumberSet(LearnedList list) : IDisposable
{
    private readonly AlignedBuffer _numbers = new(list.Count);

    /// <summary>Numbers, those between tensors included.</summary>
    public long Count => list.Count;

    /// <summary>The first number.</summary>
    public float* Pointer => _numbers.Pointer;

    /// <summary>The numbers of a tensor.</summary>
    public Span<float> this[Learned learned] => new(Pointer + learned.First, checked((int)learned.Count));

    /// <summary>The numbers of a tensor.</summary>
    public Span<float> this[string name] => this[list[name]];

    /// <summary>Where the numbers of a tensor start.</summary>
    public nint At(Learned learned) => (nint)(Pointer + learned.First);

    /// <summary>Makes every number zero.</summary>
    public void Clear() => new Span<float>(Pointer, checked((int)Count)).Clear();

    /// <summary>Takes the numbers of another set over the same list.</summary>
    public void CopyFrom(NumberSet other) =>
        new ReadOnlySpan<float>(other.Pointer, checked((int)Count)).CopyTo(new(Pointer, checked((int)Count)));

    /// <inheritdoc/>
    public void Dispose() => _numbers.Dispose();
}
