using System.Diagnostics;
using PureClip.Simd;

namespace PureClip.Threading;

/// <summary>
/// The most multiply-adds that this machine does with the vectors in use: twelve independent chains in registers, on all threads at once.
/// Twelve are enough for two units of latency four to six, and they leave registers for the operands on every architecture.
/// </summary>
internal static class FmaPeak
{
    private const int Chains = 12;
    private const int StepsPerChunk = 1 << 17; // 12 chains of 2¹⁷ steps: 0.2 to 1 ms, long against the start of a parallel loop
    private const int ChunksPerThread = 8;

    private static float _sink;

    /// <summary>Measures it.</summary>
    /// <param name="tier">The vector width.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="time">How long to measure; the first third warms up and is not counted.</param>
    /// <param name="cancellationToken">Checked between rounds.</param>
    /// <returns>GFLOP/s of all threads together, best round.</returns>
    public static double Measure(SimdTier tier, WorkerPool pool, TimeSpan time, CancellationToken cancellationToken)
    {
        Round round = new() { Pool = pool };
        double best = 0;
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < time || best == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            tier.Dispatch(ref round);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (clock.Elapsed > time / 3)
                best = Math.Max(best, round.Flops / seconds / 1e9);
        }
        return best;
    }

    private struct Round : ISimdAction
    {
        public WorkerPool Pool;
        public double Flops;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            int chunks = ChunksPerThread * Pool.Workers;
            Chunk<V> chunk = default;
            Pool.Run(chunks, ref chunk);
            Flops = 2.0 * V.Count * Chains * StepsPerChunk * chunks;
        }
    }

    private struct Chunk<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public readonly void Invoke(int index, int worker)
        {
            V a = V.Broadcast(1e-3f), b = V.Broadcast(1f + index);
            V c0 = V.Zero, c1 = V.Zero, c2 = V.Zero, c3 = V.Zero, c4 = V.Zero, c5 = V.Zero;
            V c6 = V.Zero, c7 = V.Zero, c8 = V.Zero, c9 = V.Zero, c10 = V.Zero, c11 = V.Zero;
            for (int step = 0; step < StepsPerChunk; step++)
            {
                V.MultiplyAdd(ref c0, a, b);
                V.MultiplyAdd(ref c1, a, b);
                V.MultiplyAdd(ref c2, a, b);
                V.MultiplyAdd(ref c3, a, b);
                V.MultiplyAdd(ref c4, a, b);
                V.MultiplyAdd(ref c5, a, b);
                V.MultiplyAdd(ref c6, a, b);
                V.MultiplyAdd(ref c7, a, b);
                V.MultiplyAdd(ref c8, a, b);
                V.MultiplyAdd(ref c9, a, b);
                V.MultiplyAdd(ref c10, a, b);
                V.MultiplyAdd(ref c11, a, b);
            }
            V sum = c0 + c1 + c2 + c3 + c4 + c5 + (c6 + c7 + c8 + c9 + c10 + c11);
            Volatile.Write(ref _sink, V.Sum(sum)); // or the loop would do nothing anybody can see, and vanish
        }
    }
}

/// <summary>How fast this machine reads memory: what a scan over vectors can reach at best.</summary>
internal static unsafe class ReadBandwidth
{
    private const int BytesAtATime = 1 << 20;

    private static float _sink;

    /// <summary>Reads a stretch of memory again and again, on all threads of a pool.</summary>
    /// <param name="data">The memory; larger than the caches, or it is theirs that is measured.</param>
    /// <param name="bytes">How much.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="tier">The vectors.</param>
    /// <param name="rounds">How often.</param>
    /// <returns>10⁹ bytes a second in the best round.</returns>
    public static double Measure(byte* data, long bytes, WorkerPool pool, SimdTier tier, int rounds)
    {
        double best = 0;
        Round round = new() { Data = data, Chunks = checked((int)(bytes / BytesAtATime)), Pool = pool };
        for (int i = 0; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            tier.Dispatch(ref round);
            best = Math.Max(best, (double)round.Chunks * BytesAtATime / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        return best;
    }

    private struct Round : ISimdAction
    {
        public byte* Data;
        public int Chunks;
        public WorkerPool Pool;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            Chunk<V> chunk = new() { Data = Data };
            Pool.Run(Chunks, ref chunk);
        }
    }

    private struct Chunk<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        public byte* Data;

        public readonly void Invoke(int index, int worker)
        {
            float* at = (float*)(Data + (long)index * BytesAtATime), end = at + BytesAtATime / sizeof(float);
            V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
            for (; at < end; at += 4 * V.Count)
            {
                s0 = V.Max(s0, V.Load(at));
                s1 = V.Max(s1, V.Load(at + V.Count));
                s2 = V.Max(s2, V.Load(at + 2 * V.Count));
                s3 = V.Max(s3, V.Load(at + 3 * V.Count));
            }
            // Or the loop would do nothing anybody can see, and vanish.
            Volatile.Write(ref _sink, V.Sum(V.Max(V.Max(s0, s1), V.Max(s2, s3))));
        }
    }
}
