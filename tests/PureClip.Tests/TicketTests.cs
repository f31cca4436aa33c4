using PureClip.Model;

namespace PureClip.Tests;

public sealed class TicketTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A thread of the pool waits for some milliseconds and then for a task. The ticket is held while they pass, and ends before it is let go.
    /// </summary>
    [Fact]
    public async Task A_call_that_ends_just_when_patience_does_is_told_so()
    {
        for (int i = 0; i < 20; i++)
        {
            TaskCompletionSource<BlockingTicket> begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<bool> leads = Task.Run(() =>
            {
                BlockingTicket own = Made();
                begun.SetResult(own);
                return own.Wait();
            });
            BlockingTicket ticket = await begun.Task;
            Thread.SpinWait(20_000); // so that it waits
            lock (ticket)
            {
                Thread.Sleep(15);
                ticket.Finish();
            }
            Assert.False(await leads.WaitAsync(Long));
        }
    }

    private static unsafe BlockingTicket Made() => BlockingTicket.Of<Nothing>(null, 1, CancellationToken.None);

    private readonly struct Nothing : IJob
    {
        public int Count => 1;

        public int Rows(int index) => 1;

        public void Add(int index, Pass pass)
        {
        }

        public void Deliver(int index, ReadOnlySpan<float> embedding)
        {
        }
    }
}
