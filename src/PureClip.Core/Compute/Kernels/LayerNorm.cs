using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>y = (x − mean) / √(variance + eps) · weight + bias over each row; the variance is the biased one.</summary>
/// <remarks>
/// Ba, Kiros and Hinton 2016. Two passes over a row that is in the first-level cache. Max error 1e-5 · max(1, |y|) against double
/// precision.
/// </remarks>
internal static unsafe class LayerNorm
{
    /// <param name="x">[rows, width]</param>
    /// <param name="weight">[width]</param>
    /// <param name="bias">[width]</param>
    /// <param name="eps">Added to the variance, 1e-5 for CLIP.</param>
    /// <param name="y">[rows, width]; may be <paramref name="x"/>.</param>
    /// <param name="pool">Who computes.</param>
    public static void Run<V>(MatrixView x, float* weight, float* bias, float eps, MatrixView y, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int shares = Math.Min(pool.Workers, x.Rows);
        if (shares == 0)
            return;
        Body<V> body = new() { X = x, Y = y, Weight = weight, Bias = bias, Eps = eps, Rows = new(x.Rows, shares) };
        pool.Run(shares, ref body);
    }

    private struct Body<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X, Y;
        public float* Weight, Bias;
        public float Eps;
        public RowPartition Rows;

        public readonly void Invoke(int index, int worker)
        {
            int end = Rows.Start(index + 1);
            for (int row = Rows.Start(index); row < end; row++)
                Normalize(X.Row(row), Y.Row(row), X.Columns);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Normalize(float* x, float* y, int width)
        {
            float mean = RowSum.Of<V, Identity>(x, width, 0f) / width;
            float variance = RowSum.Of<V, SquaredDeviation>(x, width, mean) / width;
            float scale = 1f / MathF.Sqrt(variance + Eps);

            int i = 0;
            for (; i <= width - V.Count; i += V.Count)
            {
                V shifted = (V.Load(x + i) - V.Broadcast(mean)) * V.Broadcast(scale);
                V result = V.Load(Bias + i);
                V.MultiplyAdd(ref result, shifted, V.Load(Weight + i));
                V.Store(result, y + i);
            }
            for (; i < width; i++)
                y[i] = float.MultiplyAddEstimate((x[i] - mean) * scale, Weight[i], Bias[i]);
        }
    }
}

/// <summary>A term of a sum over a row.</summary>
internal interface IRowTerm
{
    /// <summary>sum ← sum + term(x).</summary>
    static abstract void Add<V>(ref V sum, V x, V shift)
        where V : unmanaged, ISimd<V>;
}

/// <summary>x</summary>
internal readonly struct Identity : IRowTerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<V>(ref V sum, V x, V shift)
        where V : unmanaged, ISimd<V> =>
        sum += x;
}

/// <summary>(x − shift)²</summary>
internal readonly struct SquaredDeviation : IRowTerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<V>(ref V sum, V x, V shift)
        where V : unmanaged, ISimd<V>
    {
        V deviation = x - shift;
        V.MultiplyAdd(ref sum, deviation, deviation);
    }
}

/// <summary>Sums over a row in four interleaved vectors, so that additions do not wait for one another.</summary>
internal static unsafe class RowSum
{
    /// <summary>Σ term(x[i]). Its rounding depends on the vector width, but on nothing else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Of<V, TTerm>(float* x, int count, float shift)
        where V : unmanaged, ISimd<V>
        where TTerm : struct, IRowTerm
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, shifts = V.Broadcast(shift);
        int i = 0;
        for (; i <= count - 4 * V.Count; i += 4 * V.Count)
        {
            TTerm.Add(ref s0, V.Load(x + i), shifts);
            TTerm.Add(ref s1, V.Load(x + i + V.Count), shifts);
            TTerm.Add(ref s2, V.Load(x + i + 2 * V.Count), shifts);
            TTerm.Add(ref s3, V.Load(x + i + 3 * V.Count), shifts);
        }
        for (; i <= count - V.Count; i += V.Count)
            TTerm.Add(ref s0, V.Load(x + i), shifts);
        F32x1 rest = F32x1.Zero;
        for (; i < count; i++)
            TTerm.Add(ref rest, F32x1.Load(x + i), F32x1.Broadcast(shift));
        return V.Sum((s0 + s1) + (s2 + s3)) + F32x1.Sum(rest);
    }
}

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
