using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using PureClip.Model;
using PureClip.Threading;

namespace PureClip;

/// <summary>What a call encodes: pictures or texts, each a sequence of rows, and where their embeddings go.</summary>
internal interface IJob
{
    /// <summary>How many sequences there are.</summary>
    int Count { get; }

    /// <summary>Rows that are computed of a sequence; at least 1.</summary>
    int Rows(int index);

    /// <summary>Adds a sequence to a pass. Different ones may be added to different passes at the same time, on any thread.</summary>
    void Add(int index, Pass pass);

    /// <summary>Takes the finished embedding of a sequence, on any thread.</summary>
    void Deliver(int index, ReadOnlySpan<float> embedding);
}

/// <summary>
/// A call that waits: its job, and how far it is. Whoever leads the round works on it while the caller waits.
/// It is over when all its sequences are delivered, or when the first thing goes wrong.
/// </summary>
internal abstract class Ticket
{
    private Exception? _failure;

    /// <summary>Sequences of the job.</summary>
    public int Count { get; private set; }

    /// <summary>Looked at between rounds.</summary>
    public CancellationToken Cancellation { get; private set; }

    /// <summary>The first sequence that no round has taken yet. Only the leader changes it.</summary>
    public int Taken { get; set; }

    /// <summary>Sequences in the round that is being computed. Only the leader changes it.</summary>
    public int InRound { get; set; }

    /// <summary>Why the call fails; null as long as all goes well.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Whether there is nothing left to take.</summary>
    public bool IsThrough => Failure is not null || Taken == Count;

    /// <summary>Fails this call and no other. The first reason stays.</summary>
    public void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <inheritdoc cref="IJob.Rows"/>
    public abstract int Rows(int index);

    /// <inheritdoc cref="IJob.Add"/>
    public abstract void Add(int index, Pass pass);

    /// <inheritdoc cref="IJob.Deliver"/>
    public abstract void Deliver(int index, ReadOnlySpan<float> embedding);

    /// <summary>Tells the caller that the call is over. Nobody may touch the ticket afterwards.</summary>
    public abstract void Finish();

    protected void Begin(int count, CancellationToken cancellation)
    {
        Count = count;
        Cancellation = cancellation;
        Taken = InRound = 0;
        _failure = null;
    }
}

/// <summary>
/// The ticket of a caller that blocks; its job lies on the caller's stack, so that waiting and computing allocate nothing.
/// </summary>
internal sealed unsafe class BlockingTicket : Ticket
{
    // How long a thread of the pool waits before the pool is told; longer than most rounds.
    private const int Patience = 5;

    // Nothing of a user's runs while a ticket waits, so a thread has one at a time.
    [ThreadStatic]
    private static BlockingTicket? _ofThisThread;

    private void* _job;
    private delegate*<void*, int, int> _rows;
    private delegate*<void*, int, Pass, void> _add;
    private delegate*<void*, int, ReadOnlySpan<float>, void> _deliver;
    private TaskCompletionSource? _signal;
    private bool _isOver, _leads;

    /// <summary>Whether the call is over.</summary>
    public bool IsOver => Volatile.Read(ref _isOver);

    /// <summary>This thread's ticket, made out for a job.</summary>
    /// <param name="job">The job's address, which must stay good until the ticket is over.</param>
    /// <param name="count">Its sequences.</param>
    /// <param name="cancellation">Looked at between rounds.</param>
    public static BlockingTicket Of<TJob>(void* job, int count, CancellationToken cancellation)
        where TJob : struct, IJob, allows ref struct
    {
        BlockingTicket ticket = _ofThisThread ??= new();
        ticket.Begin(count, cancellation);
        ticket._job = job;
        ticket._rows = &RowsOf<TJob>;
        ticket._add = &AddTo<TJob>;
        ticket._deliver = &DeliverTo<TJob>;
        ticket._signal = null;
        ticket._isOver = ticket._leads = false;
        return ticket;
    }

    public override int Rows(int index) => _rows(_job, index);

    public override void Add(int index, Pass pass) => _add(_job, index, pass);

    public override void Deliver(int index, ReadOnlySpan<float> embedding) => _deliver(_job, index, embedding);

    public override void Finish() => Signal(ref _isOver);

    /// <summary>Makes the caller lead the next rounds.</summary>
    public void Lead() => Signal(ref _leads);

    /// <summary>Blocks.</summary>
    /// <returns>Whether the caller has to lead the next rounds; else its call is over.</returns>
    public bool Wait()
    {
        Task? signal = null;
        lock (this)
        {
            while (!_isOver && !_leads && signal is null)
                if (!Parking.Wait(this, Thread.CurrentThread.IsThreadPoolThread ? Patience : Timeout.Infinite) && !_isOver && !_leads)
                    signal = (_signal = new()).Task; // not where it was told while patience ran out: nobody would tell it again
        }
        // The pool makes up for a blocked thread by another one, but it sees only those that wait for tasks.
        if (signal is not null)
            Parking.Wait(signal);
        return _leads;
    }

    /// <summary>Throws what went wrong.</summary>
    public void ThrowIfFailed()
    {
        _job = null;
        if (Failure is Exception failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    private static int RowsOf<TJob>(void* job, int index)
        where TJob : struct, IJob, allows ref struct => Unsafe.AsRef<TJob>(job).Rows(index);

    private static void AddTo<TJob>(void* job, int index, Pass pass)
        where TJob : struct, IJob, allows ref struct => Unsafe.AsRef<TJob>(job).Add(index, pass);

    private static void DeliverTo<TJob>(void* job, int index, ReadOnlySpan<float> embedding)
        where TJob : struct, IJob, allows ref struct => Unsafe.AsRef<TJob>(job).Deliver(index, embedding);

    private void Signal(ref bool what)
    {
        lock (this)
        {
            Volatile.Write(ref what, true);
            _signal?.TrySetResult(); // it may be called to lead first, and then be over
            Monitor.Pulse(this);
        }
    }
}

/// <summary>The ticket of a caller that awaits: it holds no thread, and its job lies on the heap.</summary>
internal sealed class AwaitedTicket<TJob> : Ticket
    where TJob : struct, IJob
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TJob _job;

    public AwaitedTicket(TJob job, CancellationToken cancellation)
    {
        _job = job;
        Begin(job.Count, cancellation);
    }

    /// <summary>Ends when the call is over.</summary>
    public Task Over => _over.Task;

    public override int Rows(int index) => _job.Rows(index);

    public override void Add(int index, Pass pass) => _job.Add(index, pass);

    public override void Deliver(int index, ReadOnlySpan<float> embedding) => _job.Deliver(index, embedding);

    public override void Finish()
    {
        if (Failure is OperationCanceledException)
            _over.SetCanceled(Cancellation);
        else if (Failure is Exception failure)
            _over.SetException(failure);
        else
            _over.SetResult();
    }
}
