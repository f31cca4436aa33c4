using System.Diagnostics;
using PureClip.Simd;

namespace PureClip.Threading;

/// <summary>How fast this machine reads memory: what a scan over vectors can reach at best.</summary>
internal static unsafe class ReadBandwidth
{
    private const int BytesAtATime = 1 << 20;

    private static float s_sink;

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
            Volatile.Write(ref s_sink, V.Sum(V.Max(V.Max(s0, s1), V.Max(s2, s3)))); // or the loop would do nothing anybody can see, and vanish
        }
    }
}
