using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Search;

/// <summary>
/// Groups of vectors in which each has another whose cosine reaches a threshold. Every pair is compared, block by block: memory is
/// bounded by the threads, whatever the number of pairs.
/// </summary>
internal static unsafe class NearDuplicates
{
    /// <summary>Unites what is alike.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="threshold">The least cosine of a pair.</param>
    /// <param name="sets">Where pairs are united; it may hold some already.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="tier">The vectors' width in registers.</param>
    /// <param name="progress">Told how many vectors have been compared with all others.</param>
    /// <param name="cancellationToken">Checked for each pair of blocks.</param>
    public static void Unite(
        RowList vectors, float threshold, UnionFind sets, WorkerPool pool, SimdTier tier, Action<int>? progress = null, CancellationToken cancellationToken = default)
    {
        Pairs pairs = new() { Vectors = vectors, Threshold = threshold, Sets = sets, Pool = pool, Progress = progress, Cancellation = cancellationToken };
        tier.Dispatch(ref pairs);
    }

    private struct Pairs : ISimdAction
    {
        public RowList Vectors;
        public float Threshold;
        public UnionFind Sets;
        public WorkerPool Pool;
        public Action<int>? Progress;
        public CancellationToken Cancellation;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            int width = Vectors.Width, blocks = VectorBlock.Blocks(Vectors.Count);
            using VectorBlock rows = new(VectorBlock.Rows, width);
            using PerWorker<VectorBlock> columns = new(Pool, () => new(VectorBlock.Rows, width));
            using PerWorker<AlignedBuffer> products = new(Pool, () => new(VectorBlock.Rows * VectorBlock.Rows));
            for (int block = 0; block < blocks; block++)
            {
                rows.Read(Vectors, block);
                BlockPair<V> pair = new() { All = this, Block = block, Rows = rows, Columns = columns, Products = products };
                Pool.Run(blocks - block, ref pair);
                Progress?.Invoke(Math.Min((block + 1) * VectorBlock.Rows, Vectors.Count));
            }
        }
    }

    private struct BlockPair<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public Pairs All;
        public int Block;
        public VectorBlock Rows;
        public PerWorker<VectorBlock> Columns;
        public PerWorker<AlignedBuffer> Products;

        public readonly void Invoke(int index, int worker)
        {
            All.Cancellation.ThrowIfCancellationRequested();
            VectorBlock columns = Columns[worker];
            float* products = Products[worker].Pointer;
            columns.Read(All.Vectors, Block + index);
            BlockProduct.Run<V>(Rows, columns, products, VectorBlock.Rows);
            for (int i = 0; i < Rows.Count; i++)
                for (int j = index == 0 ? i + 1 : 0; j < columns.Count; j++)
                    if (products[i * VectorBlock.Rows + j] >= All.Threshold)
                        lock (All.Sets)
                            All.Sets.Union(Block * VectorBlock.Rows + i, (Block + index) * VectorBlock.Rows + j);
        }
    }
}
