namespace PureClip.Tests.Support;

/// <summary>Proves that an action allocates nothing once it is warm.</summary>
internal static class NoAllocation
{
    /// <summary>Runs the action until caches and pools are filled, then demands a run without a managed byte on this thread.</summary>
    public static void Assert(Action action)
    {
        long allocated = long.MaxValue;
        for (int i = 0; i < 50 && allocated != 0; i++) // tiered compilation may allocate on this thread while it replaces code
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Xunit.Assert.Equal(0, allocated);
    }
}
