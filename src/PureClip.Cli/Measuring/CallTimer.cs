using System.Diagnostics;

namespace PureClip.Cli.Measuring;

/// <summary>What one call costs.</summary>
/// <param name="Milliseconds">Time of the fastest call.</param>
/// <param name="AllocatedBytes">Managed memory allocated by one call after warm-up, the least seen.</param>
internal readonly record struct CallCost(double Milliseconds, long AllocatedBytes);

/// <summary>Times a call by its fastest repetition: what the machine can do when nothing disturbs it.</summary>
internal static class CallTimer
{
    private const int LeastCalls = 5;

    /// <summary>Calls again and again.</summary>
    /// <param name="call">The call.</param>
    /// <param name="threads">Threads that it uses; with more than one, allocations of the whole process are counted.</param>
    /// <param name="time">How long to measure, after a warm-up of a third of it.</param>
    /// <param name="cancellationToken">Checked between calls.</param>
    public static CallCost Measure(Action call, int threads, TimeSpan time, CancellationToken cancellationToken)
    {
        Repeat(call, time / 3, cancellationToken);
        double best = double.PositiveInfinity;
        long allocated = long.MaxValue;
        Repeat(() =>
        {
            long before = AllocatedBytes(threads), start = Stopwatch.GetTimestamp();
            call();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            allocated = Math.Min(allocated, AllocatedBytes(threads) - before);
        }, time, cancellationToken);
        return new(best, allocated);
    }

    private static void Repeat(Action call, TimeSpan time, CancellationToken cancellationToken)
    {
        Stopwatch clock = Stopwatch.StartNew();
        for (int calls = 0; calls < LeastCalls || clock.Elapsed < time; calls++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            call();
        }
    }

    private static long AllocatedBytes(int threads) =>
        threads == 1 ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);
}
