using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Memory;

/// <summary>
/// The memory of one pass: a single aligned block that is taken from the front and given back to a mark, so that buffers which do not live
/// at the same time share it. Without a block it only measures: what a run over it takes at most is what the block has to have.
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

/// <summary>
/// Rows of floats in borrowed memory. The row stride may exceed the columns: kernels then write whole vectors into the gap.
/// </summary>
/// <param name="data">First float of row 0.</param>
/// <param name="rows">Rows.</param>
/// <param name="columns">Floats of a row that carry meaning.</param>
/// <param name="stride">Floats from one row to the next.</param>
internal readonly unsafe struct MatrixView(float* data, int rows, int columns, int stride)
{
    /// <summary>First float of row 0.</summary>
    public readonly float* Data = data;

    /// <summary>Rows.</summary>
    public readonly int Rows = rows;

    /// <summary>Floats of a row that carry meaning.</summary>
    public readonly int Columns = columns;

    /// <summary>Floats from one row to the next, at least <see cref="Columns"/>.</summary>
    public readonly int Stride = stride;

    /// <summary>First float of a row.</summary>
    public float* Row(int row) => Data + (long)row * Stride;

    /// <summary>The meaningful floats of a row.</summary>
    public Span<float> RowSpan(int row) => new(Row(row), Columns);

    /// <summary>The first <paramref name="count"/> rows.</summary>
    public MatrixView Top(int count) => new(Data, count, Columns, Stride);

    /// <summary>Some rows.</summary>
    public MatrixView Range(int first, int count) => new(Row(first), count, Columns, Stride);

    /// <summary>Every so many-th row, from one on.</summary>
    public MatrixView Every(int step, int first) => new(Row(first), Rows / step, Columns, Stride * step);

    /// <summary>A range of columns of all rows.</summary>
    public MatrixView ColumnRange(int first, int count) => new(Data + first, Rows, count, Stride);
}

/// <summary>
/// Owns native floats that start on a 64-byte boundary, so that no vector load of a row start splits a cache line. Zeroed at first.
/// </summary>
internal sealed unsafe class AlignedBuffer : SafeHandle
{
    /// <summary>Bytes of a cache line and of the widest vector.</summary>
    public const int Alignment = 64;

    private readonly float* _first;

    /// <param name="length">Floats; 0 is allowed.</param>
    /// <exception cref="OutOfMemoryException">The system does not have that much memory.</exception>
    public AlignedBuffer(long length)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)length * sizeof(float));
        // Large blocks come from the system as zeros that take no memory before they are touched: whoever fills them pays, on as many
        // threads.
        SetHandle((nint)NativeMemory.AllocZeroed(checked(bytes + Alignment)));
        _first = (float*)((handle + Alignment - 1) / Alignment * Alignment);
        PageAdvice.UseHugePages(_first, (long)bytes);
        if (bytes > 0)
            GC.AddMemoryPressure((long)bytes);
    }

    /// <summary>Floats.</summary>
    public long Length { get; }

    /// <summary>First float. Valid until disposal.</summary>
    public float* Pointer
    {
        get
        {
            if (IsClosed)
                ThrowClosed();
            return _first;
        }
    }

    /// <summary>All floats, where they are no more than a span can hold. Valid until disposal.</summary>
    public Span<float> Span => new(Pointer, checked((int)Length));

    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        if (Length > 0)
            GC.RemoveMemoryPressure(Length * sizeof(float));
        return true;
    }

    [DoesNotReturn]
    private static void ThrowClosed() => throw new ObjectDisposedException(nameof(AlignedBuffer));
}
