using System.Runtime.ExceptionServices;

namespace PureClip.Tests.Support;

/// <summary>Waits for what other threads do. The patience is for hangs alone: no machine that works is so slow.</summary>
internal static class Until
{
    /// <summary>How long to wait before a hang is called one.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Waits until a condition holds.</summary>
    public static void True(Func<bool> condition) =>
        Assert.True(SpinWait.SpinUntil(condition, Patience), "What was waited for did not happen.");

    /// <summary>Runs something that a careless algorithm would take hours for.</summary>
    public static void Ended(Action action)
    {
        Exception? thrown = null;
        Thread thread = new(() => thrown = Record.Exception(action)) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Patience), "This does not end, or takes far more steps than its input has bytes.");
        if (thrown is not null)
            ExceptionDispatchInfo.Throw(thrown);
    }
}
