using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>y = (x − mean) / √(variance + eps) · weight + bias over each row; the variance is the biased one.</summary>
/// <remarks>Ba, Kiros and Hinton 2016. Two passes over a row that is in the first-level cache. Max error 1e-5 · max(1, |y|) against double precision.</remarks>
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
