using PureClip.Memory;

namespace PureClip.Training;

/// <summary>A matrix in memory of its own, of a shape that may change from call to call; the memory grows and never shrinks.</summary>
internal sealed unsafe class TrainingMatrix : IDisposable
{
    // Two of the widest vectors, so that a product's tile may run over the last column; one line more, so that columns use every set of a
    // cache.
    private const int ColumnUnit = 32, OddLine = AlignedBuffer.Alignment / sizeof(float);

    private AlignedBuffer _numbers = new(0);

    /// <summary>The matrix as it was last shaped.</summary>
    public MatrixView View { get; private set; }

    /// <summary>Gives it a shape; what was in it is lost.</summary>
    public MatrixView Shape(int rows, int columns)
    {
        int stride = (columns + ColumnUnit - 1) / ColumnUnit * ColumnUnit + OddLine;
        if (_numbers.Length < (long)rows * stride)
        {
            _numbers.Dispose();
            _numbers = new((long)rows * stride);
        }
        return View = new(_numbers.Pointer, rows, columns, stride);
    }

    /// <summary>Gives it a shape and fills it with zeros.</summary>
    public MatrixView Zeros(int rows, int columns)
    {
        MatrixView view = Shape(rows, columns);
        new Span<float>(view.Data, checked(rows * view.Stride)).Clear();
        return view;
    }

    /// <inheritdoc/>
    public void Dispose() => _numbers.Dispose();
}
