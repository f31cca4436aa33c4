using System.Runtime.CompilerServices;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>Backward of y = x̂ ⊙ γ + β with x̂ = (x − μ)·r and r = 1/√(σ² + ε).</summary>
/// <remarks>
/// With g = dy ⊙ γ: dx = r·(g − mean(g) − x̂·mean(g ⊙ x̂)); dγ = Σ dy ⊙ x̂ and dβ = Σ dy over rows. x̂ is computed again from x, which is
/// kept as the residual stream anyway.
/// </remarks>
internal static unsafe class LayerNormBackward
{
    /// <summary>Gradient by the rows. They are independent of one another.</summary>
    /// <param name="x">[rows, width]: what was normalised.</param>
    /// <param name="weight">[width]: γ; null for ones.</param>
    /// <param name="eps">ε</param>
    /// <param name="dy">[rows, width]</param>
    /// <param name="dx">[rows, width]; may be <paramref name="dy"/>.</param>
    /// <param name="add">Whether dx is added to: the residual stream's gradient goes past the norm as well.</param>
    /// <param name="statistics">[rows, 2]: receives μ and r of each row.</param>
    /// <param name="pool">Who computes.</param>
    public static void Rows<V>(
        MatrixView x, float* weight, float eps, MatrixView dy, MatrixView dx, bool add, MatrixView statistics, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        int shares = Math.Min(pool.Workers, x.Rows);
        RowsBody<V> body = new()
        {
            X = x,
            Weight = weight,
            Eps = eps,
            DY = dy,
            DX = dx,
            Add = add,
            Statistics = statistics,
            Share = new(x.Rows, Math.Max(1, shares)),
        };
        pool.Run(shares, ref body);
    }

    /// <summary>dγ += Σ dy ⊙ x̂ and dβ += Σ dy, each column one chain in the order of rows.</summary>
    /// <param name="x">[rows, width]</param>
    /// <param name="statistics">[rows, 2]: from <see cref="Rows"/>.</param>
    /// <param name="dy">[rows, width]</param>
    /// <param name="dWeight">[width]</param>
    /// <param name="dBias">[width]</param>
    /// <param name="pool">Who computes.</param>
    public static void Columns<V>(MatrixView x, MatrixView statistics, MatrixView dy, float* dWeight, float* dBias, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        ColumnsBody<V> body = new() { X = x, Statistics = statistics, DY = dy, DWeight = dWeight, DBias = dBias };
        pool.Run((x.Columns + ColumnSums.ColumnsOfATask - 1) / ColumnSums.ColumnsOfATask, ref body);
    }

    private struct RowsBody<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X, DY, DX, Statistics;
        public float* Weight;
        public float Eps;
        public bool Add;
        public RowPartition Share;

        public readonly void Invoke(int index, int worker)
        {
            int end = Share.Start(index + 1);
            for (int row = Share.Start(index); row < end; row++)
                Row(X.Row(row), DY.Row(row), DX.Row(row), Statistics.Row(row));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Row(float* x, float* dy, float* dx, float* statistics)
        {
            int width = X.Columns, i = 0;
            float mean = RowSum.Of<V, Identity>(x, width, 0f) / width;
            float variance = RowSum.Of<V, SquaredDeviation>(x, width, mean) / width;
            float scale = 1f / MathF.Sqrt(variance + Eps);
            statistics[0] = mean;
            statistics[1] = scale;

            V sums = V.Zero, products = V.Zero;
            for (; i <= width - V.Count; i += V.Count)
            {
                V g = Weight is null ? V.Load(dy + i) : V.Load(dy + i) * V.Load(Weight + i);
                sums += g;
                V.MultiplyAdd(ref products, g, (V.Load(x + i) - V.Broadcast(mean)) * V.Broadcast(scale));
            }
            float sum = V.Sum(sums), product = V.Sum(products);
            for (; i < width; i++)
            {
                float g = Weight is null ? dy[i] : dy[i] * Weight[i];
                sum += g;
                product += g * ((x[i] - mean) * scale);
            }
            float meanOfG = sum / width, meanOfProduct = product / width;

            for (i = 0; i <= width - V.Count; i += V.Count)
            {
                V g = Weight is null ? V.Load(dy + i) : V.Load(dy + i) * V.Load(Weight + i);
                V normalized = (V.Load(x + i) - V.Broadcast(mean)) * V.Broadcast(scale);
                V result = (g - V.Broadcast(meanOfG) - normalized * V.Broadcast(meanOfProduct)) * V.Broadcast(scale);
                V.Store(Add ? V.Load(dx + i) + result : result, dx + i);
            }
            for (; i < width; i++)
            {
                float g = Weight is null ? dy[i] : dy[i] * Weight[i];
                float result = (g - meanOfG - (x[i] - mean) * scale * meanOfProduct) * scale;
                dx[i] = Add ? dx[i] + result : result;
            }
        }
    }

    private struct ColumnsBody<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView X, Statistics, DY;
        public float* DWeight, DBias;

        public readonly void Invoke(int index, int worker)
        {
            int column = index * ColumnSums.ColumnsOfATask, end = Math.Min(X.Columns, column + ColumnSums.ColumnsOfATask);
            for (; column <= end - V.Count; column += V.Count)
                Sum<V>(column);
            for (; column < end; column++)
                Sum<F32x1>(column);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Sum<T>(int column)
            where T : unmanaged, ISimd<T>
        {
            T weight = T.Load(DWeight + column), bias = T.Load(DBias + column);
            for (int row = 0; row < X.Rows; row++)
            {
                T dy = T.Load(DY.Row(row) + column);
                float* statistics = Statistics.Row(row);
                T.MultiplyAdd(ref weight, dy, (T.Load(X.Row(row) + column) - T.Broadcast(statistics[0])) * T.Broadcast(statistics[1]));
                bias += dy;
            }
            T.Store(weight, DWeight + column);
            T.Store(bias, DBias + column);
        }
    }
}
