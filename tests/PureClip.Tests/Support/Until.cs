using System.Diagnostics;

namespace PureClip.Tests.Support;

/// <summary>Waits for what other threads do.</summary>
internal static class Until
{
    /// <summary>Returns once the condition holds; fails after 20 seconds.</summary>
    public static void True(Func<bool> condition)
    {
        for (Stopwatch clock = Stopwatch.StartNew(); !condition(); Thread.Sleep(1))
            Assert.True(clock.Elapsed.TotalSeconds < 20, "What was waited for did not happen.");
    }
}
