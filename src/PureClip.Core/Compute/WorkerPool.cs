using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace PureClip.Threading;

/// <summary>
/// The calling thread and N − 1 helpers that share the indices of a loop. Starting a loop allocates nothing and costs about a
/// microsecond while the helpers are awake; they park when nothing has come for some tens of microseconds, and the caller when
/// they take longer than a millisecond.
/// Concurrent callers take turns, in the order of asking. A body must not start a loop on the same pool.
/// </summary>
internal sealed unsafe class WorkerPool : IDisposable
{
    /// <summary>Added to <see cref="_entered"/> while no loop is open, so that a helper that arrives late notices and leaves.</summary>
    private const int Closed = 1 << 30;

    // About 20 to 50 µs of pauses: longer than the serial stretch between two loops of a forward pass, too short to be seen as load.
    private const int SpinsBeforeParking = 1_000;

    // About 1 ms: longer than one worker of a product waits for another, shorter than a pass.
    private const int SpinsBeforeWaiting = 20_000;

    private readonly object _parking = new();
    private readonly object _leaving = new();
    private Thread[]? _helpers;
    private bool _disposed;

    private delegate*<void*, int, int, void> _invoke;
    private void* _body;
    private int _count;
    private ExceptionDispatchInfo? _failure;

    private volatile int _generation;
    private int _next;
    private int _entered = Closed;
    private int _parked;
    private int _callerIsParked;

    /// <param name="workers">Threads that compute, the caller included; at least 1.</param>
    public WorkerPool(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers);
        Workers = workers;
    }

    /// <summary>A pool without helpers: every loop runs on the caller.</summary>
    public static WorkerPool Serial { get; } = new(1);

    /// <summary>Threads that compute, the caller included.</summary>
    public int Workers { get; }

    /// <summary>Whether its threads have ended.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed);

    /// <summary>
    /// Held while a loop runs. A caller who takes it around a series of loops keeps others from running theirs in between,
    /// so that no more threads compute than there are workers.
    /// </summary>
    public Turn Turn { get; } = new();

    /// <summary>Calls <paramref name="body"/> once for each index below <paramref name="count"/> and returns when all are done.</summary>
    /// <exception cref="Exception">The first exception that a body threw; the other indices may or may not have run.</exception>
    public void Run<TBody>(int count, ref TBody body)
        where TBody : struct, IParallelBody, allows ref struct
    {
        if (Workers == 1 || count <= 1)
        {
            for (int i = 0; i < count; i++)
                body.Invoke(i, 0);
            return;
        }

        using Turn.Held turn = Turn.Take();
        ObjectDisposedException.ThrowIf(_disposed, this);
        // The body lives on this thread's stack until all helpers have left the loop, so its address stays good.
        fixed (void* address = &Unsafe.As<TBody, byte>(ref body))
            RunShared(count, &InvokeBody<TBody>, address);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (this == Serial)
            return;
        using (Turn.Take())
        {
            _disposed = true;
            Wake();
        }
        foreach (Thread helper in _helpers ?? [])
            helper.Join();
    }

    private static void InvokeBody<TBody>(void* body, int index, int worker)
        where TBody : struct, IParallelBody, allows ref struct =>
        Unsafe.AsRef<TBody>(body).Invoke(index, worker);

    private void RunShared(int count, delegate*<void*, int, int, void> invoke, void* body)
    {
        _helpers ??= StartHelpers();
        _invoke = invoke;
        _body = body;
        _count = count;
        _next = 0;
        _failure = null;
        Interlocked.Add(ref _entered, -Closed); // opens the loop, and publishes the fields above
        Wake();

        TakeIndices(worker: 0);

        Interlocked.Add(ref _entered, Closed);
        WaitForHelpers();
        _body = null;
        _failure?.Throw();
    }

    private Thread[] StartHelpers()
    {
        Thread[] helpers = new Thread[Workers - 1];
        for (int i = 0; i < helpers.Length; i++)
        {
            int worker = i + 1;
            helpers[i] = new(() => Help(worker)) { IsBackground = true, Name = $"PureClip worker {worker}" };
            helpers[i].Start();
        }
        return helpers;
    }

    private void WaitForHelpers()
    {
        for (int i = 0; i < SpinsBeforeWaiting; i++)
        {
            if (Volatile.Read(ref _entered) == Closed)
                return;
            Thread.SpinWait(8);
        }

        // What helpers still do may take long: a whole pass, or a file that has to be read.
        lock (_leaving)
        {
            // A full fence: either this thread sees that all have left or the last one sees it parked.
            Interlocked.Exchange(ref _callerIsParked, 1);
            while (Volatile.Read(ref _entered) != Closed)
                Parking.Wait(_leaving);
            _callerIsParked = 0;
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _entered) != Closed || Volatile.Read(ref _callerIsParked) == 0)
            return;
        lock (_leaving)
            Monitor.Pulse(_leaving);
    }

    private void Wake()
    {
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _parked) == 0)
            return;
        lock (_parking)
            Monitor.PulseAll(_parking);
    }

    private void Help(int worker)
    {
        int seen = 0;
        while (true)
        {
            seen = WaitForNext(seen);
            if (Volatile.Read(ref _disposed))
                return;
            if (Interlocked.Increment(ref _entered) < Closed)
                TakeIndices(worker);
            Leave();
        }
    }

    private int WaitForNext(int seen)
    {
        for (int i = 0; i < SpinsBeforeParking; i++)
        {
            if (_generation != seen)
                return _generation;
            Thread.SpinWait(8);
        }

        lock (_parking)
        {
            Interlocked.Increment(ref _parked); // a full fence: either this thread sees the new generation or the caller sees it parked
            while (_generation == seen)
                Parking.Wait(_parking);
            Interlocked.Decrement(ref _parked);
        }
        return _generation;
    }

    private void TakeIndices(int worker)
    {
        try
        {
            for (int i = Interlocked.Increment(ref _next) - 1; i < _count; i = Interlocked.Increment(ref _next) - 1)
                _invoke(_body, i, worker);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            Volatile.Write(ref _next, _count); // nobody takes a further index
        }
    }
}

