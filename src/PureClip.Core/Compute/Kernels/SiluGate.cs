using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>gate ← SiLU(gate) · x with SiLU(g) = g / (1 + e⁻ᵍ): the gate of a SwiGLU. Max error 4e-7 · max(1, |g|) · |x| for |g| ≤ 80.</summary>
/// <remarks>Shazeer 2020, "GLU Variants Improve Transformer".</remarks>
internal static unsafe class SiluGate
{
    /// <param name="gate">[rows, columns], overwritten.</param>
    /// <param name="x">[rows, columns]</param>
    /// <param name="pool">Who computes.</param>
    public static void Run<V>(MatrixView gate, MatrixView x, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int shares = Math.Min(pool.Workers, x.Rows);
        if (shares == 0)
            return;
        Body<V> body = new() { Gate = gate, X = x, Rows = new(x.Rows, shares) };
        pool.Run(shares, ref body);
    }

    private struct Body<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView Gate, X;
        public RowPartition Rows;

        public readonly void Invoke(int index, int worker)
        {
            for (int row = Rows.Start(index); row < Rows.Start(index + 1); row++)
                Multiply(Gate.Row(row), X.Row(row), X.Columns);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Multiply(float* gate, float* x, int width)
        {
            int i = 0;
            for (; i <= width - V.Count; i += V.Count)
                V.Store(Silu(V.Load(gate + i)) * V.Load(x + i), gate + i);
            for (; i < width; i++)
                F32x1.Store(Silu(F32x1.Load(gate + i)) * F32x1.Load(x + i), gate + i);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static U Silu<U>(U x)
            where U : unmanaged, ISimd<U> =>
            x / (U.Broadcast(1f) + SimdMath.Exp(-x));
    }
}
