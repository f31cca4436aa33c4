using System.Runtime.InteropServices;

namespace PureClip.Imaging.Jpeg;

/// <summary>
/// The quantised coefficients of one component. Rows of blocks take memory, some at a time, when the first coefficient in them that is not
/// zero arrives: what a file declares costs nothing until its data says something.
/// </summary>
internal sealed class CoefficientStore
{
    // Large enough that the collector is asked seldom.
    private const int PieceBytes = 1 << 20;

    private static readonly short[] Zeros = new short[InverseDct.BlockSize];

    private readonly int _rows;
    private readonly int _rowLength;
    private readonly int _shift; // rows of a piece, as a power of two
    private readonly byte[]?[] _pieces; // of shorts: bytes are what is borrowed
    private readonly PictureMemory _memory;

    /// <summary>Lays out rows of blocks, all zero.</summary>
    /// <param name="rows">Rows of blocks.</param>
    /// <param name="blocks">Blocks a row.</param>
    /// <param name="memory">Where they lie.</param>
    public CoefficientStore(int rows, int blocks, PictureMemory memory)
    {
        _memory = memory;
        _rows = rows;
        _rowLength = blocks * InverseDct.BlockSize;
        while (2L * _rowLength * sizeof(short) << _shift <= PieceBytes && 1 << _shift < rows)
            _shift++;
        _pieces = new byte[(rows + (1 << _shift) - 1) >> _shift][];
    }

    /// <summary>[64] a block, row-major.</summary>
    public ReadOnlySpan<short> this[int row, int column]
    {
        get
        {
            Span<short> block = Stored(row, column);
            return block.IsEmpty ? Zeros : block;
        }
    }

    /// <summary>[64] a block, to be changed; empty where it has no memory because it and its neighbours are zero.</summary>
    public Span<short> Stored(int row, int column) =>
        _pieces[row >> _shift] is byte[] piece
            ? MemoryMarshal.Cast<byte, short>(piece.AsSpan(Offset(row, column) * sizeof(short), InverseDct.BlockSize * sizeof(short)))
            : [];

    /// <summary>Keeps a block that has no memory yet; one of zeros needs none.</summary>
    /// <param name="row">The block's row.</param>
    /// <param name="column">Its column.</param>
    /// <param name="block">[64], row-major.</param>
    public void Store(int row, int column, ReadOnlySpan<short> block)
    {
        if (!block.ContainsAnyExcept((short)0))
            return;
        Clear(row >> _shift);
        block.CopyTo(Stored(row, column));
    }

    /// <summary>Makes all blocks zero, with memory behind them.</summary>
    public void Clear()
    {
        for (int i = 0; i < _pieces.Length; i++)
            Clear(i);
    }

    private void Clear(int piece)
    {
        int bytes = Math.Min(1 << _shift, _rows - (piece << _shift)) * _rowLength * sizeof(short);
        (_pieces[piece] ??= _memory.Take(bytes)).AsSpan(0, bytes).Clear();
    }

    private int Offset(int row, int column) => (row & ((1 << _shift) - 1)) * _rowLength + column * InverseDct.BlockSize;
}

/// <summary>
/// Bounds what all pictures that are being decoded in several scans hold in coefficients together: those that do not fit wait for others to
/// end.
/// </summary>
internal sealed class CoefficientMemory : IDisposable
{
    /// <summary>A colour picture without subsampling: three coefficients of two bytes.</summary>
    private const int BytesPerPixel = 6;

    /// <summary>For blocks that fill up the edges.</summary>
    private const long Spare = 64 << 20;

    private static readonly Lock Gate = new();
    private static readonly ManualResetEventSlim Freed = new();
    private static long _inUse;

    private readonly long _bytes;

    private CoefficientMemory(long bytes) => _bytes = bytes;

    /// <summary>Waits until there is room; disposing the result gives it back.</summary>
    /// <param name="blocks">Blocks of the picture.</param>
    /// <param name="maxPixels">Largest picture allowed: its coefficients in colour are the limit, for one picture and for all.</param>
    /// <exception cref="InvalidDataException">There is never so much room.</exception>
    public static CoefficientMemory Take(long blocks, long maxPixels)
    {
        long bytes = blocks * InverseDct.BlockSize * sizeof(short);
        long limit = maxPixels > long.MaxValue / 8 ? long.MaxValue : maxPixels * BytesPerPixel + Spare;
        if (bytes > limit)
            throw Refusal.Of(
                $"{Throw.Prefix}the picture comes in several scans and takes {bytes >> 20} MB of coefficients until the last of them; at " +
                $"most {limit >> 20} MB are allowed. Save it as baseline JPEG, reduce it, or raise the limit of pixels.",
                PictureRemedy.MorePixels);
        while (true)
        {
            lock (Gate)
            {
                if (_inUse == 0 || _inUse + bytes <= limit)
                {
                    _inUse += bytes;
                    return new CoefficientMemory(bytes);
                }
                Freed.Reset();
            }
            Freed.Wait();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            _inUse -= _bytes;
            Freed.Set();
        }
    }
}