/// <summary>The body of a parallel loop as a struct: no closure, no allocation.</summary>
internal interface IParallelBody
{
    /// <summary>Does one index. Different indices may run at the same time on different workers.</summary>
    /// <param name="index">0 to count − 1, each exactly once.</param>
    /// <param name="worker">
    /// 0 to workers − 1; at most one index runs on a worker at a time, so scratch memory may be kept per worker.
    /// </param>
    void Invoke(int index, int worker);
}

/// <summary>Cuts a length into parts that differ by at most one: the first ones are the longer ones.</summary>
/// <param name="length">What is cut, 0 or more.</param>
/// <param name="parts">Into how many parts, 1 or more.</param>
internal readonly struct RowPartition(int length, int parts)
{
    private readonly int _quotient = length / parts;
    private readonly int _remainder = length % parts;

    /// <summary>Where a part starts; <c>Start(parts)</c> is the length.</summary>
    public int Start(int part) => part * _quotient + Math.Min(part, _remainder);

    /// <summary>How long a part is.</summary>
    public int Length(int part) => _quotient + (part < _remainder ? 1 : 0);
}

/// <summary>Scratch memory of a parallel loop, one for each worker of a pool.</summary>
internal sealed class PerWorker<T> : IDisposable
    where T : class, IDisposable
{
    private readonly T[] _all;

    /// <param name="pool">The workers.</param>
    /// <param name="create">Makes one.</param>
    public PerWorker(WorkerPool pool, Func<T> create)
    {
        _all = new T[pool.Workers];
        for (int i = 0; i < _all.Length; i++)
            _all[i] = create();
    }

    /// <summary>That of a worker.</summary>
    public T this[int worker] => _all[worker];

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_all, one => one.Dispose());
}
