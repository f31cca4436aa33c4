using PureClip.Memory;

namespace PureClip.Search;

/// <summary>A few vectors of floats, ready for <see cref="BlockProduct"/>: rows start on cache lines and end in zeros.</summary>
internal sealed unsafe class VectorBlock : IDisposable
{
    /// <summary>Vectors in a full block: 256 KiB of them at width 512, half of a usual second-level cache.</summary>
    public const int Rows = 128;

    private readonly AlignedBuffer _numbers;
    private readonly int _width;

    /// <param name="rows">Room for so many vectors.</param>
    /// <param name="width">Numbers of a vector.</param>
    public VectorBlock(int rows, int width)
    {
        _width = width;
        Stride = (width + LineFloats - 1) / LineFloats * LineFloats;
        _numbers = new((long)(rows + BlockProduct.RowsAtATime - 1) / BlockProduct.RowsAtATime * BlockProduct.RowsAtATime * Stride);
    }

    /// <summary>First number.</summary>
    public float* Pointer => _numbers.Pointer;

    /// <summary>Floats from one vector to the next.</summary>
    public int Stride { get; }

    /// <summary>Vectors that are there.</summary>
    public int Count { get; set; }

    /// <summary>A vector.</summary>
    public Span<float> this[int row] => new(Pointer + (long)row * Stride, _width);

    /// <summary>Reads the vectors of a block of a list.</summary>
    /// <param name="list">The list.</param>
    /// <param name="block">Which block of it.</param>
    public void Read(RowList list, int block)
    {
        int first = block * Rows;
        Count = Math.Min(Rows, list.Count - first);
        for (int i = 0; i < Count; i++)
            list.Read(first + i, this[i]);
    }

    /// <summary>Blocks that a number of vectors fills.</summary>
    public static int Blocks(int count) => (count + Rows - 1) / Rows;

    /// <inheritdoc/>
    public void Dispose() => _numbers.Dispose();

    private const int LineFloats = Prefetch.LineBytes / sizeof(float);
}
