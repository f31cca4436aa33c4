using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>
/// Backward of taking rows from a table, y[row] = table[id[row]]: table[id] += Σ dy of the rows that took it. Token tables, positions and
/// class tokens are all of this kind. Rows of an id are added in order by one thread.
/// </summary>
internal static class RowScatter
{
    /// <param name="dy">[rows, width]</param>
    /// <param name="ids">[rows]: which row of the table each one took; less than 0 for none.</param>
    /// <param name="table">[table rows, width]: the table's gradient.</param>
    /// <param name="pool">Who computes.</param>
    public static void Add(MatrixView dy, ReadOnlySpan<int> ids, MatrixView table, WorkerPool pool)
    {
        // Sorted by id and then by row: a long is both.
        long[] order = new long[ids.Length];
        for (int row = 0; row < ids.Length; row++)
            order[row] = ((long)ids[row] << 32) | (uint)row;
        Array.Sort(order);
        List<int> starts = [];
        for (int i = 0; i < order.Length; i++)
            if (order[i] >= 0 && (i == 0 || order[i] >> 32 != order[i - 1] >> 32))
                starts.Add(i);
        pool.For(starts.Count, group =>
        {
            int end = group + 1 < starts.Count ? starts[group + 1] : order.Length;
            Span<float> sum = table.RowSpan((int)(order[starts[group]] >> 32));
            for (int i = starts[group]; i < end; i++)
                TensorPrimitives.Add(sum, dy.RowSpan((int)(uint)order[i]), sum);
        });
    }
}
