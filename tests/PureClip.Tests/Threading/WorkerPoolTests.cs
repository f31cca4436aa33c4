using PureClip.Threading;

namespace PureClip.Tests.Threading;

public class WorkerPoolTests
{
    public static TheoryData<int, int> Sizes => new() { { 1, 0 }, { 1, 7 }, { 2, 0 }, { 2, 1 }, { 2, 1000 }, { 3, 2 }, { 8, 5000 } };

    [Theory, MemberData(nameof(Sizes))]
    public void Every_index_runs_once_and_no_worker_runs_two_at_a_time(int workers, int count)
    {
        using WorkerPool pool = new(workers);
        for (int repetition = 0; repetition < 20; repetition++)
        {
            CountingBody body = new() { Counts = new int[count], Busy = new int[workers] };
            pool.Run(count, ref body);
            Assert.All(body.Counts, times => Assert.Equal(1, times));
            Assert.All(body.Busy, busy => Assert.Equal(0, busy));
        }
    }

    [Fact]
    public void Loops_in_quick_succession_and_after_a_pause_both_finish()
    {
        using WorkerPool pool = new(2);
        for (int i = 0; i < 20_000; i++)
        {
            CountingBody body = new() { Counts = new int[3], Busy = new int[2] };
            pool.Run(3, ref body);
            Assert.Equal([1, 1, 1], body.Counts);
            if (i % 4_000 == 0)
                Thread.Sleep(20); // long enough for the helpers to park
        }
    }

    [Fact]
    public void Concurrent_callers_take_turns()
    {
        using WorkerPool pool = new(3);
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 200; i++)
            {
                CountingBody body = new() { Counts = new int[50], Busy = new int[3] };
                pool.Run(50, ref body);
                Assert.All(body.Counts, times => Assert.Equal(1, times));
            }
        });
    }

    [Fact]
    public void An_exception_reaches_the_caller_and_the_pool_goes_on()
    {
        using WorkerPool pool = new(2);
        for (int i = 0; i < 50; i++)
        {
            ThrowingBody body = new() { At = i };
            Assert.Equal($"index {i}", Assert.Throws<InvalidOperationException>(() => pool.Run(50, ref body)).Message);
        }
        CountingBody after = new() { Counts = new int[9], Busy = new int[2] };
        pool.Run(9, ref after);
        Assert.All(after.Counts, times => Assert.Equal(1, times));
    }

    [Fact]
    public void A_loop_allocates_nothing()
    {
        using WorkerPool pool = new(2);
        AddingBody body = new() { Counts = new int[10] };
        NoAllocation.Assert(() => pool.Run(10, ref body));
    }

    [Fact]
    public void A_disposed_pool_refuses_and_its_threads_end()
    {
        WorkerPool pool = new(2);
        CountingBody body = new() { Counts = new int[10], Busy = new int[2] };
        pool.Run(10, ref body);
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(10, ref body));
    }

    [Fact]
    public void A_pool_without_workers_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));

    private struct CountingBody : IParallelBody
    {
        public int[] Counts, Busy;

        public readonly void Invoke(int index, int worker)
        {
            Assert.Equal(1, Interlocked.Increment(ref Busy[worker]));
            Interlocked.Increment(ref Counts[index]);
            Interlocked.Decrement(ref Busy[worker]);
        }
    }

    private struct AddingBody : IParallelBody
    {
        public int[] Counts;

        public readonly void Invoke(int index, int worker) => Counts[index]++;
    }

    private struct ThrowingBody : IParallelBody
    {
        public int At;

        public readonly void Invoke(int index, int worker)
        {
            if (index == At)
                throw new InvalidOperationException($"index {index}");
        }
    }
}
