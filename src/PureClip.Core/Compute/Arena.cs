namespace PureClip.Memory;

/// <summary>
/// The memory of one pass: a single aligned block that is taken from the front and given back to a mark, so that buffers which do not live at
/// the same time share it. Without a block it only measures: what a run over it takes at most is what the block has to have.
/// </summary>
internal sealed unsafe class Arena : IDisposable
{
    // A stride of 2^n cache lines would put a column of a tile into one set of the first-level cache. An odd one uses every set.
    private const int OddLine = AlignedBuffer.Alignment / sizeof(float);

    private readonly AlignedBuffer? _block;
    private long _used;

    /// <summary>An arena that measures.</summary>
    public Arena()
    {
    }

    /// <param name="floats">What it has to hold.</param>
    /// <exception cref="OutOfMemoryException">The system does not have that much memory.</exception>
    public Arena(long floats) => _block = new(floats);

    /// <summary>Most floats that were taken at the same time.</summary>
    public long Peak { get; private set; }

    /// <summary>Bytes of the block.</summary>
    public long Bytes => (_block?.Length ?? 0) * sizeof(float);

    /// <summary>How much is taken now; for <see cref="Release"/>.</summary>
    public long Mark => _used;

    /// <summary>A matrix whose rows start on cache lines and may be overwritten up to the next two. What is in it is undefined.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Floats of a row.</param>
    /// <exception cref="InvalidOperationException">The block was planned for less.</exception>
    public MatrixView Take(int rows, int columns)
    {
        int stride = Stride(columns);
        long first = _used;
        _used = checked(first + (long)rows * stride);
        Peak = Math.Max(Peak, _used);
        if (_block is null)
            return new(null, rows, columns, stride);
        if (_used > _block.Length)
            throw new InvalidOperationException($"A pass needs {_used} floats, but was planned for {_block.Length}.");
        return new(_block.Pointer + first, rows, columns, stride);
    }

    /// <summary>Gives back everything that was taken since a mark.</summary>
    public void Release(long mark) => _used = mark;

    /// <inheritdoc/>
    public void Dispose() => _block?.Dispose();

    /// <summary>Floats from one row of so many columns to the next.</summary>
    public static int Stride(int columns) => checked(RoundUp(columns) + OddLine);

    /// <summary>The next multiple of 32 floats: two of the widest vectors, so that a Gemm tile may run over the last column.</summary>
    private static int RoundUp(int columns) => checked(columns + 31) / 32 * 32;
}
