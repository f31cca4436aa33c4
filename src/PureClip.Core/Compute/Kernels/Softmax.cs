using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>The numerators of a softmax: e^(x − max), whose sum is the denominator.</summary>
internal static unsafe class Softmax
{
    /// <summary>
    /// x[i] ← e^(x[i] − max x); returns their sum. Dividing by it is left to the caller, who touches the numbers anyway.
    /// Max relative error of a term 4e-7 and, from the rounding of x − max, 2⁻²⁴ · |x − max|; terms below e^-87 saturate at it.
    /// </summary>
    /// <param name="x">count floats, overwritten.</param>
    /// <param name="count">At least 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Numerators<V>(float* x, int count)
        where V : unmanaged, ISimd<V>
    {
        float max = Max<V>(x, count);
        V sums = V.Zero;
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
        {
            V e = SimdMath.Exp(V.Load(x + i) - V.Broadcast(max));
            V.Store(e, x + i);
            sums += e;
        }
        float sum = V.Sum(sums);
        for (; i < count; i++)
        {
            F32x1 e = SimdMath.Exp(F32x1.Broadcast(x[i] - max));
            F32x1.Store(e, x + i);
            sum += x[i];
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Max<V>(float* x, int count)
        where V : unmanaged, ISimd<V>
    {
        V max = V.Broadcast(x[0]);
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
            max = V.Max(max, V.Load(x + i));
        float result = V.MaxAcross(max);
        for (; i < count; i++)
            result = MathF.Max(result, x[i]);
        return result;
    }
}
