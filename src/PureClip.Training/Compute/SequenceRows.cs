using System.Numerics.Tensors;
using PureClip.Generation;
using PureClip.Memory;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>
/// What is done to all rows of a sequence alike, forward and backward: reading their mean, and a generator's modulation and gates.
/// </summary>
internal static class SequenceRows
{
    /// <summary>y = mean of each sequence's rows.</summary>
    /// <param name="x">[rows, width]</param>
    /// <param name="starts">[sequences + 1]</param>
    /// <param name="y">[sequences, width]</param>
    /// <param name="skipped">Rows at the beginning of each sequence that do not count.</param>
    public static void Mean(MatrixView x, ReadOnlySpan<int> starts, MatrixView y, int skipped = 0)
    {
        for (int i = 0; i < y.Rows; i++)
        {
            Span<float> sum = y.RowSpan(i);
            sum.Clear();
            for (int row = starts[i] + skipped; row < starts[i + 1]; row++)
                TensorPrimitives.Add(sum, x.RowSpan(row), sum);
            TensorPrimitives.Divide(sum, starts[i + 1] - starts[i] - skipped, sum);
        }
    }

    /// <summary>dx = dy/T for each of the T rows of a sequence that count, 0 for others.</summary>
    public static void MeanBackward(MatrixView dy, ReadOnlySpan<int> starts, MatrixView dx, int skipped = 0)
    {
        for (int i = 0; i < dy.Rows; i++)
            for (int row = starts[i]; row < starts[i + 1]; row++)
            {
                if (row < starts[i] + skipped)
                    dx.RowSpan(row).Clear();
                else
                    TensorPrimitives.Divide(dy.RowSpan(i), starts[i + 1] - starts[i] - skipped, dx.RowSpan(row));
            }
    }

    /// <summary>Parts of each row divided by their root mean square, as <see cref="RmsNorm.Run"/> does it.</summary>
    /// <param name="x">[rows, parts · part], overwritten.</param>
    /// <param name="part">Numbers of a part.</param>
    /// <param name="inverses">[rows, parts]: receives 1/root.</param>
    /// <param name="pool">Who computes.</param>
    public static void Normalize(MatrixView x, int part, MatrixView inverses, WorkerPool pool) =>
        pool.For(x.Rows, row => RmsNorm.Run(x.RowSpan(row), part, inverses.RowSpan(row)));

    /// <summary>Its backward: <paramref name="d"/> is the gradient by what was made, and becomes that by what it was made of.</summary>
    public static void NormalizeBackward(MatrixView normed, int part, MatrixView inverses, MatrixView d, WorkerPool pool) =>
        pool.For(d.Rows, row => RmsNorm.Backward(normed.RowSpan(row), part, inverses.RowSpan(row), d.RowSpan(row)));

    /// <summary>y = x ⊙ (1 + scale) + shift, one scale and one shift a sequence.</summary>
    /// <param name="x">[rows, width]: normalised.</param>
    /// <param name="scale">[sequences, width]</param>
    /// <param name="shift">[sequences, width]</param>
    /// <param name="starts">[sequences + 1]</param>
    /// <param name="y">[rows, width]</param>
    /// <param name="pool">Who computes.</param>
    public static void Modulate(MatrixView x, MatrixView scale, MatrixView shift, int[] starts, MatrixView y, WorkerPool pool) =>
        pool.For(scale.Rows, i =>
        {
            for (int row = starts[i]; row < starts[i + 1]; row++)
            {
                ReadOnlySpan<float> from = x.RowSpan(row), a = scale.RowSpan(i), b = shift.RowSpan(i);
                Span<float> to = y.RowSpan(row);
                for (int c = 0; c < to.Length; c++)
                    to[c] = from[c] * (1f + a[c]) + b[c];
            }
        });

    /// <summary>dx = dy ⊙ (1 + scale); dscale = Σ dy ⊙ x and dshift = Σ dy over a sequence's rows, in order.</summary>
    public static void ModulateBackward(
        MatrixView x, MatrixView scale, int[] starts, MatrixView dy, MatrixView dx, MatrixView dScale, MatrixView dShift,
        WorkerPool pool) =>
        pool.For(scale.Rows, i =>
        {
            Span<float> toScale = dScale.RowSpan(i), toShift = dShift.RowSpan(i);
            toScale.Clear();
            toShift.Clear();
            for (int row = starts[i]; row < starts[i + 1]; row++)
            {
                ReadOnlySpan<float> from = x.RowSpan(row), upstream = dy.RowSpan(row), a = scale.RowSpan(i);
                Span<float> to = dx.RowSpan(row);
                for (int c = 0; c < to.Length; c++)
                {
                    toScale[c] += upstream[c] * from[c];
                    toShift[c] += upstream[c];
                    to[c] = upstream[c] * (1f + a[c]);
                }
            }
        });

    /// <summary>y = x + gate ⊙ branch, one gate a sequence.</summary>
    public static void Gate(MatrixView x, MatrixView branch, MatrixView gate, int[] starts, MatrixView y, WorkerPool pool) =>
        pool.For(gate.Rows, i =>
        {
            for (int row = starts[i]; row < starts[i + 1]; row++)
                TensorPrimitives.MultiplyAdd(branch.RowSpan(row), gate.RowSpan(i), x.RowSpan(row), y.RowSpan(row));
        });

    /// <summary>dbranch = dy ⊙ gate and dgate = Σ dy ⊙ branch over a sequence's rows; dx is dy.</summary>
    public static void GateBackward(
        MatrixView branch, MatrixView gate, int[] starts, MatrixView dy, MatrixView dBranch, MatrixView dGate, WorkerPool pool) =>
        pool.For(gate.Rows, i =>
        {
            Span<float> sum = dGate.RowSpan(i);
            sum.Clear();
            for (int row = starts[i]; row < starts[i + 1]; row++)
            {
                TensorPrimitives.MultiplyAdd(dy.RowSpan(row), branch.RowSpan(row), sum, sum);
                TensorPrimitives.Multiply(dy.RowSpan(row), gate.RowSpan(i), dBranch.RowSpan(row));
            }
        });
}
