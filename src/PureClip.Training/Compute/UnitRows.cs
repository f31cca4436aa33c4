using PureClip.Memory;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>y = x/‖x‖ of each row, and its backward dx = (dy − y·(y·dy))/‖x‖: what would change a length is taken out.</summary>
internal static class UnitRows
{
    /// <summary>Scales each row to length 1.</summary>
    /// <param name="x">[rows, columns]</param>
    /// <param name="y">[rows, columns]; may be <paramref name="x"/>.</param>
    /// <param name="lengths">[rows]: receives ‖x‖.</param>
    /// <param name="pool">Who computes.</param>
    /// <exception cref="ArithmeticException">A row is zero, or has numbers that are not finite: the model has diverged.</exception>
    public static void Forward(MatrixView x, MatrixView y, float[] lengths, WorkerPool pool) => pool.For(x.Rows, row =>
    {
        ReadOnlySpan<float> from = x.RowSpan(row);
        Span<float> to = y.RowSpan(row);
        double length = Math.Sqrt(Dot(from, from));
        if (!(length > 0) || !double.IsFinite(length))
            throw new ArithmeticException(
                $"Row {row} has length {length}, so it has no direction. The model has diverged: lower the learning rate.");
        lengths[row] = (float)length;
        float inverse = (float)(1 / length);
        for (int i = 0; i < from.Length; i++)
            to[i] = from[i] * inverse;
    });

    /// <summary>The gradient by x.</summary>
    /// <param name="y">[rows, columns]: unit rows.</param>
    /// <param name="lengths">[rows]: ‖x‖.</param>
    /// <param name="dy">[rows, columns]</param>
    /// <param name="dx">[rows, columns]; may be <paramref name="dy"/>.</param>
    /// <param name="pool">Who computes.</param>
    public static void Backward(MatrixView y, float[] lengths, MatrixView dy, MatrixView dx, WorkerPool pool) => pool.For(y.Rows, row =>
    {
        ReadOnlySpan<float> unit = y.RowSpan(row), from = dy.RowSpan(row);
        Span<float> to = dx.RowSpan(row);
        float along = (float)Dot(unit, from), inverse = 1f / lengths[row];
        for (int i = 0; i < unit.Length; i++)
            to[i] = (from[i] - unit[i] * along) * inverse;
    });

    /// <summary>Σ a·b in double, in four sums side by side so that additions do not wait for one another.</summary>
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        b = b[..a.Length];
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = 0;
        for (; i <= a.Length - 4; i += 4)
        {
            s0 += (double)a[i] * b[i];
            s1 += (double)a[i + 1] * b[i + 1];
            s2 += (double)a[i + 2] * b[i + 2];
            s3 += (double)a[i + 3] * b[i + 3];
        }
        for (; i < a.Length; i++)
            s0 += (double)a[i] * b[i];
        return (s0 + s1) + (s2 + s3);
    }
}
