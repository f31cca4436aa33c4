using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>
/// sums += Σ over rows: the gradient of everything that was added to each row. Each column is one chain in the order of rows.
/// </summary>
internal static unsafe class ColumnSums
{
    /// <summary>Columns that one worker takes at a time: four cache lines, so that a row is read where it was fetched.</summary>
    public const int ColumnsOfATask = 64;

    /// <param name="rows">[rows, columns]</param>
    /// <param name="sums">[columns]</param>
    /// <param name="pool">Who computes.</param>
    public static void Run<V>(MatrixView rows, float* sums, WorkerPool pool)
        where V : unmanaged, ISimd<V>
    {
        Body<V> body = new() { Rows = rows, Sums = sums };
        pool.Run((rows.Columns + ColumnsOfATask - 1) / ColumnsOfATask, ref body);
    }

    private struct Body<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public MatrixView Rows;
        public float* Sums;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Invoke(int index, int worker)
        {
            int column = index * ColumnsOfATask, end = Math.Min(Rows.Columns, column + ColumnsOfATask);
            for (; column <= end - 4 * V.Count; column += 4 * V.Count)
            {
                float* to = Sums + column, from = Rows.Data + column;
                V s0 = V.Load(to), s1 = V.Load(to + V.Count), s2 = V.Load(to + 2 * V.Count), s3 = V.Load(to + 3 * V.Count);
                for (int row = 0; row < Rows.Rows; row++, from += Rows.Stride)
                {
                    s0 += V.Load(from);
                    s1 += V.Load(from + V.Count);
                    s2 += V.Load(from + 2 * V.Count);
                    s3 += V.Load(from + 3 * V.Count);
                }
                V.Store(s0, to);
                V.Store(s1, to + V.Count);
                V.Store(s2, to + 2 * V.Count);
                V.Store(s3, to + 3 * V.Count);
            }
            for (; column < end; column++)
            {
                float sum = Sums[column];
                for (int row = 0; row < Rows.Rows; row++)
                    sum += Rows.Row(row)[column];
                Sums[column] = sum;
            }
        }
    }
}
