using System.Diagnostics;
using System.Globalization;
using PureClip.Search;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>Scan speed beside the memory's own, measured in turns so that a busy machine disturbs both alike.</summary>
internal static unsafe class SearchReport
{
    private static int Rounds = 12;

    public static void Run(string[] args)
    {
        int count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
        int width = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 512;
        Rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : Rounds;
        Console.WriteLine($"{count} x {width}, {SimdTier.Active.Name}, best of {Rounds}");
        foreach (VectorType type in Enum.GetValues<VectorType>())
        {
            using StoredVectors rows = StoredVectors.Random(type, count, width);
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                Measure(rows, threads);
        }
    }

    private static void Measure(StoredVectors rows, int threads)
    {
        using WorkerPool pool = new(threads);
        float[] query = new float[rows.Matrix.Width];
        StoredVectors.RandomUnit(-1, query);
        double bandwidth = 0, scan = 0;
        for (int i = 0; i < Rounds; i++)
        {
            bandwidth = Math.Max(bandwidth, ReadBandwidth.Measure((byte*)rows.Matrix.Rows, rows.Bytes, pool, SimdTier.Active, 1));
            long start = Stopwatch.GetTimestamp();
            VectorScan.Best(rows.Matrix, query, new(10), pool, SimdTier.Active);
            scan = Math.Max(scan, rows.Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rows.Matrix.Type,-5} {threads} threads: {rows.Bytes / scan / 1e6,7:0.0} ms  {scan,5:0.0} GB/s, memory {bandwidth,5:0.0} GB/s, {100 * scan / bandwidth:0} %"));
    }
}
