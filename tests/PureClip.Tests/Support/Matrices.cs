using PureClip.Memory;

namespace PureClip.Tests.Support;

/// <summary>Matrices in borrowed memory, filled with repeatable numbers.</summary>
internal static class Matrices
{
    /// <summary>An arena with one matrix for each shape; the padding of rows is NaN, so that a kernel that reads it is found out.</summary>
    public static Arena Allocate(out MatrixView[] views, params (int Rows, int Columns)[] shapes)
    {
        Arena arena = new(shapes.Sum(s => (long)s.Rows * Arena.Stride(s.Columns)));
        views = Array.ConvertAll(shapes, s => arena.Take(s.Rows, s.Columns));
        foreach (MatrixView view in views)
            for (int row = 0; row < view.Rows; row++)
                unsafe
                {
                    new Span<float>(view.Row(row) + view.Columns, view.Stride - view.Columns).Fill(float.NaN);
                }
        return arena;
    }

    /// <summary>Uniform numbers in [-scale, scale].</summary>
    public static float[] Random(int count, int seed, float scale = 1f)
    {
        Random random = new(seed);
        float[] numbers = new float[count];
        foreach (ref float x in numbers.AsSpan())
            x = ((float)random.NextDouble() * 2f - 1f) * scale;
        return numbers;
    }

    /// <summary>Copies row-major numbers into a matrix.</summary>
    public static void Fill(MatrixView matrix, ReadOnlySpan<float> numbers)
    {
        for (int row = 0; row < matrix.Rows; row++)
            numbers.Slice(row * matrix.Columns, matrix.Columns).CopyTo(matrix.RowSpan(row));
    }

    /// <summary>The row-major numbers of a matrix.</summary>
    public static float[] ToArray(MatrixView matrix)
    {
        float[] numbers = new float[matrix.Rows * matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
            matrix.RowSpan(row).CopyTo(numbers.AsSpan(row * matrix.Columns));
        return numbers;
    }
}
