using PureClip.Memory;

namespace PureClip.Tests.Support;

/// <summary>Matrices in workspace memory, filled with repeatable numbers.</summary>
internal static class Matrices
{
    /// <summary>A workspace with one matrix for each shape; the padding of rows is NaN, so that a kernel that reads it is found out.</summary>
    public static Workspace Allocate(out MatrixView[] views, params (int Rows, int Columns)[] shapes)
    {
        Workspace workspace = new();
        int[] slots = Array.ConvertAll(shapes, s => workspace.Declare(s.Rows, s.Columns));
        workspace.Allocate();
        views = Array.ConvertAll(slots, workspace.Matrix);
        foreach (MatrixView view in views)
            for (int row = 0; row < view.Rows; row++)
                unsafe
                {
                    new Span<float>(view.Row(row) + view.Columns, view.Stride - view.Columns).Fill(float.NaN);
                }
        return workspace;
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
