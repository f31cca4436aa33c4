using PureClip.Files;
using PureClip.Memory;
using PureClip.Scan;
using PureClip.Threading;

namespace PureClip;

public sealed unsafe partial class VectorMatrix
{
    /// <summary>The nearest others of rows by direction: every pair is compared, 128 rows with 128 at a time.</summary>
    /// <param name="count">How many of each, 1 or more; fewer where there are not so many others.</param>
    /// <param name="rows">Which rows are compared with one another; null for all.</param>
    /// <param name="asked">The places in <paramref name="rows"/> whose neighbours are sought; null for all.</param>
    /// <param name="progress">Told how many are done; by several threads.</param>
    /// <param name="cancellationToken">Checked for each pair of blocks.</param>
    /// <returns>
    /// [asked][at most <paramref name="count"/>] Places in <paramref name="rows"/> with their cosines, the nearest first, of equally near
    /// ones the earlier.
    /// </returns>
    public ScoredRow[][] FindNeighbours(
        int count, int[]? rows = null, int[]? asked = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        using Gate.Call call = _gate.Enter();
        RowList list = ListOf(rows);
        foreach (int place in asked ?? [])
            if ((uint)place >= (uint)list.Count)
                throw new ArgumentOutOfRangeException(nameof(asked), place, $"There are {list.Count} rows to compare.");
        int[]? askedRows = asked is null ? rows : rows is null ? asked : Array.ConvertAll(asked, place => rows[place]);
        int sought = asked?.Length ?? list.Count;
        ScoredRow[][] found = new ScoredRow[sought][];
        using PerWorker<VectorBlock> left = new(_runtime.Pool, () => new(VectorBlock.Rows, Width));
        using PerWorker<VectorBlock> right = new(_runtime.Pool, () => new(VectorBlock.Rows, Width));
        using PerWorker<AlignedBuffer> products = new(_runtime.Pool, () => new(VectorBlock.Rows * VectorBlock.Rows));
        NeighboursOfBlock body = new()
        {
            Scan = _scan,
            List = list,
            Sought = new(_rows, askedRows),
            Asked = asked,
            Most = count,
            Found = found,
            Left = left,
            Right = right,
            Products = products,
            Done = new(progress),
            Cancellation = cancellationToken,
        };
        _runtime.Pool.Run(VectorBlock.Blocks(sought), ref body);
        return found;
    }

    /// <summary>What several threads have done together.</summary>
    private sealed class Tally(IProgress<int>? progress)
    {
        private int _done;

        public void Add(int more) => progress?.Report(Interlocked.Add(ref _done, more));
    }

    private struct NeighboursOfBlock : IParallelBody
    {
        public VectorScan Scan;
        public RowList List, Sought;
        public int[]? Asked;
        public int Most;
        public ScoredRow[][] Found;
        public PerWorker<VectorBlock> Left, Right;
        public PerWorker<AlignedBuffer> Products;
        public Tally Done;
        public CancellationToken Cancellation;

        public readonly void Invoke(int index, int worker)
        {
            VectorBlock left = Left[worker], right = Right[worker];
            float* products = Products[worker].Pointer;
            left.Read(Sought, index);
            TopRows[] best = new TopRows[left.Count];
            for (int i = 0; i < best.Length; i++)
                best[i] = new(Most, float.NegativeInfinity);
            for (int block = 0; block < VectorBlock.Blocks(List.Count); block++)
            {
                Cancellation.ThrowIfCancellationRequested();
                right.Read(List, block);
                Scan.Products(left, right, products, VectorBlock.Rows);
                for (int i = 0; i < left.Count; i++)
                {
                    int itself = PlaceOf(index * VectorBlock.Rows + i) - block * VectorBlock.Rows;
                    for (int j = 0; j < right.Count; j++)
                        if (j != itself)
                            best[i].Offer(block * VectorBlock.Rows + j, products[i * VectorBlock.Rows + j]);
                }
            }
            for (int i = 0; i < best.Length; i++)
                Found[index * VectorBlock.Rows + i] = best[i].ToSorted();
            Done.Add(best.Length);
        }

        private readonly int PlaceOf(int sought) => Asked is null ? sought : Asked[sought];
    }
}
