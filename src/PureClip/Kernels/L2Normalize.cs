using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>x / ‖x‖₂. Max error 2e-7 of an element of a unit vector.</summary>
internal static unsafe class L2Normalize
{
    /// <summary>Scales one row to length 1, in place. A row of zeros stays as it is.</summary>
    public static void Row<V>(float* x, int count)
        where V : unmanaged, ISimd<V>
    {
        float norm = MathF.Sqrt(RowSum.Of<V, SquaredDeviation>(x, count, 0f));
        if (norm == 0f)
            return;
        for (int i = 0; i < count; i++)
            x[i] /= norm;
    }
}
