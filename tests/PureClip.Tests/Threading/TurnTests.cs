using PureClip.Threading;

namespace PureClip.Tests.Threading;

public class TurnTests
{
    [Fact]
    public void Turns_come_in_the_order_of_asking_and_one_at_a_time()
    {
        Turn turn = new();
        List<int> order = [];
        List<Thread> threads = [];
        using (turn.Take())
            for (int i = 0; i < 20; i++)
            {
                int number = i;
                Thread thread = new(() =>
                {
                    using (turn.Take())
                        order.Add(number); // a list that two threads change at once would tell
                });
                thread.Start();
                threads.Add(thread);
                Until.True(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
            }
        threads.ForEach(thread => thread.Join());
        Assert.Equal(Enumerable.Range(0, 20), order);
    }

    [Fact]
    public void Whoever_takes_turn_after_turn_lets_others_in_between()
    {
        Turn turn = new();
        using ManualResetEventSlim asked = new();
        int turns = 0, seen = -1;
        Thread other = new(() =>
        {
            asked.Set();
            using (turn.Take())
                seen = turns;
        });
        using (turn.Take())
        {
            other.Start();
            asked.Wait();
            Until.True(() => other.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
            turns++;
        }
        for (int i = 0; i < 100; i++)
            using (turn.Take())
                turns++;
        other.Join();
        Assert.Equal(1, seen);
    }

    [Fact]
    public void Who_holds_the_turn_may_take_it_again()
    {
        Turn turn = new();
        bool taken = false;
        Thread other;
        using (turn.Take())
        {
            using (turn.Take())
                other = new(() => { using (turn.Take()) taken = true; });
            other.Start();
            Assert.False(other.Join(20)); // the inner turn's end is not the outer's
            Assert.False(taken);
        }
        other.Join();
        Assert.True(taken);
    }

    [Fact]
    public void An_interrupted_thread_waits_on_and_is_interrupted_afterwards()
    {
        Turn turn = new();
        bool taken = false, interrupted = false;
        Thread other = new(() =>
        {
            using (turn.Take())
                taken = true;
            try
            {
                Thread.Sleep(Timeout.Infinite);
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        });
        using (turn.Take())
        {
            other.Start();
            Until.True(() => other.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
            other.Interrupt();
            Assert.False(other.Join(20));
            Assert.False(taken);
        }
        other.Join();
        Assert.True(taken && interrupted);
    }

    [Fact]
    public void Turns_allocate_nothing()
    {
        Turn turn = new();
        NoAllocation.Assert(() => turn.Take().Dispose());
    }
}
