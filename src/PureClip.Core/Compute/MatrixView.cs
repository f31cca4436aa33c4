namespace PureClip.Memory;

/// <summary>Rows of floats in borrowed memory. The row stride may exceed the columns: kernels then write whole vectors into the gap.</summary>
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

    /// <summary>A range of columns of all rows.</summary>
    public MatrixView ColumnRange(int first, int count) => new(Data + first, Rows, count, Stride);
}
