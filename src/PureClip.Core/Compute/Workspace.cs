namespace PureClip.Memory;

/// <summary>
/// The scratch memory of one call in flight: a single aligned block, cut before the call runs.
/// Declaring a matrix is planning it: first every matrix is declared, then <see cref="Allocate"/> makes the block.
/// </summary>
internal sealed unsafe class Workspace : IDisposable
{
    // A stride of 2^n cache lines would put a column of a tile into one set of the first-level cache. An odd one uses every set.
    private const int OddLine = AlignedBuffer.Alignment / sizeof(float);

    private readonly List<Slot> _slots = [];
    private AlignedBuffer? _block;
    private long _length;

    /// <summary>Bytes of everything declared so far.</summary>
    public long Bytes => _length * sizeof(float);

    /// <summary>Plans a matrix whose rows start on cache lines and may be overwritten up to the next cache line.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Floats a row.</param>
    /// <returns>The key for <see cref="Matrix"/>.</returns>
    public int Declare(int rows, int columns)
    {
        int stride = RoundUp(columns) + OddLine;
        _slots.Add(new(rows, columns, stride, _length));
        _length += (long)rows * stride;
        return _slots.Count - 1;
    }

    /// <summary>Makes the block. Call once, after the last declaration.</summary>
    public void Allocate() => _block = new(_length);

    /// <summary>The declared matrix.</summary>
    public MatrixView Matrix(int slot)
    {
        Slot s = _slots[slot];
        return new(_block!.Pointer + s.Offset, s.Rows, s.Columns, s.Stride);
    }

    /// <inheritdoc/>
    public void Dispose() => _block?.Dispose();

    /// <summary>The next multiple of 32 floats: two of the widest vectors, so that a Gemm tile may run over the last column.</summary>
    public static int RoundUp(int columns) => checked((columns + 31) / 32 * 32);

    private readonly record struct Slot(int Rows, int Columns, int Stride, long Offset);
}
