using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Search;

/// <summary>Which of some centres is nearest to each vector, and how near.</summary>
internal sealed unsafe class NearestCentres
{
    private readonly RowList _vectors;
    private readonly WorkerPool _pool;
    private readonly SimdTier _tier;
    private readonly CancellationToken _cancellation;

    public NearestCentres(RowList vectors, WorkerPool pool, SimdTier tier, CancellationToken cancellation)
    {
        (_vectors, _pool, _tier, _cancellation) = (vectors, pool, tier, cancellation);
        CentreOf = new int[vectors.Count];
        Scores = new float[vectors.Count];
        Clear();
    }

    /// <summary>[vectors] The nearest centre; of equally near ones the first.</summary>
    public int[] CentreOf { get; }

    /// <summary>[vectors] Its cosine.</summary>
    public float[] Scores { get; }

    /// <summary>The sum of all scores, in the order of the vectors, so that it does not depend on the threads.</summary>
    public double Objective
    {
        get
        {
            double sum = 0;
            foreach (float score in Scores)
                sum += score;
            return sum;
        }
    }

    /// <summary>Forgets all centres.</summary>
    public void Clear() => Scores.AsSpan().Fill(float.NegativeInfinity);

    /// <summary>Compares every vector with some more centres.</summary>
    /// <param name="centres">[][width]</param>
    /// <param name="first">The number of the first of them; the others follow.</param>
    public void Add(ReadOnlySpan<float[]> centres, int first)
    {
        using VectorBlock block = new(centres.Length, _vectors.Width) { Count = centres.Length };
        for (int i = 0; i < centres.Length; i++)
            centres[i].CopyTo(block[i]);
        Comparison comparison = new() { Nearest = this, Centres = block, First = first };
        _tier.Dispatch(ref comparison);
    }

    private struct Comparison : ISimdAction
    {
        public NearestCentres Nearest;
        public VectorBlock Centres;
        public int First;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            NearestCentres nearest = Nearest;
            int stride = Centres.Count + 1; // an odd number of centres is computed as the even one after it
            using PerWorker<VectorBlock> rows = new(nearest._pool, () => new(VectorBlock.Rows, nearest._vectors.Width));
            using PerWorker<AlignedBuffer> products = new(nearest._pool, () => new((long)VectorBlock.Rows * stride));
            BlockOfRows<V> body = new() { All = this, Rows = rows, Products = products, Stride = stride };
            nearest._pool.Run(VectorBlock.Blocks(nearest._vectors.Count), ref body);
        }
    }

    private struct BlockOfRows<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public Comparison All;
        public PerWorker<VectorBlock> Rows;
        public PerWorker<AlignedBuffer> Products;
        public int Stride;

        public readonly void Invoke(int index, int worker)
        {
            NearestCentres nearest = All.Nearest;
            nearest._cancellation.ThrowIfCancellationRequested();
            VectorBlock rows = Rows[worker];
            float* products = Products[worker].Pointer;
            rows.Read(nearest._vectors, index);
            BlockProduct.Run<V>(rows, All.Centres, products, Stride);
            for (int i = 0; i < rows.Count; i++)
            {
                int vector = index * VectorBlock.Rows + i;
                for (int centre = 0; centre < All.Centres.Count; centre++)
                    if (products[i * Stride + centre] > nearest.Scores[vector])
                        (nearest.Scores[vector], nearest.CentreOf[vector]) = (products[i * Stride + centre], All.First + centre);
            }
        }
    }
}
