using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Training;

/// <summary>Softmax of a row that may be written up to the next whole vector: no numbers are left over to be done one by one.</summary>
internal static unsafe class RowSoftmax
{
    /// <summary>x[i] ← e^(x[i] − max)/Σ; the numbers from <paramref name="count"/> to the next whole vector become zero.</summary>
    /// <param name="x">Numbers, overwritten.</param>
    /// <param name="count">How many count, at least 1.</param>
    /// <returns>max + ln Σ: what every logit's logarithm of probability is below it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Run<V>(float* x, int count)
        where V : unmanaged, ISimd<V>
    {
        int whole = (count + V.Count - 1) / V.Count * V.Count;
        for (int i = count; i < whole; i++)
            x[i] = float.MinValue; // its exponential is the smallest that there is, far below the last place of any sum
        V largest = V.Load(x);
        for (int i = V.Count; i < whole; i += V.Count)
            largest = V.Max(largest, V.Load(x + i));
        float max = V.MaxAcross(largest);

        V sums = V.Zero;
        for (int i = 0; i < whole; i += V.Count)
        {
            V e = SimdMath.Exp(V.Load(x + i) - V.Broadcast(max));
            V.Store(e, x + i);
            sums += e;
        }
        float sum = V.Sum(sums);
        V inverse = V.Broadcast(1f / sum);
        for (int i = 0; i < whole; i += V.Count)
            V.Store(V.Load(x + i) * inverse, x + i);
        for (int i = count; i < whole; i++)
            x[i] = 0f;
        return max + MathF.Log(sum);
    }
}
