namespace PureClip.Training;

/// <summary>Memory that blocks use in turn: what is computed again, and gradients on their way.</summary>
internal sealed class BlockScratch : IDisposable
{
    private readonly List<TrainingMatrix> _all = [];

    public BlockScratch()
    {
        (Normed, Asking, Activated) = (New(), New(), New());
        (DHidden, DNormed, DMixed, DQkv, DQuery, DAsking) = (New(), New(), New(), New(), New(), New());
        (DRead, DStream, DEmbedded, DBranch) = (New(), New(), New(), New());
        (ActivatedNormed, DActivated, DActivatedNormed, MixedNormed, DMixedNormed) = (New(), New(), New(), New(), New());
    }

    /// <summary>[rows, width]: a norm's output.</summary>
    public TrainingMatrix Normed { get; }

    /// <summary>[sequences, width]: rows of it that are read.</summary>
    public TrainingMatrix Asking { get; }

    /// <summary>[rows, MLP width]</summary>
    public TrainingMatrix Activated { get; }

    /// <summary>[rows, MLP width]</summary>
    public TrainingMatrix DHidden { get; }

    /// <summary>[rows, width]</summary>
    public TrainingMatrix DNormed { get; }

    /// <summary>[rows, width]</summary>
    public TrainingMatrix DMixed { get; }

    /// <summary>[rows, 2 or 3 widths]</summary>
    public TrainingMatrix DQkv { get; }

    /// <summary>[sequences, width]</summary>
    public TrainingMatrix DQuery { get; }

    /// <summary>[sequences, width]</summary>
    public TrainingMatrix DAsking { get; }

    /// <summary>[sequences, width]: the gradient of the rows that are read.</summary>
    public TrainingMatrix DRead { get; }

    /// <summary>[rows, width]: the residual stream's gradient, where a block begins it.</summary>
    public TrainingMatrix DStream { get; }

    /// <summary>[rows, width]: that of the first norm's input.</summary>
    public TrainingMatrix DEmbedded { get; }

    /// <summary>[rows that are read, width]: that of what a norm at the end of a branch takes.</summary>
    public TrainingMatrix DBranch { get; }

    /// <summary>[rows, MLP width]: normed, behind a gate.</summary>
    public TrainingMatrix ActivatedNormed { get; }

    /// <summary>[rows, MLP width]</summary>
    public TrainingMatrix DActivated { get; }

    /// <summary>[rows, MLP width]</summary>
    public TrainingMatrix DActivatedNormed { get; }

    /// <summary>[rows that ask, width]: the heads' mixture, normed.</summary>
    public TrainingMatrix MixedNormed { get; }

    /// <summary>[rows that ask, width]</summary>
    public TrainingMatrix DMixedNormed { get; }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(static matrix => matrix.Dispose());

    private TrainingMatrix New()
    {
        _all.Add(new());
        return _all[^1];
    }
}
