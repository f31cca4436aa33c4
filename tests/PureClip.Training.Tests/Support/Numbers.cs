using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Training.Tests.Support;

/// <summary>Matrices whose padding is poisoned, repeatable numbers, and machines of every width.</summary>
internal static class Numbers
{
    /// <summary>A machine with so many threads.</summary>
    public static TrainingCompute Machine(string tier, WorkerPool? pool = null) =>
        TrainingCompute.Of(SimdTier.All.First(t => t.Name == tier), pool ?? WorkerPool.Serial);

    /// <summary>Uniform numbers in −scale … scale.</summary>
    public static float[] Random(int count, int seed, float scale = 1f)
    {
        Random random = new(seed);
        float[] numbers = new float[count];
        foreach (ref float x in numbers.AsSpan())
            x = ((float)random.NextDouble() * 2f - 1f) * scale;
        return numbers;
    }

    /// <summary>A matrix of numbers; what lies between its rows is NaN, so that a kernel that uses it is found out.</summary>
    public static unsafe TrainingMatrix Matrix(int rows, int columns, ReadOnlySpan<float> numbers = default)
    {
        TrainingMatrix matrix = new();
        MatrixView view = matrix.Shape(rows, columns);
        new Span<float>(view.Data, rows * view.Stride).Fill(float.NaN);
        for (int row = 0; row < rows && numbers.Length > 0; row++)
            numbers.Slice(row * columns, columns).CopyTo(view.RowSpan(row));
        return matrix;
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
