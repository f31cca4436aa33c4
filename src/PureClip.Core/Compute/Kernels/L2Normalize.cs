using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>x / ‖x‖₂. Max error 2e-7 of an element of a unit vector.</summary>
internal static unsafe class L2Normalize
{
    /// <summary>Scales one row to length 1, in place. A row of zeros stays as it is.</summary>
    public static void Row<V>(MatrixView x, int row)
        where V : unmanaged, ISimd<V>
    {
        Span<float> numbers = x.RowSpan(row);
        float norm = MathF.Sqrt(RowSum.Of<V, SquaredDeviation>(x.Row(row), numbers.Length, 0f));
        if (norm != 0f)
            TensorPrimitives.Divide(numbers, norm, numbers);
    }
}
