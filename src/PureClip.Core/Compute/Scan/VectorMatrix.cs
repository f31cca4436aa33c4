namespace PureClip.Search;

/// <summary>Stored vectors as they lie in memory, one <see cref="VectorRow"/> after the other; borrowed from a mapping or an array that outlives it.</summary>
/// <param name="rows">The first row.</param>
/// <param name="count">Rows.</param>
/// <param name="width">Numbers of a vector.</param>
/// <param name="type">How they are stored.</param>
internal readonly unsafe struct VectorMatrix(byte* rows, long count, int width, VectorType type)
{
    /// <summary>The first row.</summary>
    public byte* Rows { get; } = rows;

    /// <summary>Rows.</summary>
    public long Count { get; } = count;

    /// <summary>Numbers of a vector.</summary>
    public int Width { get; } = width;

    /// <summary>How they are stored.</summary>
    public VectorType Type { get; } = type;

    /// <summary>Bytes from a row to the next.</summary>
    public int RowBytes { get; } = VectorRow.Bytes(type, width);

    /// <summary>A row's bytes.</summary>
    public ReadOnlySpan<byte> this[long row] => new(Rows + row * RowBytes, RowBytes);
}
